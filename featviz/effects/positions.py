"""What a tile of positions predicts, and what taking features out there changes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects.logits import LogitRows
from featviz.sources.readout import Readout

LEAST_SUM, LARGEST_SUM = 1e-20, 1e37
"""Sums of float32 exponentials between these have lost no digits to underflow, and none of them has overflowed."""


Taken = tuple[Int[Tensor, "pair"], Int[Tensor, "pair"], Float[Tensor, "pair"]]
"""Row of the residuals, row of the directions, activation."""


@dataclass(frozen=True)
class Workspace:
    """Memory that is written to again and again: fresh pages for every tile cost more than the arithmetic."""

    raw: Float[Tensor, "tile d_vocab"]
    log_prob: Float[Tensor, "tile d_vocab"]
    logits: Float[Tensor, "tile d_vocab"]
    """Only written where they are capped; else it is ``raw``."""

    @classmethod
    def of(cls, tile: int, readout: Readout) -> "Workspace":
        """Room for so many positions, on the device of the unembedding."""
        raw, log_prob = (readout.unembed.new_empty((tile, readout.unembed.shape[1])) for _ in range(2))
        return cls(raw, log_prob, raw if readout.soft_cap is None else torch.empty_like(raw))


@dataclass(frozen=True)
class Positions:
    """What the clean model predicts at a tile of positions; it lies in the workspace until the next tile is read."""

    readout: Readout
    """Of the slice of the vocabulary that is looked at; so are all rows of it."""
    scale: Float[Tensor, "tile"]
    raw: Float[Tensor, "tile d_vocab"]
    """residual @ unembed, before scale, bias and cap."""
    log_prob: Float[Tensor, "tile d_vocab"]
    """Within the slice: their exponentials sum to 1 there."""
    logits: Float[Tensor, "tile d_vocab"]
    """Only to be read where they are capped."""
    log_sum: Float[Tensor, "tile"]
    """Log of the sum of the exponentials of the logits."""


@dataclass(frozen=True)
class Terms:
    """The two known rows, and their factors, of which the change of each pair's logits (clean minus ablated) is made.

    Without a cap it is of_feature * (d @ U) + of_clean * (r @ U); with one it is the clean logits less
    cap(of_clean * (r @ U) - of_feature * (d @ U) + bias).
    """

    place: Int[Tensor, "pair"]
    """Row of the tile."""
    row: Int[Tensor, "pair"]
    """Row of the `LogitRows`."""
    of_feature: Float[Tensor, "pair"]
    of_clean: Float[Tensor, "pair"]

    def part(self, part: slice | Int[Tensor, "some"]) -> "Terms":
        """Of some of the pairs."""
        return Terms(self.place[part], self.row[part], self.of_feature[part], self.of_clean[part])

    def at(self, at: Positions, rows: LogitRows, token: Int[Tensor, "pair"]) -> Float[Tensor, "pair"]:
        """The change of one logit of each pair."""
        raw, clean = at.raw[self.place, token], at.logits[self.place, token]
        feature, bias = rows.logits[self.row, token], at.readout.bias[token]
        return self.change(at.readout, *(column[:, None] for column in (feature, raw, clean, bias)))[:, 0]

    def change(
        self,
        readout: Readout,
        feature: Float[Tensor, "pair some"],
        raw: Float[Tensor, "pair some"],
        clean: Float[Tensor, "pair some"],
        bias: Float[Tensor, "*pair some"],
    ) -> Float[Tensor, "pair some"]:
        """The change of some logits of each pair, from its two rows, the clean logits and the bias there."""
        of_feature, of_clean = self.of_feature[:, None] * feature, self.of_clean[:, None] * raw
        if readout.soft_cap is None:
            return of_feature + of_clean
        return clean - readout.cap(of_clean - of_feature + bias)


def log_of_sums(total: Float[Tensor, "row"], row_of: Callable[[Tensor], Tensor]) -> Float[Tensor, "row"]:
    """Log of sums of exponentials; those that float32's range has spoiled are summed again, from their largest down."""
    wild = ~((total >= LEAST_SUM) & (total <= LARGEST_SUM))
    result = total.double().log()
    if bool(wild.any()):
        result[wild] = row_of(wild.nonzero()[:, 0]).double().logsumexp(-1)
    return result.float()
