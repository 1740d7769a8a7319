"""Sums that correlations are made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments

_CONSTANT = 1e-12
"""A variance below this share of the mean square is rounding error: the vector is constant."""


@dataclass(frozen=True)
class Sums:
    """Sums over the N positions of shifted vectors x - shift."""

    total: Float[np.ndarray, "vector"]
    square: Float[np.ndarray, "vector"]
    shift: Float[np.ndarray, "vector"]

    @classmethod
    def of_features(cls, firings: Firings) -> "Sums":
        from featviz.kernels.sorting import totals

        total, square = totals(firings.start, firings.value)
        return cls(total, square, np.zeros(firings.d_sae))

    @classmethod
    def of_neurons(cls, moments: NeuronMoments) -> "Sums":
        return cls(moments.total, moments.square, moments.shift)

    def part(self, part: "slice | Int[np.ndarray, 'vector']") -> "Sums":
        return Sums(self.total[part], self.square[part], self.shift[part])

    def deviation(self, n: int) -> Float[np.ndarray, "vector"]:
        """sqrt(sum (x - mean)^2); NaN where the vector is constant."""
        scatter = self.square - np.square(self.total) / n
        constant = scatter <= _CONSTANT * np.maximum(self.square, n * np.square(self.shift) * _CONSTANT)
        return np.sqrt(np.where(constant, np.nan, scatter))

    def norm(self, n: int) -> Float[np.ndarray, "vector"]:
        """|x|; NaN where it is zero."""
        square = self.square + 2 * self.shift * self.total + n * np.square(self.shift)
        return np.sqrt(np.where(square > 0, square, np.nan))
