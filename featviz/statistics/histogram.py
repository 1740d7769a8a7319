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
    low, high = values.amin(-1).double(), values.amax(-1).double()
    if values.device.type == "cpu":
        from featviz.kernels.rows import count_bins

        counts = count_bins(values.numpy(), low.numpy(), high.numpy(), bins)
        return [Histogram(*row) for row in zip(low.tolist(), high.tolist(), counts, strict=True)]
    width = torch.where(high > low, high - low, torch.ones_like(high))[:, None]
    index = ((values - low[:, None]) * (bins / width)).long().clamp_(max=bins - 1)
    counts = torch.zeros((len(values), bins), dtype=torch.long, device=values.device)
    counts.scatter_add_(1, index, torch.ones_like(index))
    return [Histogram(*row) for row in zip(low.tolist(), high.tolist(), counts.cpu().numpy(), strict=True)]
