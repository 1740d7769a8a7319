"""Firings: every nonzero activation, sorted by feature and then by place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class Firings:
    """The nonzero activations of one SAE; feature i owns the run ``start[i]:start[i + 1]``.

    ``place`` is the flat position, sequence * context + position, increasing within a run.
    """

    start: Int[np.ndarray, "feature_plus_1"]
    place: Int[np.ndarray, "firing"]
    value: Float[np.ndarray, "firing"]

    @property
    def d_sae(self) -> int:
        return len(self.start) - 1

    @property
    def count(self) -> Int[np.ndarray, "feature"]:
        """Firings of each feature."""
        return np.diff(self.start)

    def of(self, feature: int) -> tuple[Int[np.ndarray, "firing"], Float[np.ndarray, "firing"]]:
        """Places and values of one feature."""
        run = slice(self.start[feature], self.start[feature + 1])
        return self.place[run], self.value[run]

    def feature(self) -> Int[np.ndarray, "firing"]:
        """The feature of each firing."""
        return np.repeat(np.arange(self.d_sae), self.count)

    def sums(self, values: Float[np.ndarray, "firing"]) -> Float[np.ndarray, "feature"]:
        """Sum of ``values`` over each feature's run, in float64."""
        return np.bincount(self.feature(), weights=values, minlength=self.d_sae).astype(np.float64)

    def max(self) -> Float[np.ndarray, "feature"]:
        """Largest activation of each feature; 0 where it is dead."""
        return self._reduce(np.maximum)

    def min(self) -> Float[np.ndarray, "feature"]:
        """Smallest nonzero activation of each feature; 0 where it is dead."""
        return self._reduce(np.minimum)

    def _reduce(self, operation: np.ufunc) -> np.ndarray:
        result = np.zeros(self.d_sae, dtype=self.value.dtype)
        alive = self.count > 0
        if alive.any():
            result[alive] = operation.reduceat(self.value, self.start[:-1][alive])
        return result

    def lookup(
        self, feature: Int[np.ndarray, "query"], place: Int[np.ndarray, "query"], places: int
    ) -> Float[np.ndarray, "query"]:
        """The activation of each (feature, place), 0 where it does not fire; ``places`` is the number of positions."""
        run, keys = self._keys(feature, places)
        if len(keys) == 0:
            return np.zeros(len(place), dtype=self.value.dtype)
        wanted = place + places * feature
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, self.value[run][found], 0)

    def any_between(
        self,
        feature: Int[np.ndarray, "query"],
        low: Int[np.ndarray, "query"],
        high: Int[np.ndarray, "query"],
        places: int,
    ) -> Bool[np.ndarray, "query"]:
        """Whether each feature fires somewhere at ``low`` … ``high`` - 1; ``places`` is the number of positions."""
        _, keys = self._keys(feature, places)
        first, last = (np.searchsorted(keys, place + places * feature) for place in (low, high))
        return last > first

    def _keys(self, feature: Int[np.ndarray, "query"], places: int) -> tuple[slice, Int[np.ndarray, "firing"]]:
        """Increasing keys of the firings from the smallest to the largest feature asked for, and which those are."""
        low, high = (int(feature.min()), int(feature.max()) + 1) if len(feature) else (0, 0)
        run = slice(self.start[low], self.start[high])
        return run, self.place[run] + places * np.repeat(np.arange(low, high), self.count[low:high])


@dataclass(frozen=True)
class FiringPiece:
    """The firings of some positions, in any order of features, places increasing."""

    feature: Int[np.ndarray, "firing"]
    place: Int[np.ndarray, "firing"]
    value: Float[np.ndarray, "firing"]

    @classmethod
    def empty(cls) -> "FiringPiece":
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


def sort_firings(pieces: Sequence[FiringPiece], d_sae: int) -> Firings:
    """Merge pieces that follow each other in place into one store sorted by feature."""
    feature = np.concatenate([piece.feature for piece in pieces])
    order = np.argsort(feature, kind="stable")
    start = np.zeros(d_sae + 1, dtype=np.int64)
    np.cumsum(np.bincount(feature, minlength=d_sae), out=start[1:])
    place = np.concatenate([piece.place for piece in pieces])[order]
    value = np.concatenate([piece.value for piece in pieces])[order]
    return Firings(start, place, value)
