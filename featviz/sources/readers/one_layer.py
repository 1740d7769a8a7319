"""NeelNanda/sparse_autoencoder: ``25.pt``, a state dict, beside ``25_cfg.json``."""

from pathlib import Path
from typing import Any

from featviz.errors import InputError
from featviz.sources.readers.config import Config
from featviz.sources.readers.weights import read_torch
from featviz.sources.sae import SparseAutoencoder, check_weights

NAME = "NeelNanda/sparse_autoencoder"
LOOKED_FOR = "N.pt and N_cfg.json"
ONLY_HOOK = "blocks.0.mlp.hook_post"
"""Of the first runs, whose configuration has ``d_mlp`` and names no hook."""


def find(place: Path) -> tuple[Path, ...] | None:
    """The only pair in a folder, or that of a ``.pt`` file."""
    if place.is_dir():
        pairs = [pair for pair in map(_pair, sorted(place.glob("*.pt"))) if pair]
        if len(pairs) > 1:
            names = ", ".join(pair[1].name for pair in pairs)
            raise InputError(f"{place} holds several SAEs: {names}. Name one of these files instead of the folder.")
        return pairs[0] if pairs else None
    return _pair(place) if place.suffix == ".pt" else None


def _pair(weights: Path) -> tuple[Path, Path] | None:
    config = weights.with_name(f"{weights.stem}_cfg.json")
    return (config, weights) if config.is_file() and weights.is_file() else None


def read(files: tuple[Path, ...]) -> SparseAutoencoder:
    """A ReLU SAE that takes its decoder's bias from the input."""
    config, weights = Config.read(files[0]), read_torch(files[1])
    tensors: dict[str, Any] = {name: weights[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    check_weights(str(files[1]), tensors)
    config.check_sizes(d_mlp=len(tensors["W_enc"]))
    hook = config.first("act_name") or (ONLY_HOOK if "d_mlp" in config.values else "")
    return SparseAutoencoder(**tensors, read_hook=hook, write_hook=hook, b_in=tensors["b_dec"], processing="folded")
