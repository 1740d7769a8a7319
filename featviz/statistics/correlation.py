"""Pearson correlation and cosine similarity from sums, top rows of each."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments
from featviz.records import Correlation
from featviz.statistics.sums import Sums
from featviz.threads import in_order

BLOCK_VALUES = 2**23
"""Correlations held at once, 64 MiB: rows of all neurons are made a few at a time."""


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

    def best_of(part: slice) -> list[Correlation | None]:
        return top_correlations(*correlate(moments.cross[sae][part], features.part(part), neurons, n), k)

    yield from in_order(best_of, _blocks(range(firings.d_sae), len(neurons.total)))


def feature_correlations(
    rows: Firings, columns: Firings, features: range, n: int, k: int
) -> Iterator[list[Correlation | None]]:
    """Each of some features' best correlated ones in another SAE, or in its own (itself left out), block by block.

    A feature's products with all others are d_sae numbers at a time, never a matrix.
    """
    from featviz.kernels.correlation import highest_correlations

    left, right = Sums.of_features(rows), Sums.of_features(columns)
    given = (rows.start, rows.place, rows.value), _by_place(columns, 1 + int(rows.place.max(initial=0)))
    sums = (left.total, left.deviation(n)), (right.total / n, right.deviation(n))
    k, itself, norms, others = min(k, columns.d_sae), rows is columns, left.norm(n), right.norm(n)

    def best_of(part: slice) -> list[Correlation | None]:
        index, pearson, product = highest_correlations((part.start, part.stop), *given, *sums, itself, k)
        cosine = np.clip(product / norms[part][:, None] / others[index], -1, 1)
        return [_correlation(*row) for row in zip(index, pearson, cosine, strict=True)]

    yield from in_order(best_of, _blocks(features, k))


def _correlation(index: np.ndarray, pearson: np.ndarray, cosine: np.ndarray) -> Correlation | None:
    there = index >= 0
    return Correlation(index[there], pearson[there], cosine[there]) if there.any() else None


def _by_place(firings: Firings, places: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start of each place's run, features and values, of at least so many places."""
    order = np.argsort(firings.place, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(firings.place, minlength=places))])
    return start, firings.feature()[order], firings.value[order]


def _blocks(rows: range, columns: int) -> Iterator[slice]:
    """Rows whose values with that many columns are few enough to be held."""
    size = min(512, max(1, BLOCK_VALUES // max(1, columns)))
    for first in rows[::size]:
        yield slice(first, min(first + size, rows.stop))
