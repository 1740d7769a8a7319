"""Windows: the tokens shown around one position, and which of them read the same."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from featviz.sources.tokens import Tokens


@dataclass(frozen=True)
class WindowShape:
    """How far a window reaches: ``reach`` tokens each side, clipped at the sequence's ends; ``None``: all of it."""

    reach: int | None
    context: int

    def bounds(self, place: Int[np.ndarray, "window"]) -> tuple[Int[np.ndarray, "window"], Int[np.ndarray, "window"]]:
        """First position of each target's window within its sequence, and the window's length."""
        if self.reach is None:
            return np.zeros_like(place), np.full_like(place, self.context)
        pos = place % self.context
        start = np.maximum(pos - self.reach, 0)
        return start, np.minimum(pos + self.reach, self.context - 1) - start + 1

    def overlap(self, a: int, b: int) -> bool:
        """Whether the windows of two targets share a position."""
        if a // self.context != b // self.context:
            return False
        return self.reach is None or abs(a - b) <= 2 * self.reach


def reading_classes(tokens: Tokens, shape: WindowShape) -> Int[np.ndarray, "place"]:
    """A number for each position, equal exactly where windows hold the same tokens, target at the same place."""
    ids = tokens.ids
    if shape.reach is None:
        _, row = np.unique(ids, axis=0, return_inverse=True)
        return (row.reshape(-1, 1) * shape.context + np.arange(shape.context)).ravel()
    reach = min(shape.reach, shape.context - 1)
    beyond = int(ids.max()) + 1
    padded = np.pad(ids, ((0, 0), (reach, reach)), constant_values=beyond)
    classes = np.zeros(ids.size, dtype=np.int64)
    for offset in range(2 * reach + 1):
        column = padded[:, offset : offset + shape.context].ravel()
        _, classes = np.unique(classes * (beyond + 1) + column, return_inverse=True)
    return classes.ravel()
