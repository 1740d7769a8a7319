"""SAELens folders: ``cfg.json`` beside ``sae_weights.safetensors``."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from featviz.errors import InputError
from featviz.provenance import sha256_of_file
from featviz.sources.sae import SparseAutoencoder, check_weights

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
ARCHITECTURES = {"standard": "relu", "relu": "relu", "jumprelu": "jumprelu", "topk": "topk"}
UNSUPPORTED = ("normalize_activations", "rescale_acts_by_decoder_norm", "finetuning_scaling_factor")
"""Settings that change the activations in ways that are not followed here: they must be off."""
_REQUIRED = ("W_enc", "b_enc", "W_dec", "b_dec")


def read_sae(folder: Path | str) -> SparseAutoencoder:
    """Read an SAE; the weights are cast to float32 and never unpickled."""
    folder = Path(folder)
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name} does not exist. Expected an SAELens folder with {CONFIG} and {WEIGHTS}.")
    config = _read_config(folder / CONFIG)
    weights = _read_weights(folder / WEIGHTS)
    check_weights(str(folder), weights)
    _check_sizes(weights["W_enc"], config, folder)
    hook, architecture = _hook(config, folder), _architecture(config, folder)
    return SparseAutoencoder(
        **{name: weights[name] for name in _REQUIRED},
        read_hook=hook,
        write_hook=_typed(config, "hook_name_out", str, folder) or hook,
        architecture=architecture,
        b_in=_input_bias(config, weights, folder),
        threshold=_threshold(weights, folder) if architecture == "jumprelu" else None,
        k=_k(config, folder) if architecture == "topk" else None,
        source=folder.resolve().name,
        files={name: sha256_of_file(folder / name) for name in (CONFIG, WEIGHTS)},
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} holds {type(config).__name__}, expected an object.")
    for key in UNSUPPORTED:
        if config.get(key) not in (None, False, "none"):
            raise InputError(
                f"{path}: {key} is {json.dumps(config[key])}, which is not supported. Fold it into the weights first."
            )
    return config


def _read_weights(path: Path) -> dict[str, Tensor]:
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a whole safetensors file ({error}). Was its download cut short?") from error
    missing = [name for name in _REQUIRED if name not in weights]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}; it holds {', '.join(sorted(weights))}.")
    return {name: tensor.float().contiguous() for name, tensor in weights.items()}


def _typed(config: dict[str, Any], key: str, kind: type, folder: Path) -> Any:
    """The value of a key, or ``None`` where it is missing or null."""
    value = config.get(key)
    if value is not None and type(value) is not kind:
        raise InputError(f"{folder / CONFIG}: {key} is {json.dumps(value)[:60]}, expected {_KINDS[kind]}.")
    return value


_KINDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object"}


def _hook(config: dict[str, Any], folder: Path) -> str:
    """The hook's name, where SAELens 6, or older versions, put it."""
    metadata = _typed(config, "metadata", dict, folder) or {}
    places = ((config, "hook_name"), (config, "hook_point"), (metadata, "hook_name"))
    hooks = [_typed(place, key, str, folder) for place, key in places]
    hook = next(filter(None, hooks), None)
    if hook is None:
        raise InputError(f'{folder / CONFIG} names no hook. Expected "hook_name", such as blocks.0.mlp.hook_post.')
    return str(hook)


def _architecture(config: dict[str, Any], folder: Path) -> str:
    """Our name of it; before SAELens 6 a top-k SAE was a standard one with another activation function."""
    architecture = _typed(config, "architecture", str, folder) or "standard"
    function = _function(config, folder)
    if architecture == "standard" and function == "topk":
        return "topk"
    if function not in (None, "relu", architecture):
        raise InputError(f'{folder / CONFIG}: activation_fn is "{function}". Expected "relu" or "topk".')
    return ARCHITECTURES.get(architecture, architecture)


def _function(config: dict[str, Any], folder: Path) -> str | None:
    names = [_typed(config, key, str, folder) for key in ("activation_fn", "activation_fn_str")]
    return next(filter(None, names), None)


def _input_bias(config: dict[str, Any], weights: dict[str, Tensor], folder: Path) -> Tensor | None:
    """SAELens takes ``b_dec`` from the input unless it is told not to, or it is the bias of another hook's width."""
    said = _typed(config, "apply_b_dec_to_input", bool, folder)
    fits = len(weights["b_dec"]) == len(weights["W_enc"])
    if said and not fits:
        raise InputError(
            f"{folder / CONFIG}: apply_b_dec_to_input is true, but b_dec has shape {list(weights['b_dec'].shape)} "
            f"and the input d_in={len(weights['W_enc'])}."
        )
    return weights["b_dec"] if fits and said is not False else None


def _threshold(weights: dict[str, Tensor], folder: Path) -> Tensor:
    if "threshold" not in weights:
        raise InputError(f'{folder / WEIGHTS}: a JumpReLU SAE needs "threshold", which is missing.')
    return weights["threshold"]


def _k(config: dict[str, Any], folder: Path) -> int:
    older = _typed(config, "activation_fn_kwargs", dict, folder) or {}
    k = _typed({**older, **config}, "k", int, folder)
    if k is None or k < 1:
        found = "which is missing" if k is None else f"found {k}"
        raise InputError(f'{folder / CONFIG}: a top-k SAE needs "k", a whole number from 1 on; {found}.')
    return int(k)


def _check_sizes(W_enc: Tensor, config: dict[str, Any], folder: Path) -> None:
    for key, size in zip(("d_in", "d_sae"), W_enc.shape, strict=True):
        said = _typed(config, key, int, folder)
        if said not in (None, size):
            raise InputError(
                f"{folder / CONFIG} says {key}={said}, but W_enc in {WEIGHTS} has shape {list(W_enc.shape)}, so "
                f"{key}={size}. Are the two files of the same SAE?"
            )
