"""Rows of values less their mean, and counts in equal bins."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled


@compiled(nogil=True, fastmath=REASSOCIATE)
def total(row: Any) -> Any:
    """Summed in float64."""
    found = 0.0
    for i in range(len(row)):
        found += np.float64(row[i])
    return found


@compiled(nogil=True)
def less_mean(values: Any, out: Any) -> None:
    """Write each row less its mean, which is summed in float64."""
    for row in range(len(values)):
        mean = np.float32(total(values[row]) / values.shape[1])
        for i in range(values.shape[1]):
            out[row, i] = values[row, i] - mean


@compiled(nogil=True)
def count_bins(values: Any, low: Any, high: Any, bins: Any) -> Any:
    """For each row, how many of its values lie in each of the bins over [low, high] of that row, the last one closed.

    All in the first bin where low is high. As numpy's, but for the edges' rounding: (value - low) * (bins / width).
    """
    counts = np.zeros((len(values), bins), np.int64)
    for row in range(len(values)):
        per = bins / (high[row] - low[row]) if high[row] > low[row] else 0.0
        for i in range(values.shape[1]):
            place = np.int64((np.float64(values[row, i]) - low[row]) * per)
            counts[row, min(place, bins - 1)] += 1
    return counts
