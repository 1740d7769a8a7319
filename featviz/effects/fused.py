"""On a CPU: one pass over the vocabulary for each pair, compiled for the processor at hand.

`plain` writes and reads each row of d_vocab numbers about ten times; here a block of them stays in
the first cache while its changes, its exponentials and its extremes are taken.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects import plain
from featviz.effects.logits import LogitRows
from featviz.effects.positions import Positions, Taken, Terms, log_of_sums
from featviz.effects.table import NOT_FINITE
from featviz.errors import InputError
from featviz.kernels import factors as kernel
from featviz.kernels.ablation import ablate, read_logits
from featviz.sources.readout import Readout

Arrays = tuple[Any, ...]
"""Arrays that go together into a compiled function."""


def _clean(at: Positions) -> Arrays:
    """raw, bias, cap (0 for none), log_prob and logits of a tile."""
    cap = np.float32(at.readout.soft_cap or 0)
    return at.raw.numpy(), at.readout.bias.numpy(), cap, at.log_prob.numpy(), at.logits.numpy()


def factors(
    residual: Float[Tensor, "place d_model"],
    direction: Float[Tensor, "feature d_model"],
    taken: Taken,
    readout: Readout,
) -> tuple[Float[Tensor, "pair"], Float[Tensor, "pair"]]:
    """``of_feature`` and ``of_clean``; directions are centred where the final norm centres."""
    found = torch.empty_like(taken[2]), torch.empty_like(taken[2])
    norm = (readout.centred, readout.eps, readout.soft_cap is not None)
    known, columns, room = (tuple(each.numpy() for each in some) for some in ((residual, direction), taken, found))
    kernel.factors(known, columns, norm, room)
    return found


def normalise(at: Positions) -> None:
    """Write the log-probabilities and the sums."""
    total = torch.from_numpy(read_logits(_clean(at), at.scale.numpy()))
    at.log_prob.sub_(at.log_sum.copy_(log_of_sums(total, lambda wild: at.log_prob[wild]))[:, None])


def changes(
    at: Positions, rows: LogitRows, terms: Terms, k: int
) -> tuple[Float[Tensor, "pair"], Float[Tensor, "pair k2"], Int[Tensor, "pair k2"]]:
    """The log-normaliser's change, ablated minus clean; the k largest and the k smallest changes of logits."""
    pairs, columns = len(terms.place), (terms.place, terms.row, terms.of_feature, terms.of_clean)
    total, value, token = np.zeros(pairs), np.zeros((pairs, 2 * k), np.float32), np.zeros((pairs, 2 * k), np.int64)
    known = (rows.logits.numpy(), rows.highest.numpy(), rows.lowest.numpy())
    if not ablate(_clean(at), known, tuple(column.numpy() for column in columns), (total, value, token)):
        raise InputError(NOT_FINITE)

    def ablated(wild: Tensor) -> Tensor:
        some = terms.part(wild)
        return at.log_prob[some.place] - plain.change(at, rows, some)

    shift = log_of_sums(torch.from_numpy(total), ablated)
    return shift, torch.from_numpy(value), torch.from_numpy(token)
