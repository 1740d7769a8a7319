"""How large the inputs are, from their headers alone: no weights are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featviz.bundle.format import sae_name
from featviz.capture.shards import Shard, cut, flops_a_token
from featviz.errors import InputError
from featviz.settings import Settings, is_hub_name
from featviz.sources.loading import check_place
from featviz.sources.readers.config import Config

L0, L0_SHARE = 64.0, 1 / 256
"""Firings a token, where neither the user nor the SAE's files say, and of the features at most."""
BYTES_A_TOKEN = 4
"""Of text, roughly."""


@dataclass(frozen=True)
class ModelShape:
    """Of a language model."""

    n_layers: int
    d_model: int
    d_mlp: int
    d_vocab: int
    context: int
    """Tokens that it reads at most."""

    @property
    def parameters(self) -> int:
        """Roughly: attention and MLP of every layer, embedding and unembedding."""
        layer = 4 * self.d_model**2 + 2 * self.d_model * self.d_mlp
        return self.n_layers * layer + 2 * self.d_vocab * self.d_model

    def flops(self, context: int) -> float:
        """Of a token's way through all layers."""
        d = self.d_model
        return self.n_layers * (8.0 * d**2 + 4.0 * d * self.d_mlp + 4.0 * context * d)


@dataclass(frozen=True)
class SaeShape:
    """Of an SAE."""

    d_in: int
    d_sae: int
    l0: float
    """Firings a token, said or assumed."""
    neuron_basis: bool
    elementwise: bool = True
    """Whether each feature fires by itself, not the k highest."""


@dataclass(frozen=True)
class Shapes:
    """Of everything that a build reads."""

    model: ModelShape
    saes: Mapping[str, SaeShape]
    sequences: int
    context: int

    @property
    def tokens(self) -> int:
        return self.sequences * self.context

    def shards(self, batch_size: int) -> list[Shard]:
        """Of pass 1."""
        weights = sum(sae.d_in * sae.d_sae for sae in self.saes.values())
        flops = flops_a_token(self.model.n_layers, self.model.d_model, weights)
        return cut(self.sequences, self.context, batch_size, flops)


def read_shapes(settings: Settings, l0: float | None) -> Shapes:
    """The sizes of what the settings name; ``l0`` is how many features fire at a token, if it is known."""
    for name in ("model", "tokens"):
        if not getattr(settings, name):
            raise InputError(f"Nothing to plan yet: --{name} is missing. Give the option, or the key in featviz.toml.")
    if not settings.saes():
        raise InputError("Nothing to plan yet: --sae is missing. Give the option, or the key in featviz.toml.")
    for name in settings.saes():
        sae_name(name)
    model = model_shape(settings.model)
    saes = {name: sae_shape(_here(place), settings.hook, l0) for name, place in settings.saes().items()}
    context = min(settings.context, model.context)
    return Shapes(model, saes, max(1, _tokens(Path(settings.tokens), settings.max_tokens) // context), context)


def _here(place: str) -> Path:
    """Where an SAE is; one of the hub is downloaded, as a build would, which finds it in the hub's cache then."""
    if Path(place).exists() or not is_hub_name(place):
        return Path(place)
    from featviz.sources.hub import download

    return download(place).place


def model_shape(name: str) -> ModelShape:
    """From a model's config."""
    from transformers import AutoConfig

    check_place(name)
    try:
        config = AutoConfig.from_pretrained(name).get_text_config()
    except (OSError, ValueError) as error:
        raise InputError(
            f'The config of the model "{name}" cannot be read: {" ".join(str(error).split())[:200]}'
        ) from error
    d_model = int(config.hidden_size)
    inner = getattr(config, "intermediate_size", None) or getattr(config, "n_inner", None) or 4 * d_model
    context = getattr(config, "max_position_embeddings", None) or 2**20
    return ModelShape(int(config.num_hidden_layers), d_model, int(inner), int(config.vocab_size), int(context))


def sae_shape(place: Path, hook: str, l0: float | None) -> SaeShape:
    """From the largest matrix in an SAE's file, and what its config says."""
    if not place.exists():
        raise InputError(f"SAE {place} does not exist here. Expected a folder, a file, or owner/repository/path.")
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    matrices = [(shape[0], shape[1]) for file in files for shape in _shapes_in(file) if len(shape) == 2]
    if not matrices:
        raise InputError(f"{place} holds no matrix in a .safetensors, .pt or .npz file, so it is no SAE.")
    rows, columns = max(matrices, key=lambda shape: shape[0] * shape[1])
    d_in, d_sae = min(rows, columns), max(rows, columns)
    said = _said(files)
    k = next((float(said[key]) for key in ("k", "top_k", "activation_k") if isinstance(said.get(key), int)), None)
    found = min(L0, d_sae * L0_SHARE) if k is None else k
    hook = hook or str(said.get("hook_name") or said.get("hook_point") or "")
    return SaeShape(d_in, d_sae, min(l0 or found, d_sae), hook.endswith("mlp.hook_post"), k is None)


def _shapes_in(file: Path) -> list[tuple[int, ...]]:
    """The shapes of the arrays in a file of weights, none where it is another file."""
    try:
        return list(_shapes(file))
    except Exception as error:  # every library has its own for a damaged file: a build's reader says what it is
        from featviz.sources.readers.weights import read_npz, read_safetensors, read_torch

        {".safetensors": read_safetensors, ".npz": read_npz, ".pt": read_torch}[file.suffix](file)
        raise InputError(f"The header of {file} cannot be read: {error}.") from error


def _shapes(file: Path) -> Iterator[tuple[int, ...]]:
    if file.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(file, "np") as arrays:
            yield from (tuple(arrays.get_slice(name).get_shape()) for name in list(arrays.keys()))
    elif file.suffix == ".npz":
        import numpy as np

        with np.load(file, mmap_mode="r", allow_pickle=False) as arrays:
            yield from (arrays[name].shape for name in arrays.files)
    elif file.suffix == ".pt":
        import torch

        content = torch.load(file, map_location="meta", weights_only=True)
        yield from (tuple(each.shape) for each in content.values() if hasattr(each, "shape"))


def _said(files: list[Path]) -> dict[str, Any]:
    """The keys of an SAE's config, those of inner objects beside the outer ones."""
    said: dict[str, Any] = {}
    for file in files:
        if file.name.endswith(("cfg.json", "config.json")):
            content = Config.read(file).values
            for each in (content, *(value for value in content.values() if isinstance(value, dict))):
                said = each | said
    return said


def _tokens(place: Path, most: int) -> int:
    """How many there are, at most; of a data set that is not here, the most."""
    if place.suffix == ".npy" and place.is_file():
        from featviz.sources.tokens import mapped_ids

        return min(most, int(mapped_ids(place).size))
    files = (
        [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else []
    )
    return min(most, sum(file.stat().st_size for file in files) // BYTES_A_TOKEN) if files else most
