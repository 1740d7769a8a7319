"""Effects by sequence: final residual and unembedding once per position, shared by every feature that fires there."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture.capture import sequence_batches
from featviz.effects.ablation import ablate, read_positions
from featviz.effects.logits import LogitRows
from featviz.effects.positions import Removal, Workspace
from featviz.effects.table import EffectTable, Memory, Pairs
from featviz.pieces import Pieces
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from featviz.sources.readout import Readout
from featviz.sources.tokens import Tokens

POSITION_TILE = 64
"""Positions unembedded at once, always so many."""
PAIR_TILE = 256
"""Pairs ablated at once at most: on a device that holds their rows, 64 MiB at a vocabulary of 65,536."""


@dataclass(frozen=True)
class EffectSettings:
    """How to go through the tokens."""

    effect_tokens: int = 5
    batch_size: int = 32
    threads: int = 2
    store: Pieces | None = None
    """Where finished effects are kept."""


def token_effects(
    model: LanguageModel,
    readout: Readout,
    tokens: Tokens,
    rows: LogitRows,
    pairs: Pairs,
    settings: EffectSettings,
    advance: Callable[[int], None] = lambda pairs: None,
) -> EffectTable:
    """The direct effect of removing each pair's feature at its place; what an earlier run has computed is in the store.

    The model runs in the batches of pass 1; while it runs the next one, threads ablate the last.
    """
    k = 2 * min(settings.effect_tokens, readout.unembed.shape[1])
    table = EffectTable(
        np.zeros(len(pairs.place)), np.zeros((len(pairs.place), k), np.int64), np.zeros((len(pairs.place), k))
    )
    memory = Memory(settings.store, k, pairs, table)
    missing = memory.recall()
    advance(len(pairs.place) - len(missing))
    place = pairs.place[missing]
    next_token = np.roll(tokens.ids.ravel(), -1)
    rooms = threading.local()
    with ThreadPoolExecutor(settings.threads) as pool:
        waiting: deque[tuple[int, Future[None]]] = deque()

        def take() -> None:
            size, job = waiting.popleft()
            job.result()
            memory.finished(size)
            advance(size)

        for first, batch in sequence_batches(tokens, settings.batch_size):
            first_place, last_place = first * tokens.context, (first + len(batch)) * tokens.context
            begin, end = np.searchsorted(place, [first_place, last_place])
            if begin == end:
                continue
            residual = model.run(batch, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1)
            job = _Batch(residual, first_place, readout, rows, pairs, next_token, table, rooms)
            for tile, part in _tiles(place[begin:end] - first_place):
                chosen = missing[begin + part.start : begin + part.stop]
                waiting.append((len(chosen), pool.submit(job.fill, tile, chosen)))
            while len(waiting) > 8 * settings.threads:
                take()
        while waiting:
            take()
    memory.save()
    return table


def _tiles(place: Int[np.ndarray, "pair"]) -> Iterator[tuple[int, slice]]:
    """The tiles of `POSITION_TILE` places that hold pairs, and which run of pairs each holds."""
    tiles, starts = np.unique(place // POSITION_TILE, return_index=True)
    for tile, low, high in zip(tiles.tolist(), starts.tolist(), [*starts[1:].tolist(), len(place)], strict=True):
        yield tile, slice(low, high)


@dataclass(frozen=True)
class _Batch:
    """The final residuals of one batch, and where its effects go."""

    residual: Float[Tensor, "place d_model"]
    first_place: int
    readout: Readout
    rows: LogitRows
    pairs: Pairs
    next_token: Int[np.ndarray, "position"]
    table: EffectTable
    rooms: threading.local
    """Each thread's workspace."""

    @torch.no_grad()
    def fill(self, tile: int, chosen: Int[np.ndarray, "pair"]) -> None:
        """Compute the effects of the chosen pairs, which lie in one tile, and write them to the table.

        A tile is unembedded whole, in one shape: a pair's bits do not depend on which others are computed with it.
        """
        place = self.pairs.place[chosen]
        first = tile * POSITION_TILE
        residual = self.residual[first : first + POSITION_TILE]
        residual = torch.nn.functional.pad(residual, (0, 0, 0, POSITION_TILE - len(residual)))
        work = self._workspace()
        positions = read_positions(residual, self.readout, work)
        removal = Removal(
            self._tensor(place - self.first_place - first),
            self._tensor(self.pairs.row[chosen]),
            self._tensor(self.pairs.activation[chosen].astype(np.float32)),
            self._tensor(self.next_token[place]),
        )
        k = self.table.token.shape[1] // 2
        for low in range(0, len(chosen), PAIR_TILE):
            part = slice(low, low + PAIR_TILE)
            loss, token, value = ablate(positions, self.rows, removal.part(part), k)
            out = chosen[part]
            self.table.loss[out], self.table.token[out], self.table.value[out] = loss.cpu(), token.cpu(), value.cpu()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.residual.device)

    def _workspace(self) -> Workspace:
        """This thread's, made when it takes its first tile."""
        if not hasattr(self.rooms, "work"):
            self.rooms.work = Workspace.of(POSITION_TILE, self.readout)
        work: Workspace = self.rooms.work
        return work
