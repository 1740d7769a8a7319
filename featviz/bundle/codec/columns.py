"""Columns of numbers as the bundle spells them: scaled, differences, rounded."""

import sys

import numpy as np

from featviz.bundle.format import CORRELATION_DECIMALS, SIGNIFICANT_DIGITS, STEPS
from featviz.errors import BundleError


def integers(values: np.ndarray) -> np.ndarray:
    """A flat column of int64 that orjson can write as it is."""
    return np.ascontiguousarray(values, dtype=np.int64).reshape(-1)


def significant(value: float) -> float:
    """``value`` to 6 significant digits."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def significants(values: np.ndarray) -> list[float]:
    """A column to 6 significant digits; what is not finite becomes ``null`` in JSON."""
    return [significant(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def correlations(values: np.ndarray) -> np.ndarray:
    """A column of correlations or cosines to 4 decimals; NaN becomes ``null`` in JSON."""
    return np.round(np.asarray(values, dtype=np.float64), CORRELATION_DECIMALS)


def differences(positions: np.ndarray) -> np.ndarray:
    """Strictly increasing indices as the first one and the steps between them."""
    return np.diff(integers(positions), prepend=0)


def from_differences(steps: np.ndarray) -> np.ndarray:
    """The inverse of ``differences``."""
    return np.cumsum(steps, dtype=np.int64)


def scaled(values: np.ndarray) -> tuple[float, np.ndarray]:
    """A column's scale, and its values as integers of that scale in -STEPS ... STEPS."""
    values = np.asarray(values, dtype=np.float64).reshape(-1)
    largest = float(np.abs(values).max(initial=0.0))
    if not np.isfinite(largest):
        raise BundleError("a scaled column holds NaN or an infinite number; expected finite numbers only")
    scale = significant(largest / STEPS)
    if scale < sys.float_info.min:
        return 0.0, np.zeros(values.shape, dtype=np.int64)
    return scale, np.rint(values / scale).astype(np.int64)


def from_scaled(scale: float, steps: np.ndarray) -> np.ndarray:
    """The inverse of ``scaled``, to within half a step."""
    return steps * scale
