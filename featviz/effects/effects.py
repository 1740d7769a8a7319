"""Effects by sequence: final residual and unembedding once per position, shared by every feature that fires there."""

import threading
from collections.abc import Callable, Iterator
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
from featviz.threads import THREADS, in_order

POSITION_TILE = 64
"""Positions unembedded at once, always so many; only those where a pair is."""
PAIR_TILE = 256
"""Pairs ablated at once at most: on a device that holds their rows, 64 MiB at a vocabulary of 65,536."""


@dataclass(frozen=True)
class EffectSettings:
    """How to go through the tokens."""

    effect_tokens: int = 5
    batch_size: int = 32
    threads: int = THREADS
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
    table = EffectTable.empty(len(pairs.place), k)
    memory = Memory(settings.store, k, pairs, table)
    missing = memory.recall()
    advance(len(pairs.place) - len(missing))
    next_token = np.roll(tokens.ids.ravel(), -1)
    rooms = threading.local()

    def tiles() -> Iterator[tuple[_Batch, Int[np.ndarray, "tile"], Int[np.ndarray, "some"]]]:
        for first, batch in sequence_batches(tokens, settings.batch_size):
            bounds = [first * tokens.context, (first + len(batch)) * tokens.context]
            begin, end = np.searchsorted(pairs.place, bounds).tolist()
            needed = list(_tiles(pairs.place[begin:end], begin, missing))
            if needed:
                residual = model.run(batch, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1)
                of_batch = _Batch(residual, first * tokens.context, readout, rows, pairs, next_token, table, rooms)
                yield from ((of_batch, *tile) for tile in needed)

    for count in in_order(_fill, tiles(), settings.threads, ahead=8 * settings.threads):
        memory.finished(count)
        advance(count)
    memory.save()
    return table


def _fill(tile: tuple["_Batch", Int[np.ndarray, "tile"], Int[np.ndarray, "some"]]) -> int:
    """Returns how many pairs are done."""
    of_batch, places, chosen = tile
    of_batch.fill(places, chosen)
    return len(chosen)


def _tiles(
    place: Int[np.ndarray, "pair"], first: int, missing: Int[np.ndarray, "missing"]
) -> Iterator[tuple[Int[np.ndarray, "tile"], Int[np.ndarray, "some"]]]:
    """Tiles of the different places of the pairs from the ``first`` on, each with its missing pairs; none without.

    Which places share a tile depends on all the pairs, not on which of them are missing.
    """
    places, begins = np.unique(place, return_index=True)
    starts = first + np.append(begins, len(place))
    for low in range(0, len(places), POSITION_TILE):
        high = min(low + POSITION_TILE, len(places))
        begin, end = np.searchsorted(missing, [starts[low], starts[high]])
        if begin < end:
            yield places[low:high], missing[begin:end]


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
    def fill(self, places: Int[np.ndarray, "tile"], chosen: Int[np.ndarray, "some"]) -> None:
        """Compute the effects of the chosen pairs, which lie at these places, and write them to the table.

        A tile is unembedded whole, in one shape: a pair's bits do not depend on which others are computed with it.
        """
        place = self.pairs.place[chosen]
        residual = self.residual[self._tensor(places - self.first_place)]
        residual = torch.nn.functional.pad(residual, (0, 0, 0, POSITION_TILE - len(residual)))
        work = self._workspace()
        positions = read_positions(residual, self.readout, work)
        removal = Removal(
            self._tensor(np.searchsorted(places, place)),
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
