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
from featviz.effects.positions import Positions, Removal, Terms, Workspace
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
    at = Positions(readout, readout.centre(residual), scale, raw, work.log_prob, work.logits)
    (by or arithmetic(residual.device)).normalise(at)
    return at


def ablate(
    at: Positions, rows: LogitRows, removal: Removal, k: int, by: ModuleType | None = None
) -> tuple[Float[Tensor, "pair"], Int[Tensor, "pair k2"], Float[Tensor, "pair k2"]]:
    """Per pair: the change of the target's loss, and the k largest and k smallest changes of log-probability.

    All are clean minus ablated.
    """
    terms = Terms.of(at, rows, removal)
    shift, change, token = (by or arithmetic(at.raw.device)).changes(at, rows, terms, min(k, at.raw.shape[1]))
    return -(terms.at(at, rows, removal.target) + shift), token, change + shift[:, None]
