"""The logits with a feature taken out of the final residual, without a second unembedding.

With r the final residual, d the feature's direction and a its activation, (r - a d) @ U = r @ U - a (d @ U), and d @ U is the
feature's logit row. Only the norm's scale changes. So the change of the logits is a combination of two known rows,
ablated - clean = -(alpha * (r @ U) + beta * (d @ U)) with alpha = 1/scale - 1/scale', beta = a/scale'.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects.logits import Extremes, LogitRows, extreme
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
    extremes: Extremes


def read_positions(residual: Float[Tensor, "place d_model"], readout: Readout) -> PositionReadout:
    """Unembed positions once, for all features that fire there."""
    raw = residual @ readout.unembed
    scale = readout.scale(residual)
    logits = readout.cap(raw / scale[:, None] + readout.bias)
    return PositionReadout(readout, readout.centre(residual), raw, scale, logits.log_softmax(-1), logits, Extremes.of(raw))


def ablate(
    at: PositionReadout,
    place: Int[Tensor, "pair"],
    rows: LogitRows,
    row: Int[Tensor, "pair"],
    activation: Float[Tensor, "pair"],
    target: Int[Tensor, "pair"],
    k: int,
) -> tuple[Float[Tensor, "pair"], Int[Tensor, "pair k2"], Float[Tensor, "pair k2"]]:
    """Per pair: the change of the target's loss, and the k largest and k smallest changes of log-probability, clean minus ablated."""
    change, weights = _logit_change(at, place, rows, row, activation)
    log_prob = at.log_prob[place]
    shift = (log_prob - change).logsumexp(-1)
    """log-normaliser, ablated minus clean"""
    loss = -(change.gather(1, target[:, None])[:, 0] + shift)
    if weights is None:
        largest, smallest = extreme(change, k), extreme(-change, k)
    else:
        largest, smallest = _bounded_extremes(change, weights, at.extremes, place, rows.extremes, row, k)
    token = torch.cat([largest[1], smallest[1]], dim=1)
    value = torch.cat([largest[0], -smallest[0]], dim=1) + shift[:, None]
    return loss, token, value


_Weights = tuple[Float[Tensor, "pair"], Float[Tensor, "pair"]]


def _logit_change(at: PositionReadout, place: Tensor, rows: LogitRows, row: Tensor, activation: Tensor) -> tuple[Tensor, _Weights | None]:
    """Clean minus ablated logits [pair d_vocab], and (alpha, beta) where they are linear in the two known rows."""
    residual, taken = at.residual[place], activation[:, None] * rows.direction[row]
    scale, ablated = at.scale[place], at.readout.scale(residual - taken)
    beta = activation / ablated
    if at.readout.soft_cap is None:
        growth = (taken * (taken - 2 * residual)).mean(-1)
        """scale'^2 - scale^2, without the cancellation of scale' - scale"""
        alpha = growth / (scale + ablated) / (scale * ablated)
        change = rows.logits[row].mul_(beta[:, None]).addcmul_(at.raw[place], alpha[:, None])
        return change, (alpha, beta)
    logits = (at.raw[place] - activation[:, None] * rows.logits[row]) / ablated[:, None] + at.readout.bias
    return at.logits[place] - at.readout.cap(logits), None


def _bounded_extremes(
    change: Float[Tensor, "pair d_vocab"], weights: _Weights, positions: Extremes, place: Tensor, features: Extremes, row: Tensor, k: int
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The k largest changes and the k largest of their negatives, exact.

    A token outside both rows' candidates changes by at most alpha * (position's bound) + beta * (feature's bound); only
    where the k-th candidate does not exceed that (Fagin's threshold) is the whole row searched.
    """
    alpha, beta = weights
    rising = (alpha > 0)[:, None]
    high, low = positions.high[place], positions.low[place]
    ends = (
        (change, torch.where(rising, positions.highest[place], positions.lowest[place]), features.highest[row], alpha * torch.where(rising[:, 0], high, low) + beta * features.high[row]),
        (-change, torch.where(rising, positions.lowest[place], positions.highest[place]), features.lowest[row], -alpha * torch.where(rising[:, 0], low, high) - beta * features.low[row]),
    )
    largest, smallest = (_best_of(values, torch.cat(candidates, dim=1), bound, k) for values, *candidates, bound in ends)
    return largest, smallest


def _best_of(values: Tensor, candidates: Tensor, bound: Tensor, k: int) -> tuple[Tensor, Tensor]:
    k = min(k, values.shape[-1])
    candidates = candidates.sort(-1).values
    found = values.gather(1, candidates)
    found[:, 1:].masked_fill_(candidates[:, 1:] == candidates[:, :-1], -torch.inf)
    best, index = extreme(found, k)
    token = candidates.gather(1, index)
    unsure = (~(best[:, -1] > bound + 1e-6 * bound.abs())).nonzero().flatten()
    if len(unsure):
        best[unsure], token[unsure] = extreme(values[unsure], k)
    return best, token
