"""The logits with a feature taken out of the final residual, without a second unembedding.

With r the final residual, d the feature's direction and a its activation, (r - a d) @ U = r @ U - a (d @ U), and d @ U
is the feature's logit row. Only the norm's scale changes. So the change of the logits combines two known rows:
ablated - clean = -(alpha * (r @ U) + beta * (d @ U)) with alpha = 1/scale - 1/scale', beta = a/scale'.
"""

import importlib.util
from types import ModuleType

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.effects import plain
from featviz.effects.logits import LogitRows
from featviz.effects.partial import Partial
from featviz.effects.positions import Positions, Terms, Workspace
from featviz.errors import InputError
from featviz.sources.readout import Readout


def arithmetic(device: torch.device) -> ModuleType:
    """Where whole rows are computed: `fused` on a CPU, `triton` on a GPU, `plain` elsewhere; the same, to rounding."""
    if device.type == "cpu":
        from featviz.effects import fused

        return fused
    if device.type == "cuda" and importlib.util.find_spec("triton"):
        from featviz.effects import triton

        return triton
    return plain


def read_positions(
    residual: Float[Tensor, "tile d_model"], readout: Readout, work: Workspace, by: ModuleType | None = None
) -> Positions:
    """Unembed a tile of positions once, for all features that fire there."""
    if not bool(torch.isfinite(residual).all()):
        raise InputError("The model's final residual holds NaN or infinite values. Are its weights whole?")
    raw, scale = readout.read_out(residual, work.raw), readout.scale(residual)
    at = Positions(readout, scale, raw, work.log_prob, work.logits, torch.empty_like(scale))
    (by or arithmetic(residual.device)).normalise(at)
    return at


def ablate(
    at: Positions, rows: LogitRows, terms: Terms, target: Int[Tensor, "pair"], k: int, by: ModuleType | None = None
) -> Partial:
    """What the positions' slice of the vocabulary says of each pair; tokens are counted from its first.

    So is ``target``, the token that comes next: it may lie outside of the slice.
    """
    shift, change, token = (by or arithmetic(at.raw.device)).changes(at, rows, terms, min(k, at.raw.shape[1]))
    clean = at.log_sum[terms.place].double()
    inside = ((target >= 0) & (target < at.raw.shape[1])).nonzero()[:, 0]
    of_target = torch.zeros_like(terms.of_clean)
    of_target[inside] = terms.part(inside).at(at, rows, target[inside])
    columns = (clean, clean + shift.double(), of_target, token.int(), change)
    return Partial(*(column.cpu().numpy() for column in columns))
