"""Histograms in equal bins over the range of the data."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.records import Histogram


def histogram(values: Float[np.ndarray, "n"], bins: int) -> Histogram | None:
    """Counts in ``bins`` equal bins over [min, max]; ``None`` without data; constant data are all in the first."""
    if len(values) == 0:
        return None
    low, high = float(values.min()), float(values.max())
    counts = np.bincount(_bin(values.astype(np.float64), low, high, bins), minlength=bins)
    return Histogram(low, high, counts)


def _bin(values: np.ndarray, low: float, high: float, bins: int) -> Int[np.ndarray, "n"]:
    if low == high:
        return np.zeros(len(values), dtype=np.int64)
    return np.minimum(((values - low) * (bins / (high - low))).astype(np.int64), bins - 1)


def row_histograms(values: Float[Tensor, "row n"], bins: int) -> list[Histogram]:
    """The histogram of each row."""
    low, high = values.amin(-1, keepdim=True).double(), values.amax(-1, keepdim=True).double()
    width = torch.where(high > low, high - low, torch.ones_like(high))
    histograms = []
    for row in range(len(values)):  # the float64 copy of one row stays in the cache
        index = ((values[row] - low[row]) * (bins / width[row])).long().clamp_(max=bins - 1)
        counts = torch.bincount(index, minlength=bins).cpu().numpy()
        histograms.append(Histogram(float(low[row]), float(high[row]), counts))
    return histograms
