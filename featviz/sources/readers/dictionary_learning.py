"""dictionary_learning: ``config.json`` beside ``ae.pt``, a state dict."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from featviz.sources.readers.config import Config
from featviz.sources.readers.weights import Weights, read_torch
from featviz.sources.sae import SparseAutoencoder, check_weights

NAME = "dictionary_learning"
LOOKED_FOR = "config.json and ae.pt"
SHORTEST = 1e-30
"""Decoder rows are at least as long, so that one of zeros divides nothing by zero."""
_PLACE = re.compile(r"^(resid_pre|resid_mid|resid_post|mlp_out|attn_out)_layer_(\d+)$")


def find(place: Path) -> tuple[Path, ...] | None:
    """Both files of a folder."""
    files = (place / "config.json", place / "ae.pt")
    return files if all(file.is_file() for file in files) else None


def read(files: tuple[Path, ...]) -> SparseAutoencoder:
    """The activations are those of the trainer's ``load_dictionary``.

    It scales an ``AutoEncoder`` to decoder rows of length 1, and uses the threshold of a batch top-k SAE.
    """
    config, weights = Config.read(files[0]).within("trainer"), read_torch(files[1])
    name = config.first("dict_class")
    if name not in CLASSES:
        raise config.unknown("dict_class", name, tuple(CLASSES))
    parts = CLASSES[name](weights, config)
    check_weights(str(files[1]), {key: value for key, value in parts.items() if isinstance(value, Tensor)})
    config.check_sizes(activation_dim=len(parts["W_enc"]), dict_size=len(parts["b_enc"]))
    hook = _hook(config)
    sae = SparseAutoencoder(**parts, read_hook=hook, write_hook=hook, processing="none")
    return sae.rescaled(sae.W_dec.norm(dim=-1).clamp(min=SHORTEST)) if name == "AutoEncoder" else sae


def _linear(weights: Weights) -> dict[str, Any]:
    return {"W_enc": weights.matrix("encoder.weight"), "W_dec": weights.matrix("decoder.weight")}


def _standard(weights: Weights, config: Config) -> dict[str, Any]:
    bias = weights["bias"]
    return _linear(weights) | {"b_enc": weights["encoder.bias"], "b_dec": bias, "b_in": bias}


def _april(weights: Weights, config: Config) -> dict[str, Any]:
    """Without a bias on the input; decoder rows of any length."""
    return _linear(weights) | {"b_enc": weights["encoder.bias"], "b_dec": weights["decoder.bias"]}


def _gated(weights: Weights, config: Config) -> dict[str, Any]:
    bias = weights["decoder_bias"]
    gate = {"b_enc": weights["gate_bias"], "r_mag": weights["r_mag"], "b_mag": weights["mag_bias"]}
    return _linear(weights) | gate | {"architecture": "gated", "b_dec": bias, "b_in": bias}


def _named(weights: Weights) -> dict[str, Any]:
    return {name: weights[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}


def _jumprelu(weights: Weights, config: Config) -> dict[str, Any]:
    return _named(weights) | {"architecture": "jumprelu", "threshold": weights["threshold"]}


def _top_k(weights: Weights, config: Config) -> dict[str, Any]:
    bias = {"b_enc": weights["encoder.bias"], "b_dec": weights["b_dec"], "b_in": weights["b_dec"]}
    return _linear(weights) | bias | {"architecture": "topk", "k": config.k()}


def _batch_top_k(weights: Weights, config: Config) -> dict[str, Any]:
    bias = {"b_enc": weights["encoder.bias"], "b_dec": weights["b_dec"]}
    return _by_threshold(_linear(weights) | bias, weights)


def _matryoshka(weights: Weights, config: Config) -> dict[str, Any]:
    return _by_threshold(_named(weights), weights)


def _by_threshold(parts: dict[str, Any], weights: Weights) -> dict[str, Any]:
    """One threshold for all features; below zero where the training never set it, and then every one passes."""
    threshold = torch.full_like(parts["b_enc"], float(weights["threshold"].max()))
    return parts | {"architecture": "jumprelu", "threshold": threshold, "b_in": parts["b_dec"]}


CLASSES: dict[str, Callable[[Weights, Config], dict[str, Any]]] = {
    "AutoEncoder": _standard,
    "AutoEncoderNew": _april,
    "GatedAutoEncoder": _gated,
    "JumpReluAutoEncoder": _jumprelu,
    "AutoEncoderTopK": _top_k,
    "BatchTopKSAE": _batch_top_k,
    "MatryoshkaBatchTopKSAE": _matryoshka,
}


def _hook(config: Config) -> str:
    """The hook that ``resid_post_layer_3`` stands for; other names are a module's own, and say too little."""
    matched = _PLACE.match(config.first("submodule_name"))
    return f"blocks.{matched[2]}.hook_{matched[1]}" if matched else ""
