"""From the final residual to logits: norm, unembedding, soft cap, folded into one matrix."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from llvmlite.binding import get_host_cpu_name
from torch import Tensor

from featviz.errors import InputError


@cache
def numpy_is_faster() -> bool:
    """Whether numpy's BLAS multiplies few rows faster than torch's: it takes half the time on AMD's processors.

    On Intel's it takes a sixth more.
    """
    return get_host_cpu_name().startswith("znver")


@dataclass(frozen=True)
class Readout:
    """logits(r) = cap(r @ unembed / scale(r) + bias), exact for a model with a LayerNorm or RMSNorm at its end."""

    unembed: Float[Tensor, "d_model d_vocab"]
    """Unembedding with the norm's gain, and its centring where it centres, folded in."""
    bias: Float[Tensor, "d_vocab"]
    """The norm's bias through the unembedding, plus the unembedding's own."""
    centred: bool
    """LayerNorm takes the mean out of the residual; RMSNorm does not."""
    eps: float
    soft_cap: float | None = None

    def part(self, tokens: slice) -> "Readout":
        """Of some tokens of the vocabulary alone; a view."""
        return replace(self, unembed=self.unembed[:, tokens], bias=self.bias[tokens])

    def centre(self, residual: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        return residual - residual.mean(-1, keepdim=True) if self.centred else residual

    def scale(self, residual: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch"]:
        """What the norm divides by: sqrt(mean square + eps), of the centred residual for LayerNorm."""
        return (self.centre(residual).pow(2).mean(-1) + self.eps).sqrt()

    def cap(self, logits: Float[Tensor, "*batch d_vocab"]) -> Float[Tensor, "*batch d_vocab"]:
        return logits if self.soft_cap is None else self.soft_cap * torch.tanh(logits / self.soft_cap)

    def read_out(
        self, residual: Float[Tensor, "row d_model"], room: Float[Tensor, "row d_vocab"] | None = None
    ) -> Float[Tensor, "row d_vocab"]:
        """residual @ unembed, written to ``room`` if there is one."""
        room = self.unembed.new_empty((len(residual), self.unembed.shape[1])) if room is None else room
        if room.device.type != "cpu" or not numpy_is_faster():
            return torch.mm(residual, self.unembed, out=room)
        with np.errstate(all="ignore"):  # what overflows is an infinity, as in torch
            np.matmul(residual.detach().numpy(), self.unembed.numpy(), out=room.numpy())
        return room

    def logits(self, residual: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_vocab"]:
        return self.cap(residual @ self.unembed / self.scale(residual)[..., None] + self.bias)


@dataclass(frozen=True)
class FinalNorm:
    """A model's own final norm module and what its configuration says of it."""

    module: Callable[[Tensor], Tensor]
    d_model: int
    eps: float
    device: torch.device


def measure_readout(norm: FinalNorm, unembed: Callable[[Tensor], Tensor], soft_cap: float | None = None) -> Readout:
    """Read gain, bias and unembedding off the modules by running them, whatever their conventions (1 + w, tied …)."""
    centred, gain, shift = _measure_norm(norm)
    basis = torch.eye(norm.d_model, device=norm.device)[None]
    with torch.no_grad():
        at_zero = unembed(torch.zeros_like(basis[:, :1]))[0, 0].double()
        matrix = unembed(basis)[0].double() - at_zero
    folded = gain[:, None] * matrix
    if centred:
        folded = folded - folded.mean(0, keepdim=True)
    return Readout(folded.float(), (shift @ matrix + at_zero).float(), centred, norm.eps, soft_cap)


@torch.no_grad()
def _measure_norm(norm: FinalNorm) -> tuple[bool, Tensor, Tensor]:
    """Whether the norm centres, its gain and its bias, in float64; checked on residuals of three sizes."""
    generator = torch.Generator().manual_seed(0)
    probe = torch.randn((1, 3, norm.d_model), generator=generator).to(norm.device) + 0.5
    probe = probe * torch.tensor([0.01, 1.0, 100.0], device=norm.device)[None, :, None]
    shift = norm.module(torch.zeros_like(probe))[0, 0].double()
    result = norm.module(probe)[0].double() - shift
    for centred in (True, False):
        plain = _normalised(probe[0].double(), centred, norm.eps)
        gain = result[1] / plain[1]
        if torch.allclose(plain * gain, result, rtol=1e-3, atol=1e-4):
            return centred, gain, shift
    raise InputError("The model's final norm is neither a LayerNorm nor an RMSNorm with the eps of its configuration.")


def _normalised(residual: Tensor, centred: bool, eps: float) -> Tensor:
    if centred:
        residual = residual - residual.mean(-1, keepdim=True)
    return residual / (residual.pow(2).mean(-1, keepdim=True) + eps).sqrt()
