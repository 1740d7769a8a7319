"""The vectors that correlate most with each sparse vector, a row of all products at a time."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled
from featviz.kernels.ranking import keep

BLOCK = 256
"""Correlations that are compared before any of them is looked at."""


@compiled(nogil=True)
def _products(row: Any, left: Any, right: Any, cross: Any) -> None:
    """Write the sums over places of a left vector times every right one; ``right`` is sorted by place."""
    start, place, value = left
    right_start, right_vector, right_value = right
    cross[:] = 0
    for i in range(start[row], start[row + 1]):
        for j in range(right_start[place[i]], right_start[place[i] + 1]):
            cross[right_vector[j]] += np.float64(value[i]) * np.float64(right_value[j])


@compiled(nogil=True, fastmath=REASSOCIATE)
def _pearson(cross: Any, mean: Any, deviation: Any, total: Any, own: Any, least: Any, pearson: Any) -> Any:
    """Write the correlations; returns how many are at least ``least``."""
    found = np.int64(0)
    for i in range(len(pearson)):
        value = (cross[i] - total * mean[i]) / own / deviation[i]
        value = min(max(value, -1.0), 1.0)
        pearson[i] = value
        found += np.int64(value >= least)
    return found


@compiled(nogil=True)
def highest_correlations(rows: Any, left: Any, right: Any, left_sums: Any, right_sums: Any, itself: Any, k: Any) -> Any:
    """For each of the rows (first, end): the vectors of the k highest correlations, these, and their products.

    ``left`` are start, place and value of sparse vectors, ``right`` start (by place), vector and value of others;
    sums are totals (left) or means (right) and deviations, NaN for a constant vector. A vector is left out of its own
    row if ``itself``. Where fewer than k exist the last are -1.
    """
    (total, own), (mean, deviation) = left_sums, right_sums
    vectors = len(mean)
    cross, pearson = np.empty(vectors), np.empty(BLOCK)
    best, product = np.empty((rows[1] - rows[0], k)), np.zeros((rows[1] - rows[0], k))
    index = np.full((rows[1] - rows[0], k), -1)
    for n in range(len(index)):
        row, kept, least = rows[0] + n, 0, -2.0
        if np.isnan(own[row]):
            continue
        _products(row, left, right, cross)
        for first in range(0, vectors, BLOCK):
            end = min(first + BLOCK, vectors)
            part, some = slice(first, end), pearson[: end - first]
            if not _pearson(cross[part], mean[part], deviation[part], total[row], own[row], least, some):
                continue
            for i in range(len(some)):
                if some[i] >= least and not (itself and first + i == row):
                    kept = keep(some[i], first + i, kept, best[n], index[n])
                    if kept == k:
                        least = best[n, k - 1]
        for i in range(kept):
            product[n, i] = cross[index[n, i]]
    return index, best, product
