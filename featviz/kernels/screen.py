"""Which entries of a product pass a threshold, or may pass it: then those entries in full precision."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled

BLOCK = 64
"""Entries that are compared before any of them is looked at."""
SUMMED = 1024
"""Products that are added up in float32 before they join a sum in float64."""
TOGETHER = 4
"""Rows that are multiplied by one column at once: memory brings several sooner than one after the other."""


@compiled(fastmath=REASSOCIATE)
def _passes(bits: Any, least: Any, norm: Any, error: Any, of_norm: Any, of_error: Any) -> Any:
    """Whether a product given as bfloat16 bits may in truth be above ``least``; a NaN may."""
    value = np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)
    size = value if value > 0 else -value
    return not value + size * np.float32(2**-8) + of_norm * norm + of_error * error < least


@compiled(nogil=True, fastmath=REASSOCIATE)
def _count(bits: Any, least: Any, norm: Any, error: Any, of_norm: Any, of_error: Any) -> Any:
    found = np.int32(0)
    for i in range(len(bits)):
        found += np.int32(_passes(bits[i], least, norm, error, of_norm[i], of_error[i]))
    return found


@compiled(nogil=True)
def candidates(bits: Any, rows: Any, columns: Any, room: Any) -> Any:
    """Rows and columns of the entries that may pass, row by row; nothing if there are more than ``room``.

    ``rows`` are, for each row, the least value that passes, the norm and the rounding error's norm; ``columns``, for
    each column, what a row's norm and what its error are multiplied by.
    """
    (least, norm, error), (of_norm, of_error) = rows, columns
    row_of, col_of, found = np.empty(room, np.int64), np.empty(room, np.int64), 0
    for row in range(bits.shape[0]):
        for first in range(0, bits.shape[1], BLOCK):
            part = slice(first, first + BLOCK)
            hits = _count(bits[row, part], least[row], norm[row], error[row], of_norm[part], of_error[part])
            if hits == 0:
                continue
            if found + hits > room:
                return row_of[:0], col_of[:0], False
            for col in range(first, min(first + BLOCK, bits.shape[1])):
                if _passes(bits[row, col], least[row], norm[row], error[row], of_norm[col], of_error[col]):
                    row_of[found], col_of[found] = row, col
                    found += 1
    return row_of[:found], col_of[:found], True


@compiled(nogil=True)
def _above(product: Any, bias: Any, threshold: Any) -> Any:
    """How many pre-activations are above their threshold, or no numbers."""
    found = np.int32(0)
    for i in range(len(product)):
        found += np.int32(not product[i] + bias[i] <= threshold[i])
    return found


@compiled(nogil=True)
def passing(product: Any, bias: Any, threshold: Any) -> Any:
    """Rows and columns of the entries whose pre-activation passes, row by row, and these pre-activations."""
    room, found = max(1, product.size // 64), 0
    rows, cols, values = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.float32)
    for row in range(product.shape[0]):
        for first in range(0, product.shape[1], BLOCK):
            part = slice(first, first + BLOCK)
            hits = _above(product[row, part], bias[part], threshold[part])
            if hits == 0:
                continue
            if found + hits > len(rows):
                more = np.empty(len(rows) + hits, np.int64)
                rows, cols = np.concatenate((rows, more)), np.concatenate((cols, more))
                values = np.concatenate((values, more.astype(np.float32)))
            for col in range(first, min(first + BLOCK, product.shape[1])):
                pre = product[row, col] + bias[col]
                if not pre <= threshold[col]:
                    rows[found], cols[found], values[found] = row, col, pre
                    found += 1
    return rows[:found], cols[:found], values[:found]


@compiled(nogil=True, fastmath=REASSOCIATE)
def _dot(left: Any, right: Any) -> Any:
    total = np.float32(0)
    for i in range(len(left)):
        total += left[i] * right[i]
    return total


@compiled(nogil=True, fastmath=REASSOCIATE)
def _four_dots(first: Any, second: Any, third: Any, fourth: Any, right: Any) -> Any:
    a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for i in range(len(right)):
        a += first[i] * right[i]
        b += second[i] * right[i]
        c += third[i] * right[i]
        d += fourth[i] * right[i]
    return a, b, c, d


@compiled(nogil=True)
def dots(left: Any, right: Any, rows: Any, cols: Any) -> Any:
    """left[row] @ right[col] in float32 for each pair of a row and a column; fast where equal columns follow."""
    products, total = np.empty(len(rows), np.float32), np.empty(TOGETHER)
    n = 0
    while n < len(rows):
        col, last = cols[n], n + TOGETHER - 1
        count = TOGETHER if last < len(rows) and cols[last] == col else 1
        total[:] = 0
        for first in range(0, left.shape[1], SUMMED):
            part = slice(first, first + SUMMED)
            if count == 1:
                total[0] += _dot(left[rows[n], part], right[col, part])
            else:
                sums = _four_dots(
                    left[rows[n], part], left[rows[n + 1], part], left[rows[n + 2], part], left[rows[n + 3], part],
                    right[col, part],
                )  # fmt: skip
                for i in range(TOGETHER):
                    total[i] += sums[i]
        for i in range(count):
            products[n + i] = total[i]
        n += count
    return products
