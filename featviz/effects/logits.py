"""A feature's logits: its direction in the final residual, read out over the vocabulary."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.errors import InputError
from featviz.sources.readout import Readout
from featviz.threads import in_order

CANDIDATES = 12
"""Tokens kept at each end of a feature's logits: where the largest changes of its ablations are looked for first."""
ROW_TILE = 256
"""Features read out at once."""
MOST_SCANNED = 100
"""Up to so many a scan that keeps the best so far is faster than a sort."""


@dataclass(frozen=True)
class LogitRows:
    """Some features' raw logits (not centred over the vocabulary)."""

    logits: Float[Tensor, "feature d_vocab"]
    highest: Int[Tensor, "feature c"]
    """Tokens with the highest logits, highest first, ties by token."""
    lowest: Int[Tensor, "feature c"]
    """Lowest first."""


def directions(
    W_dec: Float[Tensor, "feature d_out"], to_residual: Float[Tensor, "d_out d_model"] | None, readout: Readout
) -> Float[Tensor, "feature d_model"]:
    """What one unit of each feature's activation adds to the final residual, centred if the final norm centres."""
    return readout.centre(W_dec if to_residual is None else W_dec @ to_residual)


def logit_rows(
    direction: Float[Tensor, "feature d_model"],
    readout: Readout,
    kept: int = CANDIDATES,
    room: Float[Tensor, "feature d_vocab"] | None = None,
) -> LogitRows:
    """d @ unembed of some directions, with at least ``kept`` tokens at each end; written to ``room`` if given."""
    logits = readout.unembed.new_empty((len(direction), readout.unembed.shape[1])) if room is None else room
    kept = max(kept, CANDIDATES)

    def read(first: int) -> tuple[Tensor, Tensor]:
        part = slice(first, first + ROW_TILE)
        readout.read_out(direction[part], logits[part])
        (high, highest), (low, lowest) = extreme(logits[part], kept), extreme(logits[part], kept, largest=False)
        if not bool(torch.isfinite(high).all() and torch.isfinite(low).all()):
            raise InputError("The logits of a feature overflow float32. Are the SAE's decoder weights whole?")
        return highest, lowest

    ends = list(in_order(read, range(0, len(logits), ROW_TILE)))
    return LogitRows(logits, *(torch.cat(column) for column in zip(*ends, strict=True)))


def centred(
    logits: Float[Tensor, "feature d_vocab"], out: Float[Tensor, "feature d_vocab"] | None = None
) -> Float[Tensor, "feature d_vocab"]:
    """Logits less their mean over the vocabulary: what centring the unembedding gives."""
    if logits.device.type == "cpu" and logits.dtype == torch.float32:
        from featviz.kernels.rows import less_mean

        out = torch.empty_like(logits) if out is None else out
        less_mean(logits.detach().numpy(), out.numpy())
        return out
    return torch.sub(logits, logits.mean(-1, keepdim=True, dtype=torch.float64).to(logits.dtype), out=out)


def extreme(
    values: Float[Tensor, "row entry"], k: int, largest: bool = True
) -> tuple[Float[Tensor, "row k"], Int[Tensor, "row k"]]:
    """The k largest (or smallest) of each row, the most extreme first, ties by index; fewer where a row has fewer."""
    k, sign = min(k, values.shape[-1]), 1 if largest else -1
    if values.device.type == "cpu" and k <= MOST_SCANNED:
        from featviz.kernels.ranking import largest as scan

        best, index, whole = scan(values.detach().numpy(), np.float32(sign), k)
        if whole:
            return torch.from_numpy(best).mul_(sign), torch.from_numpy(index)
    best, index = (sign * values).topk(k, dim=-1)
    tied = (best[:, 1:] == best[:, :-1]).any(-1) | ((sign * values >= best[:, -1:]).sum(-1) > k)
    if bool(tied.any()):  # topk ranks ties as it likes
        rows = tied.nonzero().flatten()
        order = (sign * values[rows]).sort(dim=-1, descending=True, stable=True)
        best[rows], index[rows] = order.values[:, :k], order.indices[:, :k]
    return sign * best, index
