"""Effects by sequence: the final residual and its unembedding once per position, shared by every feature that fires there."""

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
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from featviz.sources.readout import Readout
from featviz.sources.tokens import Tokens

POSITION_TILE = 64
"""Positions unembedded at once."""
PAIR_TILE_BYTES = 1 << 20
"""Logits of this many bytes are ablated at once: they stay in the cache."""


@dataclass(frozen=True)
class Pairs:
    """Which feature is to be removed where: one entry a (place, feature), sorted by place; none ends its sequence."""

    place: Int[np.ndarray, "pair"]
    row: Int[np.ndarray, "pair"]
    """Feature, as a row of the block's `LogitRows`."""
    activation: Float[np.ndarray, "pair"]


@dataclass(frozen=True)
class EffectTable:
    """For each pair, the change (clean minus ablated) at the prediction that is made there."""

    loss: Float[np.ndarray, "pair"]
    """Of the next token's cross-entropy."""
    token: Int[np.ndarray, "pair k2"]
    """Largest changes of log-probability, then smallest: vocabulary ids."""
    value: Float[np.ndarray, "pair k2"]


@dataclass(frozen=True)
class EffectSettings:
    """How to go through the tokens."""

    effect_tokens: int = 5
    batch_size: int = 32
    threads: int = 2


def token_effects(
    model: LanguageModel,
    readout: Readout,
    tokens: Tokens,
    rows: LogitRows,
    pairs: Pairs,
    settings: EffectSettings,
    advance: Callable[[int], None] = lambda pairs: None,
) -> EffectTable:
    """The direct effect of removing each pair's feature at its place.

    The model runs in the batches of pass 1; while it runs the next one, threads ablate the last.
    """
    k = 2 * min(settings.effect_tokens, readout.unembed.shape[1])
    table = EffectTable(np.zeros(len(pairs.place)), np.zeros((len(pairs.place), k), np.int64), np.zeros((len(pairs.place), k)))
    next_token = np.roll(tokens.ids.ravel(), -1)
    with ThreadPoolExecutor(settings.threads) as pool:
        waiting: list[tuple[int, Future[None]]] = []
        for first, batch in sequence_batches(tokens, settings.batch_size):
            begin, end = np.searchsorted(pairs.place, [first * tokens.context, (first + len(batch)) * tokens.context])
            if begin == end:
                continue
            residual = model.run(batch, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1)
            job = _Batch(residual, first * tokens.context, readout, rows, pairs, next_token, table)
            for part in _whole_places(pairs.place, int(begin), int(end)):
                waiting.append((part.stop - part.start, pool.submit(job.fill, part)))
            while len(waiting) > 8 * settings.threads:
                _take(waiting, advance)
        while waiting:
            _take(waiting, advance)
    return table


def _take(waiting: list[tuple[int, Future[None]]], advance: Callable[[int], None]) -> None:
    size, job = waiting.pop(0)
    job.result()
    advance(size)


def _whole_places(place: Int[np.ndarray, "pair"], begin: int, end: int) -> Iterator[slice]:
    """Runs of pairs that cover `POSITION_TILE` places each."""
    places, starts = np.unique(place[begin:end], return_index=True)
    bounds = [*(begin + starts[::POSITION_TILE]).tolist(), end]
    for low, high in zip(bounds[:-1], bounds[1:], strict=True):
        yield slice(low, high)


@dataclass(frozen=True)
class _Batch:
    """The final residuals of one batch, and where its effects go."""

    residual: Float[Tensor, "place d_model"]
    first: int
    readout: Readout
    rows: LogitRows
    pairs: Pairs
    next_token: Int[np.ndarray, "place"]
    table: EffectTable

    @torch.no_grad()
    def fill(self, part: slice) -> None:
        """Compute the effects of the pairs in ``part`` and write them to the table."""
        device = self.residual.device
        places, which = np.unique(self.pairs.place[part], return_inverse=True)
        positions = read_positions(self.residual[torch.from_numpy(places - self.first).to(device)], self.readout)
        which_place, row, activation, target = (
            torch.from_numpy(values).to(device)
            for values in (which, self.pairs.row[part], self.pairs.activation[part].astype(np.float32), self.next_token[self.pairs.place[part]])
        )
        step = max(1, PAIR_TILE_BYTES // (4 * self.readout.unembed.shape[1]))
        half = self.table.token.shape[1] // 2
        for low in range(0, len(row), step):
            tile = slice(low, low + step)
            loss, token, value = ablate(positions, which_place[tile], self.rows, row[tile], activation[tile], target[tile], half)
            out = slice(part.start + low, part.start + low + len(loss))
            self.table.loss[out], self.table.token[out], self.table.value[out] = loss.cpu(), token.cpu(), value.cpu()
