"""Firings: every nonzero activation, sorted by feature and then by place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from featviz.pieces import Column, release


@dataclass(frozen=True)
class Firings:
    """The nonzero activations of one SAE; feature i owns the run ``start[i]:start[i + 1]``.

    ``place`` is the flat position, sequence * context + position, increasing within a run. Both may lie on disk.
    """

    start: Int[np.ndarray, "feature_plus_1"]
    place: Int[np.ndarray, "firing"]
    value: Float[np.ndarray, "firing"]

    @classmethod
    def on_disk(cls, columns: Mapping[str, Column]) -> "Firings":
        """Those of a finished piece: a run is read when it is asked for."""
        start, place, value = (columns[key] for key in ("start", "place", "value"))
        return cls(start.read(), place.mapped(), value.mapped())

    def release(self) -> None:
        """Let go of the memory of what was read; it is read again when it is needed."""
        release(self.place, self.value)

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

    def lookup(self, feature: Int[np.ndarray, "query"], place: Int[np.ndarray, "query"]) -> Float[np.ndarray, "query"]:
        """The activation of each (feature, place), 0 where it does not fire."""
        found, result = self._first(feature, place), np.zeros(len(place), dtype=self.value.dtype)
        inside = np.flatnonzero(found < self.start[feature + 1])
        there = inside[self.place[found[inside]] == place[inside]]
        result[there] = self.value[found[there]]
        return result

    def any_between(
        self, feature: Int[np.ndarray, "query"], low: Int[np.ndarray, "query"], high: Int[np.ndarray, "query"]
    ) -> Bool[np.ndarray, "query"]:
        """Whether each feature fires somewhere at ``low`` … ``high`` - 1."""
        return self._first(feature, high) > self._first(feature, low)

    def _first(self, feature: np.ndarray, place: np.ndarray) -> Int[np.ndarray, "query"]:
        """Each feature's first firing at the place or after it; where its run ends if there is none."""
        from featviz.kernels.sorting import firsts_from

        found: np.ndarray = firsts_from(self.start, self.place, feature, place)
        return found


@dataclass(frozen=True)
class FiringPiece:
    """The firings of some positions, in any order of features, places increasing."""

    feature: Int[np.ndarray, "firing"]
    place: Int[np.ndarray, "firing"]
    value: Float[np.ndarray, "firing"]

    def between(self, low: int, high: int) -> "FiringPiece":
        """Those at the places ``low`` … ``high`` - 1."""
        inside = (self.place >= low) & (self.place < high)
        return FiringPiece(self.feature[inside], self.place[inside], self.value[inside])

    def sorted(self, d_sae: int) -> Firings:
        """By feature."""
        from featviz.kernels.sorting import order_by

        start, order = order_by(self.feature, d_sae)
        return Firings(start, self.place[order], self.value[order])


def join(pieces: Sequence[FiringPiece]) -> FiringPiece:
    """Pieces that follow each other in place as one."""
    columns = ([getattr(piece, column) for piece in pieces] for column in ("feature", "place", "value"))
    return FiringPiece(*(np.concatenate(column) for column in columns))


def sort_firings(pieces: Sequence[FiringPiece], d_sae: int) -> Firings:
    """Merge pieces that follow each other in place into one store sorted by feature."""
    return join(pieces).sorted(d_sae)
