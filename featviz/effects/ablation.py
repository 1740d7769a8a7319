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
from featviz.sources.readout import Readout


@dataclass(frozen=True)
class PositionReadout:
    """What the clean model predicts at some positions."""

    readout: Readout
    residual: Float[Tensor, "place d_model"]
    """Centred if the final norm centres."""
    raw: Float[Tensor, "place d_vocab"]
    """residual @ unembed, before scale, bias and cap."""
    scale: Float[Tensor, "place"]
    log_prob: Float[Tensor, "place d_vocab"]
    logits: Float[Tensor, "place d_vocab"]


def read_positions(
    residual: Float[Tensor, "tile d_model"], needed: Int[Tensor, "place"], readout: Readout
) -> PositionReadout:
    """Unembed a tile of positions once, for all features that fire at the needed ones."""
    raw = (residual @ readout.unembed).index_select(0, needed)
    residual = residual.index_select(0, needed)
    scale = readout.scale(residual)
    logits = readout.cap(raw / scale[:, None] + readout.bias)
    return PositionReadout(readout, readout.centre(residual), raw, scale, logits.log_softmax(-1), logits)


def ablate(
    at: PositionReadout,
    place: Int[Tensor, "pair"],
    rows: LogitRows,
    row: Int[Tensor, "pair"],
    activation: Float[Tensor, "pair"],
    target: Int[Tensor, "pair"],
    k: int,
) -> tuple[Float[Tensor, "pair"], Int[Tensor, "pair k2"], Float[Tensor, "pair k2"]]:
    """Per pair: the change of the target's loss, and the k largest and k smallest changes of log-probability.

    All are clean minus ablated.
    """
    change = _logit_change(at, place, rows, row, activation)
    shift = _log_sum_exp(at.log_prob.index_select(0, place).sub_(change))
    """log-normaliser, ablated minus clean"""
    loss = -(change.gather(1, target[:, None])[:, 0] + shift)
    largest = _largest(change, rows.highest.index_select(0, row), k)
    smallest = _largest(change.neg_(), rows.lowest.index_select(0, row), k)
    token = torch.cat([largest[1], smallest[1]], dim=1)
    value = torch.cat([largest[0], -smallest[0]], dim=1) + shift[:, None]
    return loss, token, value


def _logit_change(
    at: PositionReadout,
    place: Int[Tensor, "pair"],
    rows: LogitRows,
    row: Int[Tensor, "pair"],
    activation: Float[Tensor, "pair"],
) -> Float[Tensor, "pair d_vocab"]:
    """Clean minus ablated logits."""
    residual, taken = at.residual.index_select(0, place), activation[:, None] * rows.direction.index_select(0, row)
    scale, ablated = at.scale[place], at.readout.scale(residual - taken)
    if at.readout.soft_cap is not None:
        logits = (at.raw[place] - activation[:, None] * rows.logits[row]) / ablated[:, None] + at.readout.bias
        return at.logits[place] - at.readout.cap(logits)
    growth = (taken * (taken - 2 * residual)).mean(-1)
    """scale'^2 - scale^2, without the cancellation of scale' - scale"""
    alpha = growth / (scale + ablated) / (scale * ablated)
    return (
        rows.logits.index_select(0, row)
        .mul_((activation / ablated)[:, None])
        .addcmul_(at.raw.index_select(0, place), alpha[:, None])
    )


def _log_sum_exp(values: Float[Tensor, "pair d_vocab"]) -> Float[Tensor, "pair"]:
    """log of the sum of exponentials of each row; ``values`` is used up."""
    highest = values.amax(-1, keepdim=True)
    return _exp(values.sub_(highest)).sum(-1).log_().add_(highest[:, 0])


def _exp(values: Float[Tensor, "pair d_vocab"]) -> Float[Tensor, "pair d_vocab"]:
    """Exponentials in place: numpy's are twice as fast as torch's on a CPU, to 3 ulp."""
    if values.device.type == "cpu":
        np.exp(values.numpy(), out=values.numpy())
        return values
    return values.exp_()


def _at_least(
    values: Float[Tensor, "pair d_vocab"], bound: Float[Tensor, "pair 1"]
) -> tuple[Int[Tensor, "found"], Int[Tensor, "found"]]:
    """Rows and columns of the values that reach their row's bound; numpy finds few among many ten times as fast."""
    if values.device.type == "cpu":
        found = torch.from_numpy(np.flatnonzero(values.numpy() >= bound.numpy()))
        return found // values.shape[1], found % values.shape[1]
    pair, token = (values >= bound).nonzero(as_tuple=True)
    return pair, token


def _largest(
    values: Float[Tensor, "pair d_vocab"], candidates: Int[Tensor, "pair c"], k: int
) -> tuple[Float[Tensor, "pair k"], Int[Tensor, "pair k"]]:
    """The k largest of each row, ties by token: exact, whatever the candidates.

    The k-th largest candidate bounds the k-th largest value from below: one comparison leaves few tokens to sort.
    """
    if candidates.shape[1] <= k:
        return extreme(values, k)
    bound = values.gather(1, candidates).topk(k).values[:, -1:]
    pair, token = _at_least(values, bound)
    count = torch.bincount(pair, minlength=len(values))
    slot = torch.arange(len(pair), device=values.device) - (count.cumsum(0) - count)[pair]
    width = int(count.max())
    left = torch.full((len(values), width), -torch.inf, dtype=values.dtype, device=values.device)
    tokens = torch.zeros((len(values), width), dtype=torch.long, device=values.device)
    left[pair, slot], tokens[pair, slot] = values[pair, token], token
    best, index = extreme(left, k)
    return best, tokens.gather(1, index)
