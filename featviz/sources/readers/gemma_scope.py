"""Gemma Scope: ``params.npz``, whose hook stands in the path of its folder."""

import re
from pathlib import Path
from typing import Any

from featviz.sources.hub import absolute
from featviz.sources.readers.weights import Weights, read_npz
from featviz.sources.sae import SparseAutoencoder, check_weights

NAME = "Gemma Scope"
LOOKED_FOR = "params.npz"
_SITE = re.compile(r"gemma-scope-\w+-(?:pt|it)-(res|mlp|att|transcoders)\b")
_LAYER = re.compile(r"layer_(\d+)")
_HOOKS = {
    "res": ("hook_resid_post", "hook_resid_post"),
    "mlp": ("hook_mlp_out", "hook_mlp_out"),
    "att": ("attn.hook_z", "attn.hook_z"),
    "transcoders": ("mlp.hook_in", "hook_mlp_out"),
}


def find(place: Path) -> tuple[Path, ...] | None:
    """The file, or that of the folder."""
    file = place / "params.npz" if place.is_dir() else place
    return (file,) if file.is_file() and file.suffix == ".npz" else None


def read(files: tuple[Path, ...]) -> SparseAutoencoder:
    """A JumpReLU SAE that takes no bias from its input."""
    stored = read_npz(files[0])
    weights = Weights(files[0], {re.sub("^w_", "W_", name): tensor for name, tensor in stored.items()})
    tensors: dict[str, Any] = {name: weights[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec", "threshold")}
    check_weights(str(files[0]), tensors)
    site, read_hook, write_hook = _hooks(absolute(files[0]))
    return SparseAutoencoder(
        **tensors,
        read_hook=read_hook,
        write_hook=write_hook,
        architecture="jumprelu",
        transcoder=site == "transcoders",
        processing="none",
    )


def _hooks(path: Path) -> tuple[str, str, str]:
    """The site and its hooks, from a path such as ``gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71``."""
    site, layer = _SITE.search(path.as_posix()), _LAYER.search(path.as_posix())
    if not site or not layer:
        return "", "", ""
    before, after = (f"blocks.{layer[1]}.{hook}" for hook in _HOOKS[site[1]])
    return site[1], before, after
