"""The logits with a feature taken out of the final residual, without a second unembedding.

With r the final residual, d the feature's direction and a its activation, (r - a d) @ U = r @ U - a (d @ U), and d @ U
is the feature's logit row. Only the norm's scale changes. So the change of the logits combines two known rows:
ablated - clean = -(alpha * (r @ U) + beta * (d @ U)) with alpha = 1/scale - 1/scale', beta = a/scale'.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects.logits import LogitRows, extreme
from featviz.effects.workspace import Workspace
from featviz.errors import InputError
from featviz.sources.readout import Readout

LEAST_SUM = 1e-20
"""Sums of exponentials from here on have lost no digits to underflow."""


@dataclass(frozen=True)
class PositionReadout:
    """What the clean model predicts at a tile of positions; it lies in the workspace until the next tile is read."""

    readout: Readout
    residual: Float[Tensor, "tile d_model"]
    """Centred if the final norm centres."""
    raw: Float[Tensor, "tile d_vocab"]
    """residual @ unembed, before scale, bias and cap."""
    scale: Float[Tensor, "tile"]
    log_prob: Float[Tensor, "tile d_vocab"]
    logits: Float[Tensor, "tile d_vocab"] | None
    """Only kept where they are capped."""
    work: Workspace


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


def read_positions(residual: Float[Tensor, "tile d_model"], readout: Readout, work: Workspace) -> PositionReadout:
    """Unembed a tile of positions once, for all features that fire there."""
    raw = readout.read_out(residual, work.raw)
    scale = readout.scale(residual)
    logits = torch.div(raw, scale[:, None], out=work.log_prob).add_(readout.bias)
    kept = None
    if readout.soft_cap is not None:
        kept = readout.cap(logits)
        logits.copy_(kept)
    for first in range(0, len(logits), len(work.scratch)):
        part = logits[first : first + len(work.scratch)]
        part.sub_(_log_sum_exp(part, work.scratch[: len(part)])[:, None])
    return PositionReadout(readout, readout.centre(residual), raw, scale, logits, kept, work)


def ablate(
    at: PositionReadout, rows: LogitRows, removal: Removal, k: int
) -> tuple[Float[Tensor, "pair"], Int[Tensor, "pair k2"], Float[Tensor, "pair k2"]]:
    """Per pair: the change of the target's loss, and the k largest and k smallest changes of log-probability.

    All are clean minus ablated. At most as many pairs at once as the workspace holds.
    """
    change = _logit_change(at, rows, removal)
    loss = change.gather(1, removal.target[:, None])[:, 0]
    found = [
        _largest(change, candidates.index_select(0, removal.row), k, largest, at.work)
        for largest, candidates in ((True, rows.highest), (False, rows.lowest))
    ]
    ablated = torch.index_select(at.log_prob, 0, removal.place, out=at.work.scratch[: len(change)]).sub_(change)
    shift = _log_sum_exp(ablated, change)
    """log-normaliser, ablated minus clean"""
    values, tokens = zip(*found, strict=True)
    return -(loss + shift), torch.cat(tokens, dim=1), torch.cat(values, dim=1) + shift[:, None]


def _logit_change(at: PositionReadout, rows: LogitRows, removal: Removal) -> Float[Tensor, "pair d_vocab"]:
    """Clean minus ablated logits."""
    place, row, activation = removal.place, removal.row, removal.activation
    residual, taken = at.residual.index_select(0, place), activation[:, None] * rows.direction.index_select(0, row)
    scale, ablated = at.scale[place], at.readout.scale(residual - taken)
    change, raw = (room[: len(place)] for room in (at.work.change, at.work.scratch))
    torch.index_select(rows.logits, 0, row, out=change)
    torch.index_select(at.raw, 0, place, out=raw)
    if at.logits is not None:
        logits = raw.addcmul_(change, -activation[:, None]).div_(ablated[:, None]).add_(at.readout.bias)
        return torch.sub(at.logits.index_select(0, place), at.readout.cap(logits), out=change)
    growth = (taken * (taken - 2 * residual)).mean(-1)
    """scale'^2 - scale^2, without the cancellation of scale' - scale"""
    alpha = growth / (scale + ablated) / (scale * ablated)
    return change.mul_((activation / ablated)[:, None]).addcmul_(raw, alpha[:, None])


def _log_sum_exp(values: Float[Tensor, "row d_vocab"], room: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row"]:
    """log of the sum of exponentials of each row; ``room`` is written to.

    Most rows are log-probabilities, more or less: only those whose exponentials leave float32's range are shifted.
    """
    total = _exp(values, room).sum(-1)
    wild = ~((total >= LEAST_SUM) & torch.isfinite(total))
    if not bool(wild.any()):
        return total.log_()
    return torch.where(wild, values.logsumexp(-1), total.log_())


def _exp(values: Float[Tensor, "row d_vocab"], room: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row d_vocab"]:
    """Exponentials, written to ``room``: numpy's are twice as fast as torch's on a CPU, to 3 ulp."""
    if values.device.type != "cpu":
        return torch.exp(values, out=room)
    with np.errstate(over="ignore"):
        np.exp(values.numpy(), out=room.numpy())
    return room


def _largest(
    values: Float[Tensor, "pair d_vocab"],
    candidates: Int[Tensor, "pair c"],
    k: int,
    largest: bool,
    work: Workspace,
) -> tuple[Float[Tensor, "pair k"], Int[Tensor, "pair k"]]:
    """The k largest (or smallest) of each row, ties by token: exact, whatever the candidates.

    The k-th largest candidate bounds the k-th largest value from below: one comparison leaves few tokens to sort.
    """
    sign = 1 if largest else -1
    if candidates.shape[1] <= k:
        best, index = extreme(sign * values, k)
        return sign * best, index
    bound = values.gather(1, candidates).topk(k, largest=largest).values[:, -1:]
    found = work.reach(values, bound, largest)
    if len(found) < k * len(values):
        raise InputError("The model's logits are not all numbers: a NaN or an infinity in its weights or activations?")
    value = values.flatten()[torch.from_numpy(found).to(values.device)].cpu().numpy()
    pair, token = np.divmod(found, values.shape[1])
    order = np.lexsort((-sign * value, pair))
    first = np.searchsorted(pair, np.arange(len(values)))
    kept = order[first[:, None] + np.arange(k)]
    best, tokens = (torch.from_numpy(column[kept]).to(values.device) for column in (value, token))
    return best, tokens
