"""SAELens folders of every version: ``cfg.json`` beside ``sae_weights.safetensors``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from featviz.errors import InputError
from featviz.sources.readers.config import Config
from featviz.sources.readers.weights import Weights, read_safetensors
from featviz.sources.sae import SparseAutoencoder, check_weights

NAME = "SAELens"
LOOKED_FOR = "cfg.json and sae_weights.safetensors"
SCALER = "activation_scaler.json"
"""Where a checkpoint of an unfinished training keeps what its inputs were multiplied by."""
ARCHITECTURES = {
    "standard": "relu",
    "relu": "relu",
    "jumprelu": "jumprelu",
    "topk": "topk",
    "gated": "gated",
    "batchtopk": "jumprelu",
    "matryoshka_batchtopk": "jumprelu",
    "transcoder": "relu",
    "skip_transcoder": "relu",
    "jumprelu_transcoder": "jumprelu",
    "jumprelu_skip_transcoder": "jumprelu",
}
_GATED = {"b_enc": "b_gate", "r_mag": "r_mag", "b_mag": "b_mag"}
"""Our names, and SAELens's, of what a gated SAE has in place of ``b_enc``."""


def find(place: Path) -> tuple[Path, ...] | None:
    """Both files of a folder."""
    files = (place / "cfg.json", place / "sae_weights.safetensors")
    return files if all(file.is_file() for file in files) else None


def read(files: tuple[Path, ...]) -> SparseAutoencoder:
    """What SAELens does at inference with the weights and the settings, as weights alone."""
    config, weights = Config.read(files[0]), read_safetensors(files[1])
    config = config.within("metadata").merged(config)
    said = _said(config)
    tensors: dict[str, Any] = _tensors(weights, ARCHITECTURES[said])
    check_weights(str(files[1]), tensors)
    d_in, d_sae = tensors["W_enc"].shape
    config.check_sizes(d_in=d_in, d_sae=d_sae)
    read_hook = config.first("hook_name", "hook_point")
    write_hook = config.first("hook_name_out")
    sae = SparseAutoencoder(
        **tensors,
        read_hook=read_hook,
        write_hook=write_hook or read_hook,
        architecture=ARCHITECTURES[said],
        b_in=_input_bias(config, tensors),
        k=config.within("activation_fn_kwargs").merged(config).k() if said == "topk" else None,
        transcoder=said.endswith("transcoder") or write_hook not in ("", read_hook),
        processing=_processing(config),
    )
    return _finetuned(_normalised(_by_decoder_norm(sae, config, weights), config), weights)


def _said(config: Config) -> str:
    """The architecture in SAELens's words; before version 6 a top-k SAE was a standard one with another function."""
    architecture = config.first("architecture") or "standard"
    function = config.first("activation_fn", "activation_fn_str")
    if architecture == "standard" and function == "topk":
        return "topk"
    if function not in ("", "relu", architecture):
        raise config.unknown("activation_fn", function, ("relu", "topk"))
    if architecture not in ARCHITECTURES:
        raise config.unknown("architecture", architecture, tuple(ARCHITECTURES))
    if config.values.get("hook_head_index") is not None:
        raise InputError(f"{config.path}: hook_head_index is set: an SAE of a single head is not supported.")
    return architecture


def _tensors(weights: Weights, architecture: str) -> dict[str, Tensor]:
    tensors = {name: weights[name] for name in ("W_enc", "W_dec", "b_dec")}
    if architecture == "gated":
        return tensors | {ours: weights[theirs] for ours, theirs in _GATED.items()}
    tensors["b_enc"] = weights["b_enc"]
    if architecture == "jumprelu":
        tensors["threshold"] = _threshold(weights)
    return tensors


def _threshold(weights: Weights) -> Tensor:
    """Of each feature; a batch top-k SAE that is still in training has one for all."""
    if "topk_threshold" in weights:
        return torch.full_like(weights["b_enc"], float(weights["topk_threshold"].max()))
    if "threshold" not in weights:
        raise InputError(f'{weights.path}: a JumpReLU SAE needs "threshold", which is missing.')
    return weights["threshold"]


def _input_bias(config: Config, tensors: dict[str, Tensor]) -> Tensor | None:
    """SAELens takes ``b_dec`` from the input unless it is told not to, or it is the bias of another hook's width."""
    said = config.get("apply_b_dec_to_input", bool)
    b_dec, d_in = tensors["b_dec"], len(tensors["W_enc"])
    if said and len(b_dec) != d_in:
        raise InputError(
            f"{config.path}: apply_b_dec_to_input is true, but b_dec has shape {list(b_dec.shape)} "
            f"and the input d_in={d_in}."
        )
    transcoder = config.first("architecture").endswith("transcoder")
    return b_dec if said or (said is None and len(b_dec) == d_in and not transcoder) else None


def _by_decoder_norm(sae: SparseAutoencoder, config: Config, weights: Weights) -> SparseAutoencoder:
    """Activations multiplied by the length of their decoder rows before the top k are taken.

    The one threshold of a batch top-k SAE in training is one of such activations already.
    """
    if not config.get("rescale_acts_by_decoder_norm", bool):
        return sae
    scaled = sae.rescaled(sae.W_dec.norm(dim=-1).clamp(min=1e-8))
    return replace(scaled, threshold=sae.threshold) if "topk_threshold" in weights else scaled


def _normalised(sae: SparseAutoencoder, config: Config) -> SparseAutoencoder:
    """Inputs multiplied by one number, which the weights take over; what depends on the token is refused."""
    how = config.values.get("normalize_activations")
    if how in (None, False, "none"):
        return sae
    if how not in (True, "expected_average_only_in"):
        raise InputError(
            f"{config.path}: normalize_activations is {json.dumps(how)}, which is not supported: "
            "what a feature writes would depend on the length of each token's activation."
        )
    path = config.path.with_name(SCALER)
    if not path.is_file():
        raise InputError(
            f"{config.path}: normalize_activations is {json.dumps(how)}, but there is no {SCALER} with the factor "
            "beside it. Fold the factor into the weights: sae.fold_activation_norm_scaling_factor(factor)."
        )
    factor = Config.read(path).get("scaling_factor", float)
    if not factor or factor < 0:
        raise InputError(f"{path}: scaling_factor is {factor}, expected a number above 0.")
    b_in = None if sae.b_in is None else sae.b_in / factor
    return replace(sae, W_enc=sae.W_enc * factor, W_dec=sae.W_dec / factor, b_dec=sae.b_dec / factor, b_in=b_in)


def _finetuned(sae: SparseAutoencoder, weights: Weights) -> SparseAutoencoder:
    """Before version 6 a fine-tuned SAE multiplied its activations once more on decoding."""
    for name in ("scaling_factor", "finetuning_scaling_factor"):
        if name in weights:
            factor = weights[name]
            if factor.shape != sae.b_enc.shape:
                raise InputError(f"{weights.path}: {name} has shape {list(factor.shape)}, expected [{sae.d_sae}].")
            return replace(sae, W_dec=sae.W_dec * factor[:, None])
    return sae


def _processing(config: Config) -> str | None:
    """The weights that SAELens loaded for the training: as they are, unless it passed on to fold or centre them."""
    if config.get("model_from_pretrained_kwargs", dict) is None:
        return None
    passed = config.within("model_from_pretrained_kwargs")
    return "folded" if any(passed.get(key, bool) for key in ("fold_ln", "center_writing_weights")) else "none"
