"""Pearson correlation and cosine similarity from sums, top rows of each."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse
from jaxtyping import Bool, Float, Int

from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments
from featviz.records import Correlation
from featviz.statistics.shared_places import best_of_shared
from featviz.statistics.sums import Sums

BLOCK_VALUES = 2**23
"""Correlations held at once, 64 MiB: rows of all features with all features are made a few at a time."""


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
    for part in _blocks(firings.d_sae, len(neurons.total)):
        yield top_correlations(*correlate(moments.cross[sae][part], features.part(part), neurons, n), k)


def feature_correlations(rows: Firings, columns: Firings, n: int, k: int) -> Iterator[list[Correlation | None]]:
    """Each feature's best correlated features in another SAE, or in its own (then itself left out), block by block.

    Most rows need only the places where both fire; those with fewer than k positive correlations are made dense, a
    few at a time.
    """
    places = 1 + max(int(firings.place.max(initial=0)) for firings in (rows, columns))
    left, right = (_matrix(firings, places) for firings in (rows, columns))
    row_sums, column_sums = Sums.of_features(rows), Sums.of_features(columns)
    right, own = right.T.tocsr(), rows is columns
    positive = bool((rows.value >= 0).all() and (columns.value >= 0).all())
    for part in _blocks(rows.d_sae, 0):
        cross, sums = (left[part] @ right).tocsr(), row_sums.part(part)
        if own:
            cross = _without_diagonal(cross, part.start)
        known, found = best_of_shared(cross, sums, column_sums, n, k)
        rest = np.flatnonzero(~known) if positive else np.arange(len(found))
        for few in _blocks(len(rest), columns.d_sae):
            chosen = rest[few]
            pearson, cosine = correlate(cross[chosen].toarray(), sums.part(chosen), column_sums, n)
            if own:
                pearson[np.arange(len(chosen)), chosen + part.start] = np.nan
            for row, best in zip(chosen.tolist(), top_correlations(pearson, cosine, k), strict=True):
                found[row] = best
        yield found


def _without_diagonal(cross: scipy.sparse.csr_array, first: int) -> scipy.sparse.csr_array:
    """The products of rows ``first`` … less those of a feature with itself."""
    row = np.repeat(np.arange(first, first + cross.shape[0]), np.diff(cross.indptr))
    kept = row != cross.indices
    start = np.concatenate([[0], np.cumsum(kept)])[cross.indptr]
    return scipy.sparse.csr_array((cross.data[kept], cross.indices[kept], start), shape=cross.shape)


def _blocks(count: int, columns: int) -> Iterator[slice]:
    """Rows whose values with that many columns are few enough to be held."""
    size = min(512, max(1, BLOCK_VALUES // max(1, columns)))
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def _matrix(firings: Firings, places: int) -> scipy.sparse.csr_array:
    """Firings as a sparse matrix [feature place] in float64."""
    return scipy.sparse.csr_array(
        (firings.value.astype(np.float64), firings.place, firings.start), shape=(firings.d_sae, places)
    )
