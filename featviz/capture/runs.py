"""A shard's firings on disk, sorted by feature and then by place, and how those of all shards are merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from featviz.capture.firings import FiringPiece, Firings
from featviz.pieces import ArrayInParts, Arrays, Column, release

MERGED_FIRINGS = 2**22
"""Merged in memory at once."""
SLICE_FIRINGS = 2**24
"""Sorted by place in memory at once."""


def run_of(found: Mapping[str, Firings], first_place: int) -> Arrays:
    """A piece with the firings of a shard, by SAE; features that never fire in it take no room."""
    arrays: Arrays = {}
    for name, firings in found.items():
        fires = np.flatnonzero(firings.count)
        arrays |= {
            f"feature_{name}": fires.astype(np.int32),
            f"count_{name}": firings.count[fires].astype(np.int32),
            f"place_{name}": (firings.place - first_place).astype(np.int32),
            f"value_{name}": firings.value.astype(np.float32),
        }
    return arrays


@dataclass
class Run:
    """The firings of one SAE in one shard, on disk."""

    first_place: int
    places: int
    columns: Mapping[str, Column]
    name: str
    _entry: int = 0
    _firing: int = 0

    def __len__(self) -> int:
        return self._column("place").shape[0]

    def counts(self) -> tuple[Int[np.ndarray, "entry"], Int[np.ndarray, "entry"]]:
        """The features that fire, and how often."""
        return self._column("feature").read(), self._column("count").read()

    def firings(self) -> FiringPiece:
        """All of them, by feature and then by place."""
        feature = np.repeat(*self.counts())
        return FiringPiece(
            feature, self._column("place").read() + np.int64(self.first_place), self._column("value").read()
        )

    def take(self, low: int, high: int, column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the features ``low`` … ``high`` - 1, block after block: which fire, how often, their places or values."""
        of_feature = self._column("feature")
        feature = of_feature.read(self._entry, min(self._entry + high - low, of_feature.shape[0]))
        feature = feature[: np.searchsorted(feature, high)]
        count = self._column("count").read(self._entry, self._entry + len(feature))
        values = self._column(column).read(self._firing, self._firing + int(count.sum()))
        self._entry, self._firing = self._entry + len(feature), self._firing + len(values)
        return feature, count, values + np.int64(self.first_place) if column == "place" else values

    def _column(self, name: str) -> Column:
        return self.columns[f"{name}_{self.name}"]


def merged(runs: Sequence[Run], d_sae: int) -> dict[str, np.ndarray | ArrayInParts]:
    """A piece with the firings of all runs, which follow each other in place; a block of features is in memory."""
    count = np.zeros(d_sae, dtype=np.int64)
    for run in runs:
        feature, fires = run.counts()
        count[feature] += fires
    start = np.concatenate([[0], np.cumsum(count)])
    total = int(start[-1])
    return {
        "start": start,
        "place": ArrayInParts(np.int64, total, _merged(runs, start, "place")),
        "value": ArrayInParts(np.float32, total, _merged(runs, start, "value")),
    }


def _merged(runs: Sequence[Run], start: Int[np.ndarray, "feature_plus_1"], column: str) -> Iterator[np.ndarray]:
    """One column of all runs, block by block of features."""
    runs = [Run(run.first_place, run.places, run.columns, run.name) for run in runs]
    for low, high in _blocks(start):
        free = start[low:high] - start[low]
        block = np.empty(start[high] - start[low], np.int64 if column == "place" else np.float32)
        for run in runs:
            feature, count, values = run.take(low, high, column)
            here = np.repeat(free[feature - low] - (np.cumsum(count) - count), count)
            block[here + np.arange(len(values))] = values
            free[feature - low] += count
        yield block


def _blocks(start: Int[np.ndarray, "feature_plus_1"]) -> Iterator[tuple[int, int]]:
    """Consecutive features with few enough firings, one feature at least."""
    low = 0
    while low < len(start) - 1:
        high = max(low + 1, int(np.searchsorted(start, start[low] + MERGED_FIRINGS, "right")) - 1)
        yield low, high
        low = high


@dataclass(frozen=True)
class Slice:
    """The firings at consecutive places, place by place; the n-th place owns the run ``start[n]:start[n + 1]``."""

    first_place: int
    start: Int[np.ndarray, "place_plus_1"]
    feature: Int[np.ndarray, "firing"]
    value: Float[np.ndarray, "firing"]

    @classmethod
    def of(cls, piece: FiringPiece, first_place: int, places: int) -> "Slice":
        """All firings of a piece."""
        from featviz.kernels.sorting import order_by

        start, order = order_by(piece.place - first_place, places)
        return cls(first_place, start, piece.feature[order].astype(np.int32), piece.value[order])

    @property
    def columns(self) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        """As kernels take them."""
        return self.first_place, self.start, self.feature, self.value

    def release(self) -> None:
        """Let go of the memory of what was read; it is read again when it is needed."""
        release(self.start, self.feature, self.value)


def slice_of(runs: Sequence[Run]) -> Slice:
    """The firings of runs that follow each other."""
    parts = [Slice.of(run.firings(), run.first_place, run.places) for run in runs]
    ends = np.cumsum([0, *(len(part.value) for part in parts)])
    return Slice(
        runs[0].first_place,
        np.concatenate([[0], *(part.start[1:] + end for part, end in zip(parts, ends[:-1], strict=True))]),
        np.concatenate([part.feature for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def stretches(runs: Sequence[Run]) -> list[Sequence[Run]]:
    """Consecutive runs with few enough firings to be sorted by place together, one run at least."""
    cuts, firings = [0], 0
    for number, run in enumerate(runs):
        if firings and firings + len(run) > SLICE_FIRINGS:
            cuts.append(number)
            firings = 0
        firings += len(run)
    return [runs[low:high] for low, high in zip(cuts, [*cuts[1:], len(runs)], strict=True)]
