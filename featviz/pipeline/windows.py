"""The windows of a block of features as columns: their tokens, activations, and the pairs whose effect is needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from featviz.capture import Firings
from featviz.effects import EffectTable, Pairs
from featviz.records import Effects, Windows
from featviz.select import Choice, Positions


@dataclass(frozen=True)
class WindowColumns:
    """All windows of consecutive features, one after the other; ``token`` runs over their tokens."""

    place: Int[np.ndarray, "window"]
    count: Int[np.ndarray, "window"]
    start: Int[np.ndarray, "window"]
    length: Int[np.ndarray, "window"]
    first_window: Int[np.ndarray, "feature_plus_1"]
    """Where each feature's windows begin."""
    first_token: Int[np.ndarray, "feature_plus_1"]
    """Where each feature's tokens begin."""
    row: Int[np.ndarray, "token"]
    """The feature of each token, counted from the block's first."""
    token_place: Int[np.ndarray, "token"]
    context: int


def lay_out(choices: Sequence[Choice], positions: Positions) -> WindowColumns:
    """Put the chosen windows of a block one after the other."""
    place = np.concatenate([choice.place for choice in choices])
    start, length = positions.shape.bounds(place)
    windows = np.array([len(choice.place) for choice in choices])
    first_window = np.concatenate([[0], np.cumsum(windows)])
    first_token = np.concatenate([[0], np.cumsum(length)])
    context = positions.tokens.context
    steps = np.arange(first_token[-1]) - np.repeat(first_token[:-1], length)
    return WindowColumns(
        place,
        np.concatenate([choice.count for choice in choices]),
        start,
        length,
        first_window,
        first_token[first_window],
        np.repeat(np.repeat(np.arange(len(choices)), windows), length),
        np.repeat(place - place % context + start, length) + steps,
        context,
    )


@dataclass(frozen=True)
class BlockWindows:
    """The windows of a block with what happens at each of their tokens."""

    columns: WindowColumns
    ids: Int[np.ndarray, "token"]
    counts: Bool[np.ndarray, "token"]
    activation: Float[np.ndarray, "token"]
    affected: Int[np.ndarray, "affected"]
    """Tokens whose previous position fires; those after any firing of their sequence, where effects are exact."""
    pair: Int[np.ndarray, "affected"]
    """Which of ``pairs`` affects them."""
    pairs: Pairs

    def of_features(self, effects: EffectTable) -> Iterator[Windows]:
        """Each feature's windows, given the effects of all pairs."""
        columns = self.columns
        firing, uncounted = np.flatnonzero(self.activation), np.flatnonzero(~self.counts)
        for row in range(len(columns.first_window) - 1):
            windows = slice(columns.first_window[row], columns.first_window[row + 1])
            tokens = slice(columns.first_token[row], columns.first_token[row + 1])
            fires, masked, hit = (_within(indices, tokens) for indices in (firing, uncounted, self.affected))
            pair = self.pair[hit]
            yield Windows(
                seq=columns.place[windows] // columns.context,
                pos=columns.place[windows] % columns.context,
                start=columns.start[windows],
                length=columns.length[windows],
                count=columns.count[windows],
                tokens=self.ids[tokens],
                activation_at=firing[fires] - tokens.start,
                activation=self.activation[firing[fires]].astype(np.float64),
                uncounted=uncounted[masked] - tokens.start,
                effects=Effects(
                    self.affected[hit] - tokens.start,
                    effects.loss[pair].astype(np.float64),
                    effects.token[pair].astype(np.int64),
                    effects.value[pair].astype(np.float64),
                ),
            )


def _within(indices: Int[np.ndarray, "n"], bounds: slice) -> slice:
    low, high = np.searchsorted(indices, [bounds.start, bounds.stop])
    return slice(int(low), int(high))


def read_windows(
    columns: WindowColumns, first_feature: int, firings: Firings, positions: Positions, exact: bool = False
) -> BlockWindows:
    """Look up every token's activation, and the one a position before, whose removal changes its prediction.

    Of an ``exact`` effect so does the removal at every position before.
    """
    tokens = positions.tokens
    place, feature = columns.token_place, columns.row + first_feature
    counts = tokens.counts.ravel()[place]
    previous = np.flatnonzero(counts & (place % columns.context > 0))
    before = firings.lookup(feature[previous], place[previous] - 1)
    begin = place[previous] - place[previous] % columns.context
    hit = firings.any_between(feature[previous], begin, place[previous]) if exact else before > 0
    affected, removed = previous[hit], before[hit]
    rows = len(columns.first_window) - 1
    keys, first, pair = np.unique(
        (place[affected] - 1) * rows + columns.row[affected], return_index=True, return_inverse=True
    )
    return BlockWindows(
        columns,
        tokens.ids.ravel()[place],
        counts,
        firings.lookup(feature, place),
        affected,
        pair,
        Pairs(keys // rows, keys % rows, np.arange(first_feature, first_feature + rows), removed[first]),
    )
