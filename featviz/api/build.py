"""Builds from what is in memory: a booted model, SAEs, an array of tokens; or from what the command line takes."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from featviz.api.site import Site, open_site
from featviz.errors import InputError
from featviz.pipeline.build import build
from featviz.pipeline.inputs import Given, TokenReader, load_inputs
from featviz.settings import Settings, make_settings
from featviz.sources.model import LanguageModel
from featviz.sources.readers import read_sae
from featviz.sources.sae import SparseAutoencoder, check_weights
from featviz.sources.tokens import TokenOptions, Tokens, from_ids

TENSORS = ("W_enc", "b_enc", "W_dec", "b_dec")
"""What a mapping that is an SAE must hold; ``read_hook`` too, unless ``hook`` says it."""


def build_from(model: Any, saes: Any, tokens: Any, out: str | Path = "build", **settings: Any) -> Site:
    """Build a site in ``out`` and open it.

    ``model``: a Hugging Face name, a folder, or a booted ``TransformerBridge``, used as it is (its weights are taken
    for folded if its compatibility mode is on).
    ``saes``: one SAE, a list, or a mapping from names. Each is a place that ``featviz build --sae`` takes, a
    `featviz.SparseAutoencoder`, or a mapping with ``W_enc [d_in d_sae]``, ``b_enc``, ``W_dec [d_sae d_out]``, ``b_dec``
    and any other of its fields.
    ``tokens``: a place that ``--tokens`` takes, or integers [seq pos] as an array or tensor.
    Other settings have their names in ``featviz.toml``.
    """
    values = {
        "out": str(out),
        **{key: str(value) if isinstance(value, Path) else value for key, value in settings.items()},
    }
    for key in ("model", "sae", "sae_b", "tokens"):
        if key in settings:
            raise InputError(f'build() takes "{key}" as one of model, saes, tokens, not as a setting.')
    live = not isinstance(model, str | Path)
    ids = not isinstance(tokens, str | Path)
    chosen = make_settings(
        {**values, **({} if live else {"model": str(model)}), **({} if ids else {"tokens": str(tokens)})},
        origin="build()",
    )
    given = Given(
        model=_model(model, chosen) if live else None,
        saes=_saes(saes, chosen),
        tokens=_token_reader(tokens) if ids else None,
    )
    build(chosen, partial(load_inputs, given=given))
    return open_site(chosen.out)


def _model(bridge: Any, settings: Settings) -> LanguageModel:
    if not (hasattr(bridge, "run_with_hooks") and hasattr(bridge, "original_model")):
        raise InputError(
            f"model is a {type(bridge).__name__}, expected a name, a folder, or a TransformerBridge: "
            "TransformerBridge.boot_transformers(name)."
        )
    if getattr(bridge, "tokenizer", None) is None:
        raise InputError("The model has no tokenizer, which tells what its tokens look like. Boot it with one.")
    dtype = next(bridge.parameters()).dtype
    if dtype is not torch.float32:
        raise InputError(f"The model is in {dtype}, expected torch.float32. Boot it with dtype=torch.float32.")
    folded = bool(getattr(bridge, "compatibility_mode", False))
    name = str(getattr(bridge.cfg, "model_name", "") or type(bridge.original_model).__name__)
    bridge.eval()
    return LanguageModel(Path(name).name if Path(name).exists() else name, bridge, "folded" if folded else "none")


def _saes(saes: Any, settings: Settings) -> dict[str, SparseAutoencoder]:
    """The SAEs by name; those without one are called A, B, …"""
    if isinstance(saes, Mapping) and not set(TENSORS) <= saes.keys():
        named = dict(saes)
    else:
        alone = isinstance(saes, str | Path | Mapping | SparseAutoencoder) or not isinstance(saes, Sequence)
        names = Settings(sae=tuple("x" for _ in ([saes] if alone else saes))).saes()
        named = dict(zip(names, [saes] if alone else saes, strict=True))
    if not named:
        raise InputError("saes is empty, expected at least one SAE.")
    return {str(name): _sae(sae, f"saes[{name!r}]", settings) for name, sae in named.items()}


def _sae(sae: Any, where: str, settings: Settings) -> SparseAutoencoder:
    if isinstance(sae, str | Path):
        return read_sae(str(sae), settings.hook, settings.write_hook)
    if isinstance(sae, SparseAutoencoder):
        return sae
    if isinstance(sae, Mapping):
        return _from_tensors(sae, where, settings)
    raise InputError(
        f"{where} is a {type(sae).__name__}, expected a place, a featviz.SparseAutoencoder, or a mapping with "
        f"{', '.join(TENSORS)}."
    )


def _from_tensors(values: Mapping[str, Any], where: str, settings: Settings) -> SparseAutoencoder:
    """An SAE from arrays or tensors, in float32."""
    missing = [name for name in TENSORS if name not in values]
    if missing:
        raise InputError(f"{where} has no {', '.join(missing)}. It has {', '.join(map(str, values))}.")
    fields: dict[str, Any] = {
        name: torch.as_tensor(value).detach().float().cpu() if hasattr(value, "shape") else value
        for name, value in values.items()
    }
    read = str(fields.pop("read_hook", settings.hook))
    write = str(fields.pop("write_hook", settings.write_hook or read))
    if not read:
        raise InputError(f'{where} names no hook that it reads. Add "read_hook", such as "blocks.0.mlp.hook_post".')
    check_weights(where, {name: value for name, value in fields.items() if isinstance(value, torch.Tensor)})
    try:
        return SparseAutoencoder(**fields, read_hook=read, write_hook=write, transcoder=read != write)
    except TypeError as error:
        raise InputError(f"{where}: {error}.") from error


def _token_reader(ids: Any) -> TokenReader:
    """Reads token ids that are there already."""
    array = np.asarray(ids.detach().cpu() if hasattr(ids, "detach") else ids)

    def read(tokenizer: Any, options: TokenOptions) -> Tokens:
        return from_ids("tokens", array, tokenizer, options)

    return read
