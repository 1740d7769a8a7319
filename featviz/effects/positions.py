"""What a tile of positions predicts, and which features are taken out there."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects.logits import LogitRows
from featviz.sources.readout import Readout

LEAST_SUM, LARGEST_SUM = 1e-20, 1e37
"""Sums of float32 exponentials between these have lost no digits to underflow, and none of them has overflowed."""


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
    residual: Float[Tensor, "tile d_model"]
    """Centred if the final norm centres."""
    scale: Float[Tensor, "tile"]
    raw: Float[Tensor, "tile d_vocab"]
    """residual @ unembed, before scale, bias and cap."""
    log_prob: Float[Tensor, "tile d_vocab"]
    logits: Float[Tensor, "tile d_vocab"]
    """Only to be read where they are capped."""


@dataclass(frozen=True)
class Removal:
    """Which feature is taken out where."""

    place: Int[Tensor, "pair"]
    """Row of the tile."""
    row: Int[Tensor, "pair"]
    """Row of the `LogitRows`."""
    activation: Float[Tensor, "pair"]
    target: Int[Tensor, "pair"]
    """The token that comes next."""

    def part(self, part: slice) -> "Removal":
        return Removal(self.place[part], self.row[part], self.activation[part], self.target[part])


@dataclass(frozen=True)
class Terms:
    """The two known rows, and their factors, of which the change of each pair's logits (clean minus ablated) is made.

    Without a cap it is of_feature * (d @ U) + of_clean * (r @ U); with one it is the clean logits less
    cap(of_clean * (r @ U) - of_feature * (d @ U) + bias).
    """

    place: Int[Tensor, "pair"]
    row: Int[Tensor, "pair"]
    of_feature: Float[Tensor, "pair"]
    of_clean: Float[Tensor, "pair"]

    @classmethod
    def of(cls, at: Positions, rows: LogitRows, removal: Removal) -> "Terms":
        residual = at.residual.index_select(0, removal.place)
        taken = removal.activation[:, None] * rows.direction.index_select(0, removal.row)
        scale, ablated = at.scale[removal.place], at.readout.scale(residual - taken)
        of_feature = removal.activation / ablated
        if at.readout.soft_cap is not None:
            return cls(removal.place, removal.row, of_feature, 1 / ablated)
        growth = (taken * (taken - 2 * residual)).mean(-1)
        """scale'^2 - scale^2, without the cancellation of scale' - scale"""
        return cls(removal.place, removal.row, of_feature, growth / (scale + ablated) / (scale * ablated))

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
