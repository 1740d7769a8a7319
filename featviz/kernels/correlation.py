"""The vectors that correlate most with each sparse vector, a row of all products at a time."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled
from featviz.kernels.ranking import keep
from featviz.kernels.sorting import first_from

BLOCK = 256
"""Correlations that are compared before any of them is looked at."""


@compiled(nogil=True)
def _add_products(row: Any, left: Any, right: Any, cross: Any) -> None:
    """Add the sums, over the places of ``right``, of a left vector times every right one."""
    start, place, value = left
    first, right_start, right_vector, right_value = right
    low = first_from(start[row], start[row + 1], place, first)
    for i in range(low, first_from(low, start[row + 1], place, first + len(right_start) - 1)):
        for j in range(right_start[place[i] - first], right_start[place[i] - first + 1]):
            cross[right_vector[j]] += np.float64(value[i]) * np.float64(right_value[j])


@compiled(nogil=True)
def add_products(first: Any, left: Any, right: Any, cross: Any) -> None:
    """Add the products of the rows from the ``first`` on, as many as ``cross`` has."""
    for n in range(len(cross)):
        _add_products(first + n, left, right, cross[n])


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
def highest_correlations(
    rows: Any, left: Any, right: Any, left_sums: Any, right_sums: Any, itself: Any, k: Any, before: Any
) -> Any:
    """For each of the rows (first, end): the vectors of the k highest correlations, these, and their products.

    ``left`` are start, place and value of sparse vectors, ``right`` first place, start (by place), vector and value of
    others; sums are totals (left) or means (right) and deviations, NaN for a constant vector. A vector is left out of
    its own row if ``itself``. Where fewer than k exist the last are -1. ``before`` holds each row's products at earlier
    places; it has no rows where there are none.
    """
    (total, own), (mean, deviation) = left_sums, right_sums
    vectors = len(mean)
    room, pearson = np.empty(vectors), np.empty(BLOCK)
    best, product = np.empty((rows[1] - rows[0], k)), np.zeros((rows[1] - rows[0], k))
    index = np.full((rows[1] - rows[0], k), -1)
    for n in range(len(index)):
        row, kept, least = rows[0] + n, 0, -2.0
        if np.isnan(own[row]):
            continue
        if len(before):
            room[:] = before[n]
        else:
            room[:] = 0
        _add_products(row, left, right, room)
        for first in range(0, vectors, BLOCK):
            end = min(first + BLOCK, vectors)
            part, some = slice(first, end), pearson[: end - first]
            if not _pearson(room[part], mean[part], deviation[part], total[row], own[row], least, some):
                continue
            for i in range(len(some)):
                if some[i] >= least and not (itself and first + i == row):
                    kept = keep(some[i], first + i, kept, best[n], index[n])
                    if kept == k:
                        least = best[n, k - 1]
        for i in range(kept):
            product[n, i] = room[index[n, i]]
    return index, best, product
