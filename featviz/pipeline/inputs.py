"""From settings to a model, SAEs and tokens that fit each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from featviz.bundle.format import sae_name
from featviz.capture.sinks import without_sinks
from featviz.errors import InputError
from featviz.provenance import sha256_of_folder
from featviz.records import Vocabulary
from featviz.settings import Settings
from featviz.sources.documents import DocumentOptions, check_tokens_place
from featviz.sources.model import LanguageModel
from featviz.sources.readers import read_sae
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import TokenOptions, Tokens, check_range, check_tokenizer, read_tokens
from featviz.sources.vocabulary import read_vocabulary

TokenReader = Callable[[Any, TokenOptions], Tokens]
"""Makes tokens with the model's tokenizer."""


@dataclass(frozen=True)
class Inputs:
    """Everything a build reads."""

    model: LanguageModel
    saes: Mapping[str, SparseAutoencoder]
    """By name, ``A`` first."""
    tokens: Tokens
    vocabulary: Vocabulary
    model_files: dict[str, str] | None = None
    """SHA-256 of the model's files, where it came from a folder."""
    model_weights: str | None = None
    """SHA-256 of the weights of a model of which neither files nor a commit are known."""

    @cached_property
    def sae_weights(self) -> dict[str, str]:
        """SHA-256 of each SAE's weights, by its name."""
        return {name: sae.weights_sha256() for name, sae in self.saes.items()}


@dataclass(frozen=True)
class Given:
    """What is there already and stands in for a setting; ``None``, where the setting counts."""

    model: LanguageModel | None = None
    saes: Mapping[str, SparseAutoencoder] | None = None
    tokens: TokenReader | None = None


def load_inputs(settings: Settings, given: Given | None = None) -> Inputs:
    """Load what is not given but named by the settings, and check that all of it fits."""
    given = given or Given()
    needed = {"model": given.model, "sae": given.saes, "tokens": given.tokens}
    _require(settings, [name for name, value in needed.items() if value is None])
    for name in given.saes or settings.saes():
        sae_name(name)
    if given.tokens is None:
        check_tokens_place(settings.tokens)
    saes = given.saes or {name: _read_sae(place, settings) for name, place in settings.saes().items()}
    processing = settings.processing or _processing(saes)
    model = given.model or LanguageModel.load(settings.model, processing, settings.device)
    check_tokenizer(model.tokenizer, model.name, model.d_vocab)
    for sae in saes.values():
        _check_fit(model, sae)
    options = _token_options(settings, model)
    tokens = (
        given.tokens(model.tokenizer, options)
        if given.tokens
        else read_tokens(settings.tokens, model.tokenizer, options)
    )
    check_range(tokens, model.d_vocab)
    if tokens.context > model.n_ctx:
        raise InputError(
            f"{tokens.name} has {tokens.context} tokens a sequence, but {model.name} reads at most {model.n_ctx}."
        )
    if settings.sink_norm:
        hooks = sorted({sae.read_hook for sae in saes.values()})
        tokens = without_sinks(model, hooks, tokens, settings.sink_norm, settings.batch_size)
    local = given.model is None and Path(settings.model).is_dir()
    files = sha256_of_folder(Path(settings.model)) if local else None
    weights = model.weights_sha256() if not local and model.revision is None else None
    return Inputs(model, saes, tokens, read_vocabulary(model.tokenizer, model.d_vocab), files, weights)


def _require(settings: Settings, names: Sequence[str]) -> None:
    missing = [name for name in names if not getattr(settings, name)]
    if missing:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise InputError(
            f"Nothing to build yet: {options} {'is' if len(missing) == 1 else 'are'} missing. "
            "Give the option, or the key in featviz.toml."
        )


def _read_sae(path: str, settings: Settings) -> SparseAutoencoder:
    return read_sae(path, settings.hook, settings.write_hook)


def _processing(saes: Mapping[str, SparseAutoencoder]) -> str:
    """What the SAEs' own files say of the model's weights, ``none`` where they say nothing."""
    said = {sae.source: sae.processing for sae in saes.values() if sae.processing is not None}
    if len(set(said.values())) > 1:
        found = " and ".join(f"{source} with {processing}" for source, processing in said.items())
        raise InputError(
            f"The SAEs were trained on differently processed weights: {found}. "
            "Give --processing none or folded if one of them fits both, or build two sites."
        )
    return next(iter(said.values()), "none")


def _check_fit(model: LanguageModel, sae: SparseAutoencoder) -> None:
    """The read hook has the SAE's ``d_in``, the write hook its ``d_out`` and a way to the final residual."""
    widths = model.hook_widths()
    sae.check_fits("d_in", sae.read_hook, model.hook_width(sae.read_hook), widths)
    sae.check_fits("d_out", sae.write_hook, model.hook_width(sae.write_hook), widths)
    model.to_final_residual(sae.write_hook)


def _token_options(settings: Settings, model: LanguageModel) -> TokenOptions:
    return TokenOptions(
        context=min(settings.context, model.n_ctx),
        limit=settings.max_tokens,
        bos=settings.bos,
        count_special=settings.count_special,
        mask=tuple(_ids(settings.mask_ids)),
        pack=settings.pack,
        documents=DocumentOptions(settings.text_key, settings.split, settings.subset),
    )


def _ids(text: str) -> Iterator[int]:
    """The numbers that a text such as ``106,2000-2010`` names."""
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        yield from range(int(low), int(high or low) + 1)
