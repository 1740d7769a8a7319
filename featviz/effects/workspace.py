"""Memory that the effects stage writes to again and again: fresh pages for every tile cost more than the arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Workspace:
    """What one thread needs for a tile of positions and for the pairs that are ablated at once."""

    raw: Float[Tensor, "tile d_vocab"]
    log_prob: Float[Tensor, "tile d_vocab"]
    change: Float[Tensor, "pairs d_vocab"]
    scratch: Float[Tensor, "pairs d_vocab"]
    reached: bytearray
    """A truth value for each number of ``change``: bytes, because few are looked for among many."""

    @classmethod
    def of(cls, tile: int, pairs: int, unembed: Float[Tensor, "d_model d_vocab"]) -> "Workspace":
        """Room for so many positions and pairs, on the device of ``unembed``."""
        d_vocab = unembed.shape[1]
        raw, log_prob, change, scratch = (unembed.new_empty((rows, d_vocab)) for rows in (tile, tile, pairs, pairs))
        return cls(raw, log_prob, change, scratch, bytearray(pairs * d_vocab if unembed.device.type == "cpu" else 0))

    def reach(
        self, values: Float[Tensor, "pair d_vocab"], bound: Float[Tensor, "pair 1"], largest: bool
    ) -> Int[np.ndarray, "found"]:
        """Flat indices, in order, of the values that reach their row's bound from above (or from below)."""
        if values.device.type != "cpu":
            return ((values >= bound) if largest else (values <= bound)).flatten().nonzero()[:, 0].cpu().numpy()
        compare = np.greater_equal if largest else np.less_equal
        reached = np.frombuffer(self.reached, dtype=bool, count=values.numel())
        compare(values.numpy(), bound.numpy(), out=reached.reshape(values.shape))
        return np.array(list(_ones(self.reached, values.numel())), dtype=np.int64)


def _ones(truths: bytearray, end: int) -> Iterator[int]:
    """Where ones are: the search for a byte passes over zeros at the memory's pace."""
    place = truths.find(1, 0, end)
    while place >= 0:
        yield place
        place = truths.find(1, place + 1, end)
