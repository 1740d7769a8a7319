"""On a GPU: each pair's changes and the sum of its exponentials in one pass."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects import plain
from featviz.effects.logits import LogitRows, extreme
from featviz.effects.positions import Positions, Terms, log_of_sums
from featviz.kernels.ablation_triton import BLOCK, ablate

factors, normalise = plain.factors, plain.normalise


def changes(
    at: Positions, rows: LogitRows, terms: Terms, k: int
) -> tuple[Float[Tensor, "pair"], Float[Tensor, "pair k2"], Int[Tensor, "pair k2"]]:
    """The log-normaliser's change, ablated minus clean; the k largest and the k smallest changes of logits."""
    change = at.raw.new_empty((len(terms.place), at.raw.shape[1]))
    total, cap = at.raw.new_empty(len(change)), at.readout.soft_cap
    known = (rows.logits, at.raw, at.log_prob, at.logits, at.readout.bias)
    pairs = [column.contiguous() for column in (terms.place, terms.row, terms.of_feature, terms.of_clean)]
    ablate[(len(change),)](*known, *pairs, change, total, change.shape[1], cap or 0.0, cap is not None, BLOCK)
    shift = log_of_sums(total, lambda wild: at.log_prob[terms.place[wild]] - change[wild])
    (most, most_at), (least, least_at) = extreme(change, k), extreme(change, k, largest=False)
    return shift, torch.cat([most, least], dim=1), torch.cat([most_at, least_at], dim=1)
