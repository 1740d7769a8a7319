"""A sparse autoencoder, normalised: whatever trained it, it reads here as one type."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.errors import InputError, nearest
from featviz.sources.direct_path import has_known_path


@dataclass
class SparseAutoencoder:
    """Encoder and decoder in float32, and the hooks it reads from and writes to.

    activations = nonlinearity((x - b_in) @ W_enc + b_enc); reconstruction = activations @ W_dec + b_dec.
    A reader passes what it has read through `check_weights` first.
    """

    W_enc: Float[Tensor, "d_in d_sae"]
    b_enc: Float[Tensor, "d_sae"]
    W_dec: Float[Tensor, "d_sae d_out"]
    b_dec: Float[Tensor, "d_out"]
    read_hook: str
    write_hook: str
    architecture: str = "relu"
    """``relu``, ``jumprelu`` (needs ``threshold``), ``topk`` and ``groupmax`` (need ``k``) or ``gated`` (``r_mag``)."""
    b_in: Float[Tensor, "d_in"] | None = None
    """Taken from the input before encoding; ``b_dec`` in most trainers' convention."""
    threshold: Float[Tensor, "d_sae"] | None = None
    k: int | None = None
    """Features that fire at once; for ``groupmax`` one in each of ``k`` groups of neighbours."""
    r_mag: Float[Tensor, "d_sae"] | None = None
    """Log of the ratio of a gated SAE's magnitude encoder to its gate's, which is ``W_enc`` with ``b_enc``."""
    b_mag: Float[Tensor, "d_sae"] | None = None
    transcoder: bool = False
    """It writes to another place than it reads from."""
    processing: str | None = None
    """Weights of the model that it was trained on, ``none`` or ``folded``, where its files say."""
    source: str = ""
    revision: str | None = None
    """The hub's commit that it came from; ``None`` for local files."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the files it was read from, by name."""

    def __post_init__(self) -> None:
        if self.architecture not in _NONLINEARITIES:
            raise InputError(
                f'{self.source}: SAE architecture "{self.architecture}" is not known. '
                f"Expected one of {', '.join(_NONLINEARITIES)}.{nearest(self.architecture, _NONLINEARITIES)}"
            )

    @property
    def d_in(self) -> int:
        return int(self.W_enc.shape[0])

    @property
    def d_sae(self) -> int:
        return int(self.W_enc.shape[1])

    def weights_sha256(self) -> str:
        """Of the float32 tensors, little-endian: W_enc, b_enc, W_dec, b_dec, threshold, r_mag, b_mag."""
        digest = hashlib.sha256()
        for tensor in (self.W_enc, self.b_enc, self.W_dec, self.b_dec, self.threshold, self.r_mag, self.b_mag):
            if tensor is not None:
                digest.update(np.ascontiguousarray(tensor.cpu().numpy(), "<f4").data)
        return digest.hexdigest()

    @torch.no_grad()
    def encode(self, x: Float[Tensor, "token d_in"]) -> Float[Tensor, "token d_sae"]:
        """Activations of all features, after the SAE's own nonlinearity with its own biases."""
        if self.b_in is not None:
            x = x - self.b_in
        return self.activate(torch.addmm(self.b_enc, x, self.W_enc))

    @property
    def elementwise(self) -> bool:
        """Whether each activation depends on its own pre-activation alone."""
        return self.architecture in _ELEMENTWISE

    def activate(
        self, pre: Float[Tensor, "*batch"], feature: Int[Tensor, "*batch"] | None = None
    ) -> Float[Tensor, "*batch"]:
        """The nonlinearity, which may write to ``pre``; of single entries if their ``feature`` is given."""
        return _NONLINEARITIES[self.architecture](self, pre, slice(None) if feature is None else feature)

    def thresholds(self) -> Float[Tensor, "d_sae"]:
        """The pre-activations above which a feature fires, if that depends on nothing else."""
        return torch.zeros_like(self.b_enc) if self.threshold is None else self.threshold.clamp(min=0)

    def rescaled(self, factor: Float[Tensor, "d_sae"]) -> "SparseAutoencoder":
        """The same function with activations ``factor`` times as large and decoder rows as much shorter."""
        scaled = {name: getattr(self, name) for name in ("b_enc", "b_mag", "threshold")}
        return replace(
            self,
            W_enc=self.W_enc * factor,
            W_dec=self.W_dec / factor[:, None],
            **{name: bias * factor for name, bias in scaled.items() if bias is not None},
        )

    @property
    def d_out(self) -> int:
        return int(self.W_dec.shape[1])

    def check_fits(self, side: str, hook: str, width: int, widths: Mapping[str, int]) -> None:
        """Raise unless ``hook`` is as wide as the SAE's ``side`` (``d_in``, ``d_out``); names hooks that would fit."""
        wanted = getattr(self, side)
        if width == wanted:
            return
        fits = sorted(
            (name for name, size in widths.items() if size == wanted and has_known_path(name)),
            key=lambda name: _block(name) != _block(hook),
        )
        advice = (
            f"Did you mean {', '.join(fits[:4])}?"
            if fits
            else "No hook of this model has that width: is it the right model?"
        )
        raise InputError(
            f"SAE {self.source} has {side}={wanted} (W_enc {list(self.W_enc.shape)}, "
            f"W_dec {list(self.W_dec.shape)}), but {hook} has width {width}. {advice}"
        )


def _block(hook: str) -> list[str]:
    """``blocks`` and ``3`` of ``blocks.3.mlp.hook_post``."""
    return hook.split(".")[:2]


def check_weights(source: str, weights: Mapping[str, Any]) -> None:
    """Raise unless the tensors, whatever they are, have shapes that go together."""
    W_enc, W_dec = weights["W_enc"], weights["W_dec"]
    if W_enc.ndim != 2 or not W_enc.numel():
        raise InputError(f"{source}: W_enc has shape {list(W_enc.shape)}, expected [d_in, d_sae].")
    d_in, d_sae = W_enc.shape
    d_out = W_dec.shape[-1] if W_dec.ndim else d_in
    expected = {"W_dec": [d_sae, d_out], "b_dec": [d_out]}
    expected |= {name: [d_sae] for name in ("b_enc", "threshold", "r_mag", "b_mag")}
    for name, tensor in weights.items():
        shape = list(tensor.shape)
        if shape != expected.get(name, shape):
            raise InputError(
                f"{source}: {name} has shape {shape}, expected {expected[name]} to go with W_enc {list(W_enc.shape)}."
            )


_Which = slice | Tensor
"""The features of the entries: all, or one for each entry."""


def _relu(sae: SparseAutoencoder, pre: Tensor, of: _Which) -> Tensor:
    return pre.relu_()


def _jumprelu(sae: SparseAutoencoder, pre: Tensor, of: _Which) -> Tensor:
    return torch.where(pre > sae.thresholds()[of], pre, torch.zeros((), dtype=pre.dtype, device=pre.device))


def _topk(sae: SparseAutoencoder, pre: Tensor, of: _Which) -> Tensor:
    assert sae.k is not None
    values, index = pre.topk(min(sae.k, pre.shape[-1]), dim=-1)
    return torch.zeros_like(pre).scatter_(-1, index, values.relu())


def _gated(sae: SparseAutoencoder, pre: Tensor, of: _Which) -> Tensor:
    assert sae.r_mag is not None
    assert sae.b_mag is not None
    magnitude = (pre - sae.b_enc[of]).mul_(sae.r_mag[of].exp()).add_(sae.b_mag[of]).relu_()
    return magnitude.masked_fill_(pre <= 0, 0)


def _groupmax(sae: SparseAutoencoder, pre: Tensor, of: _Which) -> Tensor:
    assert sae.k is not None
    groups = pre.relu().unflatten(-1, (sae.k, -1))
    values, index = groups.max(dim=-1, keepdim=True)
    return torch.zeros_like(groups).scatter_(-1, index, values).flatten(-2)


_NONLINEARITIES: dict[str, Callable[[SparseAutoencoder, Tensor, _Which], Tensor]] = {
    "relu": _relu,
    "jumprelu": _jumprelu,
    "topk": _topk,
    "groupmax": _groupmax,
    "gated": _gated,
}
_ELEMENTWISE = {"relu", "jumprelu", "gated"}
