"""Pearson correlation and cosine similarity from sums, top rows of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from featviz.capture.firings import FiringPiece, Firings
from featviz.capture.moments import NeuronMoments
from featviz.capture.runs import Slice
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
    moments: NeuronMoments, sae: str, features: Sums, n: int, k: int
) -> Iterator[list[Correlation | None]]:
    """The best correlated neurons of the features that the moments are of, block by block."""
    neurons = Sums.of_neurons(moments)

    def best_of(part: slice) -> list[Correlation | None]:
        return top_correlations(*correlate(moments.cross[sae][part], features.part(part), neurons, n), k)

    yield from in_order(best_of, _blocks(range(len(features.total)), len(neurons.total)))


@dataclass(frozen=True)
class Vectors:
    """The features of an SAE."""

    firings: Firings
    slices: Sequence[Slice]
    """The same firings by place, all places together."""
    sums: Sums

    @classmethod
    def of(cls, firings: Firings) -> "Vectors":
        """In memory."""
        piece = FiringPiece(np.repeat(np.arange(firings.d_sae), firings.count), firings.place, firings.value)
        whole = Slice.of(piece, 0, 1 + int(firings.place.max(initial=0)))
        return cls(firings, [whole], Sums.of_features(firings))


def feature_correlations(
    rows: Vectors, columns: Vectors, features: range, n: int, k: int
) -> Iterator[list[Correlation | None]]:
    """Each of some features' best correlated ones in another SAE, or in its own (itself left out), block by block.

    A feature's products with all others are d_sae numbers, never a matrix: one feature's at a time, or a few features'
    where others' firings are in more than one slice.
    """
    from featviz.kernels.correlation import add_products, highest_correlations

    left, right = rows.sums, columns.sums
    own = rows.firings.start, rows.firings.place, rows.firings.value
    sums = (left.total, left.deviation(n)), (right.total / n, right.deviation(n))
    width, norms, others = len(right.total), left.norm(n), right.norm(n)
    *earlier, last = columns.slices

    def best_of(part: slice) -> list[Correlation | None]:
        before = np.zeros((part.stop - part.start if earlier else 0, width))
        for some in earlier:
            add_products(part.start, own, some.columns, before)
            some.release()
        index, pearson, product = highest_correlations(
            (part.start, part.stop), own, last.columns, *sums, rows is columns, min(k, width), before
        )
        last.release()
        cosine = np.clip(product / norms[part][:, None] / others[index], -1, 1)
        return [_correlation(*row) for row in zip(index, pearson, cosine, strict=True)]

    yield from in_order(best_of, _blocks(features, width if earlier else k))


def _correlation(index: np.ndarray, pearson: np.ndarray, cosine: np.ndarray) -> Correlation | None:
    there = index >= 0
    return Correlation(index[there], pearson[there], cosine[there]) if there.any() else None


def _blocks(rows: range, columns: int) -> Iterator[slice]:
    """Rows whose values with that many columns are few enough to be held."""
    size = min(512, max(1, BLOCK_VALUES // max(1, columns)))
    for first in rows[::size]:
        yield slice(first, min(first + size, rows.stop))
