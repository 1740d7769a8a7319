"""Ablation in torch, on any device."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects.logits import LogitRows, extreme
from featviz.effects.positions import Positions, Taken, Terms
from featviz.sources.readout import Readout


def factors(
    residual: Float[Tensor, "place d_model"],
    direction: Float[Tensor, "feature d_model"],
    taken: Taken,
    readout: Readout,
) -> tuple[Float[Tensor, "pair"], Float[Tensor, "pair"]]:
    """``of_feature`` and ``of_clean``; directions are centred where the final norm centres."""
    place, row, activation = taken
    residual, away = residual[place], activation[:, None] * direction[row]
    clean, scale = readout.centre(residual), readout.scale(residual)
    ablated = readout.scale(clean - away)
    if readout.soft_cap is not None:
        return activation / ablated, 1 / ablated
    growth = (away * (away - 2 * clean)).mean(-1)
    """scale'^2 - scale^2, without the cancellation of scale' - scale"""
    return activation / ablated, growth / (scale + ablated) / (scale * ablated)


def normalise(at: Positions) -> None:
    """Write the log-probabilities and the sums."""
    torch.div(at.raw, at.scale[:, None], out=at.log_prob).add_(at.readout.bias)
    if at.readout.soft_cap is not None:
        at.log_prob.copy_(at.logits.copy_(at.readout.cap(at.log_prob)))
    at.log_prob.sub_(at.log_sum.copy_(at.log_prob.logsumexp(-1))[:, None])


def changes(
    at: Positions, rows: LogitRows, terms: Terms, k: int
) -> tuple[Float[Tensor, "pair"], Float[Tensor, "pair k2"], Int[Tensor, "pair k2"]]:
    """The log-normaliser's change, ablated minus clean; the k largest and the k smallest changes of logits."""
    changed = change(at, rows, terms)
    shift = (at.log_prob[terms.place] - changed).logsumexp(-1)
    (most, most_at), (least, least_at) = extreme(changed, k), extreme(changed, k, largest=False)
    return shift, torch.cat([most, least], dim=1), torch.cat([most_at, least_at], dim=1)


def change(at: Positions, rows: LogitRows, terms: Terms) -> Float[Tensor, "pair d_vocab"]:
    """Of every logit, clean minus ablated."""
    clean, raw = at.logits[terms.place], at.raw[terms.place]
    return terms.change(at.readout, rows.logits[terms.row], raw, clean, at.readout.bias)
