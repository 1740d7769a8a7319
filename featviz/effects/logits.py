"""A feature's logits: its direction in the final residual, read out over the vocabulary."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.errors import InputError
from featviz.sources.readout import Readout

CANDIDATES = 128
"""Tokens kept at each end of a feature's logits: where the largest changes of its ablations are looked for first."""


@dataclass(frozen=True)
class LogitRows:
    """Consecutive features' directions and their raw logits (not centred over the vocabulary)."""

    direction: Float[Tensor, "feature d_model"]
    """What one unit of activation adds to the final residual, centred if the final norm centres."""
    logits: Float[Tensor, "feature d_vocab"]
    highest: Int[Tensor, "feature c"]
    """Tokens with the highest logits, in no particular order."""
    lowest: Int[Tensor, "feature c"]


def logit_rows(
    W_dec: Float[Tensor, "feature d_out"], to_residual: Float[Tensor, "d_out d_model"] | None, readout: Readout
) -> LogitRows:
    """Directions d and d @ unembed for a block of decoder rows."""
    direction = readout.centre(W_dec if to_residual is None else W_dec @ to_residual)
    logits = readout.read_out(direction)
    kept = min(CANDIDATES, logits.shape[-1])
    highest, lowest = logits.topk(kept, sorted=False), logits.topk(kept, largest=False, sorted=False)
    if not bool(torch.isfinite(highest.values).all() and torch.isfinite(lowest.values).all()):
        raise InputError("The logits of a feature overflow float32. Are the SAE's decoder weights whole?")
    return LogitRows(direction, logits, highest.indices, lowest.indices)


def centred(logits: Float[Tensor, "feature d_vocab"]) -> Float[Tensor, "feature d_vocab"]:
    """Logits less their mean over the vocabulary: what centring the unembedding gives."""
    return logits - logits.mean(-1, keepdim=True, dtype=torch.float64).to(logits.dtype)


def extreme(values: Float[Tensor, "row entry"], k: int) -> tuple[Float[Tensor, "row k"], Int[Tensor, "row k"]]:
    """The k largest of each row, largest first, ties by index."""
    k = min(k, values.shape[-1])
    top, index = values.topk(k, dim=-1)
    tied = (top[:, 1:] == top[:, :-1]).any(-1) | ((values >= top[:, -1:]).sum(-1) > k)
    if bool(tied.any()):
        rows = tied.nonzero().flatten()
        order = values[rows].sort(dim=-1, descending=True, stable=True)
        top[rows], index[rows] = order.values[:, :k], order.indices[:, :k]
    return top, index
