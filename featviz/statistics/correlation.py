"""Pearson correlation and cosine similarity from sums, top rows of each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from jaxtyping import Bool, Float, Int

from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments
from featviz.records import Correlation

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
        value = firings.value.astype(np.float64)
        return cls(firings.sums(value), firings.sums(np.square(value)), np.zeros(firings.d_sae))

    @classmethod
    def of_neurons(cls, moments: NeuronMoments) -> "Sums":
        return cls(moments.total, moments.square, moments.shift)

    def part(self, part: slice) -> "Sums":
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


def correlate(
    cross: Float[np.ndarray, "row vector"], rows: Sums, vectors: Sums, n: int
) -> tuple[Float[np.ndarray, "row vector"], Float[np.ndarray, "row vector"]]:
    """Pearson and cosine of rows (features, unshifted) with vectors, from ``cross`` = sum of row * (vector - shift)."""
    covariance = cross - rows.total[:, None] * (vectors.total / n)
    dot = cross + rows.total[:, None] * vectors.shift
    pearson = covariance / rows.deviation(n)[:, None] / vectors.deviation(n)
    cosine = dot / rows.norm(n)[:, None] / vectors.norm(n)
    return np.clip(pearson, -1, 1), np.clip(cosine, -1, 1)


def highest(values: Float[np.ndarray, "row n"], k: int) -> tuple[Int[np.ndarray, "row k"], Bool[np.ndarray, "row k"]]:
    """Columns of the k highest values of each row, highest first, ties by column, and which of them exist.

    NaN is never ranked: where fewer than k values exist, the last columns mean nothing.
    """
    left = np.where(np.isnan(values), -np.inf, values)
    columns = np.empty((len(left), min(k, left.shape[1])), dtype=np.int64)
    exists = np.empty(columns.shape, dtype=bool)
    rows = np.arange(len(left))
    for rank in range(columns.shape[1]):
        columns[:, rank] = left.argmax(1)
        exists[:, rank] = left[rows, columns[:, rank]] > -np.inf
        left[rows, columns[:, rank]] = -np.inf
    return columns, exists


def top_correlations(pearson: np.ndarray, cosine: np.ndarray, k: int) -> list[Correlation | None]:
    """The k highest Pearson of each row with their cosines; what does not exist is left out, ``None`` if all is."""
    columns, exists = highest(pearson, k)
    best, beside = np.take_along_axis(pearson, columns, 1), np.take_along_axis(cosine, columns, 1)
    return [
        Correlation(columns[row][there], best[row][there], beside[row][there]) if there.any() else None
        for row, there in enumerate(exists)
    ]


def neuron_correlations(
    moments: NeuronMoments, sae: str, firings: Firings, n: int, k: int
) -> Iterator[list[Correlation | None]]:
    """Each feature's best correlated neurons, block by block."""
    features, neurons = Sums.of_features(firings), Sums.of_neurons(moments)
    for part in _blocks(firings.d_sae):
        yield top_correlations(*correlate(moments.cross[sae][part], features.part(part), neurons, n), k)


def feature_correlations(rows: Firings, columns: Firings, n: int, k: int) -> Iterator[list[Correlation | None]]:
    """Each feature's best correlated features in another SAE, or in its own (then itself left out), block by block."""
    places = 1 + max(int(firings.place.max(initial=0)) for firings in (rows, columns))
    left, right = (_matrix(firings, places) for firings in (rows, columns))
    row_sums, column_sums = Sums.of_features(rows), Sums.of_features(columns)
    right = right.T.tocsr()
    for part in _blocks(rows.d_sae):
        cross = (left[part] @ right).toarray()
        pearson, cosine = correlate(cross, row_sums.part(part), column_sums, n)
        if rows is columns:
            pearson[np.arange(len(pearson)), np.arange(part.start, part.stop)] = np.nan
        yield top_correlations(pearson, cosine, k)


def _blocks(count: int, size: int = 512) -> Iterator[slice]:
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def _matrix(firings: Firings, places: int) -> scipy.sparse.csr_array:
    """Firings as a sparse matrix [feature place] in float64."""
    return scipy.sparse.csr_array(
        (firings.value.astype(np.float64), firings.place, firings.start), shape=(firings.d_sae, places)
    )
