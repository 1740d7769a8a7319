"""Sorting by small whole numbers, and searching in runs that are sorted."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import compiled


@compiled(nogil=True)
def order_by(key: Any, size: Any) -> Any:
    """Where the run of each key 0 … size - 1 starts (and the last one ends), and the order that sorts the keys.

    Equal keys stay in the order in which they stand.
    """
    start = np.zeros(size + 1, np.int64)
    for i in range(len(key)):
        start[key[i] + 1] += 1
    for i in range(size):
        start[i + 1] += start[i]
    free, order = start[:-1].copy(), np.empty(len(key), np.int64)
    for i in range(len(key)):
        order[free[key[i]]] = i
        free[key[i]] += 1
    return start, order


@compiled(nogil=True)
def first_from(low: Any, high: Any, values: Any, least: Any) -> Any:
    """The first of the increasing ``values[low:high]`` that is at least ``least``; ``high`` if none is."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@compiled(nogil=True)
def firsts_from(start: Any, values: Any, run: Any, least: Any) -> Any:
    """`first_from` of one run of ``values`` for each query."""
    found = np.empty(len(run), np.int64)
    for i in range(len(run)):
        found[i] = first_from(start[run[i]], start[run[i] + 1], values, least[i])
    return found


@compiled(nogil=True)
def totals(start: Any, values: Any) -> Any:
    """The sum of each run's values and of their squares, in float64, one after the other."""
    total, square = np.zeros(len(start) - 1), np.zeros(len(start) - 1)
    for run in range(len(total)):
        for i in range(start[run], start[run + 1]):
            value = np.float64(values[i])
            total[run] += value
            square[run] += value * value
    return total, square
