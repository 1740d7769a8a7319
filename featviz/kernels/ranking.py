"""The largest of many values."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import compiled

BLOCK = 64
"""Values that are compared before any of them is looked at; each is the rival of those a multiple of this away."""


@compiled(nogil=True)
def keep(value: Any, token: Any, kept: Any, values: Any, tokens: Any) -> Any:
    """Put a value in its place among the ``kept`` largest so far, behind its equals; returns how many there are now."""
    room = len(values)
    if kept == room and not value > values[room - 1]:
        return kept
    place = min(kept, room - 1)
    while place > 0 and values[place - 1] < value:
        values[place], tokens[place] = values[place - 1], tokens[place - 1]
        place -= 1
    values[place], tokens[place] = value, token
    return min(kept + 1, room)


@compiled(nogil=True)
def _reaches(values: Any, first: Any, sign: Any, least: Any) -> Any:
    """Whether one of ``BLOCK`` values from ``first`` on does; an index without sign is told from no other."""
    found = False
    for i in range(BLOCK):
        found |= sign * values[first + np.uint64(i)] >= least
    return found


@compiled(nogil=True)
def _rivals(values: Any, sign: Any, best: Any) -> None:
    """Write the largest of the values 0, B, 2 B …, of the values 1, B + 1, … and so on; B is ``BLOCK``."""
    best[:] = -np.inf
    for first in range(0, len(values) - BLOCK + 1, BLOCK):
        for i in range(BLOCK):
            value = sign * values[np.uint64(first) + np.uint64(i)]
            best[i] = value if value > best[i] else best[i]


@compiled(nogil=True)
def largest(values: Any, sign: Any, k: Any) -> Any:
    """The k largest of sign * values in each row and where they are, ties by place; false where a NaN leaves fewer.

    The k-th of ``BLOCK`` entries' largest rivals is reached by k values at least: few others need to be looked at.
    """
    best, index = np.empty((len(values), k), values.dtype), np.empty((len(values), k), np.int64)
    rivals, width = np.empty(BLOCK, values.dtype), values.shape[1]
    for row in range(len(values)):
        own, kept, least = values[row], 0, values.dtype.type(-np.inf)
        if k <= BLOCK:
            _rivals(own, sign, rivals)
            for i in range(BLOCK):
                kept = keep(rivals[i], i, kept, best[row], index[row])
            kept, least = 0, best[row, k - 1]
        for first in range(0, width, BLOCK):
            end = min(first + BLOCK, width)
            if end - first == BLOCK and not _reaches(own, np.uint64(first), sign, least):
                continue
            for i in range(first, end):
                if sign * own[i] >= least:
                    kept = keep(sign * own[i], i, kept, best[row], index[row])
                    if kept == k:
                        least = best[row, k - 1]
        if kept < k:
            return best, index, False
    return best, index, True
