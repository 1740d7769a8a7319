"""The highest cosines between the rows of a matrix."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from featviz.capture.encode import has_bfloat16_units, rounding_of

CONSIDERED = 48
"""Columns whose cosines are computed in float32 for each row, where a product in bfloat16 has shown which."""

Highest = tuple[Int[np.ndarray, "row k"], Float[np.ndarray, "row k"]]
"""Columns and cosines, highest first, ties by column; -inf where there are fewer."""


@dataclass(frozen=True)
class Cosines:
    """Of every row with every other: a block of rows at a time."""

    unit: Float[Tensor, "row d"]
    """Of length 1, or 0."""
    silent: Bool[Tensor, "row"]
    """Those of length 0, which have none."""
    low: Float[Tensor, "row d"] | None
    """The unit rows in bfloat16, on a processor that multiplies such matrices faster."""
    error: float
    """How far the product of two of those is from the cosine at most, in any order of additions."""

    @classmethod
    def of(cls, rows: Float[Tensor, "row d"]) -> "Cosines":
        """Those of these rows."""
        norm = rows.norm(dim=-1, keepdim=True)
        silent = norm[:, 0] == 0
        unit = rows / torch.where(silent[:, None], 1, norm)
        if unit.device.type != "cpu" or not has_bfloat16_units():
            return cls(unit, silent, None, 0.0)
        low = unit.bfloat16()
        error = float((unit - low.float()).norm(dim=1).max())
        return cls(unit, silent, low, (2 * error + error**2 + 3 * rounding_of(unit.shape[1])) * (1 + 1e-4))

    def highest(self, rows: range, k: int) -> Highest:
        """The k highest cosines of some rows with the others; itself and silent rows are left out."""
        k, which = min(k, len(self.unit)), torch.arange(rows.start, rows.stop, device=self.unit.device)
        if self.low is None or not k < CONSIDERED < len(self.unit):
            return self._among_all(which, k)
        columns, best, certain = self._screened(which, k)
        if not certain.all():
            columns[~certain], best[~certain] = self._among_all(which[torch.from_numpy(~certain)], k)
        return columns, best

    def _among_all(self, rows: Int[Tensor, "some"], k: int) -> Highest:
        from featviz.kernels.ranking import largest

        best, columns, _ = largest(self._others(self.unit[rows] @ self.unit.T, rows), np.float32(1), k)
        return columns, best

    def _screened(self, rows: Int[Tensor, "some"], k: int) -> tuple[np.ndarray, np.ndarray, Bool[np.ndarray, "some"]]:
        """The same by way of bfloat16, and for which rows its rounding hides none that may be among the highest.

        The bound is that of `featviz.capture.encode.Screen`, of rows of length 1.
        """
        assert self.low is not None
        from featviz.kernels.ranking import largest
        from featviz.kernels.screen import dots

        near = self._others((self.low[rows] @ self.low.T).float(), rows)
        best, columns, _ = largest(near, np.float32(1), CONSIDERED)
        best = np.maximum(best, np.float32(-2))  # what is left out is below every cosine
        slack = np.abs(best) * np.float32(2**-8) + np.float32(self.error)
        certain = best[:, -1] + slack[:, -1] < best[:, k - 1] - slack[:, k - 1]
        columns.sort(axis=1)
        unit, own = self.unit.numpy(), rows.numpy().repeat(CONSIDERED)
        exact = dots(unit, unit, columns.ravel(), own).reshape(columns.shape)
        exact[np.take_along_axis(near, columns, 1) == -np.inf] = -np.inf
        order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(columns, order, 1), np.take_along_axis(exact, order, 1), certain

    def _others(self, cosine: Float[Tensor, "some row"], rows: Int[Tensor, "some"]) -> Float[np.ndarray, "some row"]:
        """Leave out silent rows, and each row itself."""
        each = torch.arange(len(cosine), device=cosine.device)
        for left_out in ((slice(None), self.silent), (self.silent[rows],), (each, rows)):
            cosine[left_out] = -torch.inf
        return cosine.cpu().numpy()
