"""The largest of many values."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import compiled

BLOCK = 512
"""Values that are compared before any of them is looked at."""


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
def _reaching(values: Any, sign: Any, least: Any) -> Any:
    found = np.int32(0)
    for i in range(len(values)):
        found += np.int32(sign * values[i] >= least)
    return found


@compiled(nogil=True)
def largest(values: Any, sign: Any, k: Any) -> Any:
    """The k largest of sign * values in each row and where they are, ties by place; false where a NaN leaves fewer."""
    best, index = np.empty((len(values), k), values.dtype), np.empty((len(values), k), np.int64)
    for row in range(len(values)):
        kept, least = 0, -np.inf
        for first in range(0, values.shape[1], BLOCK):
            some = values[row, first : first + BLOCK]
            if _reaching(some, sign, least) == 0:
                continue
            for i in range(len(some)):
                if sign * some[i] >= least:
                    kept = keep(sign * some[i], first + i, kept, best[row], index[row])
                    if kept == k:
                        least = best[row, k - 1]
        if kept < k:
            return best, index, False
    return best, index, True
