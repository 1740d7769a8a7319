"""EleutherAI's sparsify: ``cfg.json`` beside ``sae.safetensors``, in a folder named after the module."""

import re
from pathlib import Path
from typing import Any

from featviz.errors import InputError
from featviz.sources.hub import absolute
from featviz.sources.readers.config import Config
from featviz.sources.readers.weights import read_safetensors
from featviz.sources.sae import SparseAutoencoder, check_weights

NAME = "sparsify"
LOOKED_FOR = "cfg.json and sae.safetensors"
ACTIVATIONS = ("topk", "groupmax")
_MODULE = re.compile(r"(?:^|\.)(?:layers|h|blocks)[._](\d+)(?:\.(mlp|attention|attn|self_attn))?$")
_SHORT = {"mlp": "mlp", "attention": "attn", "attn": "attn", "self_attn": "attn"}


def find(place: Path) -> tuple[Path, ...] | None:
    """Both files of a folder."""
    files = (place / "cfg.json", place / "sae.safetensors")
    return files if all(file.is_file() for file in files) else None


def read(files: tuple[Path, ...]) -> SparseAutoencoder:
    """The bias is taken from the input, except by a transcoder; what skips past the features is not theirs."""
    config, weights = Config.read(files[0]), read_safetensors(files[1])
    tensors: dict[str, Any] = {
        "W_enc": weights.matrix("encoder.weight"),
        "b_enc": weights["encoder.bias"],
        "W_dec": weights["W_dec"],
        "b_dec": weights["b_dec"],
    }
    check_weights(str(files[1]), tensors)
    config.check_sizes(d_in=len(tensors["W_enc"]))
    transcoder = bool(config.get("transcode", bool))
    read_hook, write_hook = _hooks(absolute(files[0]).parent.name, transcoder)
    k, architecture = config.k(), _architecture(config)
    if architecture == "groupmax" and len(tensors["b_enc"]) % k:
        raise InputError(f"{files[0]}: k is {k}, which does not divide {len(tensors['b_enc'])} features into groups.")
    return SparseAutoencoder(
        **tensors,
        read_hook=read_hook,
        write_hook=write_hook,
        architecture=architecture,
        b_in=None if transcoder else tensors["b_dec"],
        k=k,
        transcoder=transcoder,
        processing="none",
    )


def _architecture(config: Config) -> str:
    if config.get("signed", bool):
        raise InputError(f"{config.path}: signed is true: features with negative activations are not supported.")
    activation = config.first("activation") or "topk"
    if activation not in ACTIVATIONS:
        raise config.unknown("activation", activation, ACTIVATIONS)
    return activation


def _hooks(module: str, transcoder: bool) -> tuple[str, str]:
    """The hooks of a module of the Hugging Face model: its output, and for a transcoder its input too."""
    matched = _MODULE.search(module)
    if not matched:
        return "", ""
    block, part = f"blocks.{matched[1]}", _SHORT.get(matched[2])
    before, after = (f"{block}.{part}.hook_in", f"{block}.{part}.hook_out") if part else _residual(block)
    return (before if transcoder else after), after


def _residual(block: str) -> tuple[str, str]:
    return f"{block}.hook_resid_pre", f"{block}.hook_resid_post"
