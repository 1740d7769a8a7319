"""SAELens folders: ``cfg.json`` beside ``sae_weights.safetensors``."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from featviz.errors import InputError
from featviz.provenance import sha256_of_file
from featviz.sources.sae import SparseAutoencoder

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
ARCHITECTURES = {"standard": "relu", "relu": "relu", "jumprelu": "jumprelu", "topk": "topk"}
_REQUIRED = ("W_enc", "b_enc", "W_dec", "b_dec")


def read_sae(folder: Path | str) -> SparseAutoencoder:
    """Read an SAE; the weights are cast to float32 and never unpickled."""
    folder = Path(folder)
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name} does not exist. Expected an SAELens folder with {CONFIG} and {WEIGHTS}.")
    config = _read_config(folder / CONFIG)
    weights = _read_weights(folder / WEIGHTS)
    hook = _hook(config, folder)
    architecture = str(config.get("architecture", "standard"))
    return SparseAutoencoder(
        **{name: weights[name] for name in _REQUIRED},
        read_hook=hook,
        write_hook=str(config.get("hook_name_out") or hook),
        architecture=ARCHITECTURES.get(architecture, architecture),
        b_in=weights["b_dec"] if config.get("apply_b_dec_to_input", False) else None,
        threshold=_needed(weights, "threshold", folder) if architecture == "jumprelu" else None,
        k=int(_needed(config, "k", folder)) if architecture == "topk" else None,
        source=folder.name,
        files={name: sha256_of_file(folder / name) for name in (CONFIG, WEIGHTS)},
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise InputError(f"{path} holds {type(config).__name__}, expected an object.")
    normalize = config.get("normalize_activations", "none") or "none"
    if normalize != "none":
        raise InputError(f'{path}: normalize_activations is "{normalize}". Only "none" is supported: fold it into the weights first.')
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


def _hook(config: dict[str, Any], folder: Path) -> str:
    metadata = config.get("metadata") or {}
    hook = config.get("hook_name") or config.get("hook_point") or metadata.get("hook_name")
    if not hook:
        raise InputError(f'{folder / CONFIG} names no hook. Expected "hook_name", such as blocks.0.mlp.hook_post.')
    return str(hook)


def _needed(values: dict[str, Any], key: str, folder: Path) -> Any:
    if key not in values:
        raise InputError(f'{folder}: this architecture needs "{key}", which is missing.')
    return values[key]
