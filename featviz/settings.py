"""Every option of a build, once: the command line, ``featviz.toml`` and the manifest share these names."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from string import ascii_uppercase
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from featviz.errors import InputError, nearest

EFFECTS = ("direct", "exact")
LARGEST = 2**53 - 1
"""Whole numbers in the manifest are exact up to here, whoever reads them."""


def option(default: Any, meaning: str, low: int = 0, high: int = LARGEST) -> Any:
    """A setting with what it means; a number also with its smallest and largest sensible value."""
    return field(default=default, metadata={"help": meaning, "low": low, "high": high})


@dataclass(frozen=True)
class Settings:
    """All settings; the metadata of each field explains it."""

    model: str = option("", "Language model: a Hugging Face name or a local folder written by save_pretrained.")
    processing: str = option(
        "",
        "Weights the SAE was trained on: none (as in Hugging Face) or folded (TransformerLens's defaults); "
        "empty: as the SAE's files say, else none.",
    )
    sae: str | tuple[str, ...] = option(
        "",
        "SAE as its trainer wrote it (SAELens, dictionary_learning, …): a folder, a file, or a Hugging Face name with "
        "the folder in it. Give several for one site: they are called A, B, …, or as NAME=PLACE says.",
    )
    sae_b: str = option("", "One more SAE.")
    hook: str = option(
        "", "Hook the SAEs read and write, such as blocks.0.mlp.hook_post; empty: as their own files say."
    )
    write_hook: str = option("", "Hook a transcoder writes to, such as blocks.0.hook_mlp_out; empty: as its files say.")
    tokens: str = option(
        "",
        "Tokens: a text file, a folder of text files, a .jsonl or .parquet, a Hugging Face dataset (its name or a "
        "folder), or .npy or .safetensors ids [seq pos].",
    )
    text_key: str = option("text", "Key or column of the text in a .jsonl, .parquet or dataset.")
    split: str = option("train", "Split of a dataset.")
    subset: str = option("", "Subset of a dataset that has several.")
    out: str = option("build", "Folder of the site.")
    work: str = option(
        "", "Folder of finished pieces, from which a stopped build goes on; empty: OUT.work, beside the site."
    )
    title: str = option("", "Title of the site; empty: the model's name.")
    features: str = option(
        "", "Features of the first SAE that get a dashboard, such as 0-31,99, and none of others; empty: every feature."
    )
    pages: str = option("", "Folder of Markdown pages of your own to add to the site.")
    labels: str = option(
        "", "Labels: a .json or .csv, or explanations by Neuronpedia or delphi; featviz labels adds some later."
    )
    effect: str = option(
        "direct",
        "What removing a feature does to the predictions: direct (through the final norm alone) or exact (the rest of "
        "the network runs again; costs a pass of the model a window).",
    )
    context: int = option(128, "Tokens a sequence, BOS included.", 2)
    max_tokens: int = option(65_536, "Tokens at most, in whole sequences.", 1)
    bos: bool = option(True, "Begin every sequence with BOS, if the tokenizer has one.")
    pack: bool = option(
        True, "Join documents and cut them into sequences; off: one document a sequence, cut off or padded."
    )
    count_special: bool = option(
        False, "Let special tokens (BOS, EOS, a chat template's) count in the statistics; padding never does."
    )
    mask_ids: str = option("", "Further token ids that do not count, such as 106,2000-2010.")
    sink_norm: int = option(
        0,
        "Let positions not count whose activation at an SAE's read hook is longer than this many times the median "
        "(attention sinks); 0: all may count. Costs one more pass of the model.",
        0,
        1_000_000,
    )
    window: int | str = option(5, 'Tokens shown on each side of a target, or "full" for the whole sequence.', 0)
    top: int = option(20, "Windows of the highest activations.", 0, 1000)
    bottom: int = option(20, "Windows of the lowest activations.", 0, 1000)
    intervals: int = option(10, "Equal intervals between 0 and the maximum activation.", 1, 1000)
    per_interval: int = option(5, "Windows sampled from each interval.", 0, 1000)
    histogram_bins: int = option(40, "Bins of both histograms.", 1, 1000)
    logit_tokens: int = option(10, "Tokens in each half of the logits table.", 1, 1000)
    effect_tokens: int = option(5, "Tokens with the largest and with the smallest change shown on hover.", 1, 100)
    neighbours: int = option(5, "Rows of the neuron and feature tables.", 1, 1000)
    chunk_size: int = option(16, "Features a file.", 1, 1024)
    batch_size: int = option(32, "Sequences the model runs at once.", 1)
    seed: int = option(0, "Seed of the sampled windows.", 0)
    device: str = option("cpu", "Device the model runs on: cpu or cuda.")

    @property
    def reach(self) -> int | None:
        """Tokens each side of a target; ``None`` for the whole sequence."""
        return None if self.window == "full" else int(self.window)

    def saes(self) -> dict[str, str]:
        """The places of the SAEs by their names."""
        given = [self.sae] if isinstance(self.sae, str) else self.sae
        found: dict[str, str] = {}
        for number, value in enumerate([*filter(None, given), *filter(None, [self.sae_b])]):
            name, place = split_name(value)
            name = name or (ascii_uppercase[number] if number < len(ascii_uppercase) else f"SAE{number + 1}")
            for other in found:
                if name.lower() == other.lower():
                    raise InputError(
                        f"Two SAEs are called {name}: {found[other]} and {place}. Name them differently, "
                        "in more than upper and lower case."
                    )
            found[name] = place
        return found

    def groups(self) -> "GroupSettings":
        """What choosing windows needs."""
        return GroupSettings(self.reach, self.top, self.bottom, self.intervals, self.per_interval, self.seed)

    def recorded(self) -> dict[str, Any]:
        """The settings as the manifest holds them."""
        return asdict(self)


@dataclass(frozen=True)
class GroupSettings:
    """How many windows of which size each group has."""

    reach: int | None = 5
    top: int = 20
    bottom: int = 20
    intervals: int = 10
    per_interval: int = 5
    seed: int = 0


def read_settings(path: Path | str) -> dict[str, Any]:
    """The keys of a ``featviz.toml``, checked; paths in it are relative to the file."""
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist. Expected a file with keys such as model, sae, tokens.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}.") from error
    make_settings(values, origin=str(path))
    return {key: _beside(path, key, value) if key in PATHS else value for key, value in values.items()}


PATHS = ("model", "sae", "sae_b", "tokens", "pages", "labels", "out", "work")
"""Settings that name a file or a folder."""
HUB = ("model", "sae", "sae_b", "tokens")
"""Those that may be a Hugging Face name instead."""
NAMED = ("sae", "sae_b")
"""Those that may be ``NAME=PLACE``."""
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(/[^/\0]+)*", re.ASCII)


def _beside(path: Path, key: str, value: Any) -> Any:
    """A path relative to the settings file; what is not there may be a Hugging Face name."""
    if isinstance(value, list):
        return [_beside(path, key, each) for each in value]
    name, place = split_name(value)
    beside = path.parent / place
    if not place or (not beside.exists() and (key == "model" or (key in HUB and is_hub_name(place)))):
        return value
    return f"{name}={beside}" if name else str(beside)


def split_name(value: str) -> tuple[str, str]:
    """``L8`` and ``layer8`` of ``L8=layer8``: the name that an SAE is given, and its place; an empty name, if none.

    Whatever stands before the first "=" is a name, if it could not be a folder's and no such place exists.
    """
    name, _, place = value.partition("=")
    is_named = name and place and Path(name).name == name and not _exists(value)
    return (name, place) if is_named else ("", value)


def _exists(place: str) -> bool:
    try:
        return Path(place).exists()
    except OSError:  # a name too long for a file is none
        return False


def is_hub_name(place: str) -> bool:
    """Whether a place can be one on the Hugging Face hub: ``owner/repository``, maybe with a path in it."""
    return _HUB_NAME.fullmatch(place) is not None and ".." not in place.split("/")


def make_settings(values: Mapping[str, Any], base: Settings | None = None, origin: str = "settings") -> Settings:
    """Settings from checked values; an unknown key names the nearest known one."""
    base = base or Settings()
    known = {item.name: item for item in fields(Settings)}
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    for key, value in values.items():
        if key not in known:
            raise InputError(f'{origin}: unknown key "{key}".{nearest(key, known)} Known keys: {", ".join(known)}.')
        problem = _problem(key, value, known[key].metadata)
        if problem:
            raise InputError(f"{origin}: {key} is {_shown(value)}, {problem}.")
    return replace(base, **values)


def _problem(key: str, value: Any, limits: Mapping[str, Any]) -> str | None:
    """What is wrong with a value, or ``None``."""
    expected = get_type_hints(Settings)[key]
    kinds = [
        get_origin(kind) or kind for kind in (get_args(expected) if isinstance(expected, UnionType) else [expected])
    ]
    if type(value) not in kinds or (type(value) is tuple and not all(type(each) is str for each in value)):
        return f"expected {' or '.join(_KINDS[kind] for kind in kinds)}"
    if isinstance(value, tuple):
        return next(filter(None, (_text_problem(key, each) for each in value)), None)
    if key == "window" and isinstance(value, str) and value != "full":
        return 'expected a number of tokens or "full"'
    if key == "effect" and value not in EFFECTS:
        return f"expected one of {', '.join(EFFECTS)}"
    if key in ("features", "mask_ids") and not _FEATURES.fullmatch(value):
        return "expected numbers and ranges with commas between, such as 0-31,99"
    if type(value) is int and value < limits["low"]:
        return f"expected at least {limits['low']}"
    if type(value) is int and value > limits["high"]:
        return f"expected at most {limits['high']}"
    return _text_problem(key, value) if isinstance(value, str) else None


_FEATURES = re.compile(r"(|\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*)", re.ASCII)
_KINDS = {str: "a text", int: "a whole number", bool: "true or false", tuple: "a list of texts"}


def _text_problem(key: str, value: str) -> str | None:
    """What keeps a text from being written into the manifest, or from naming a file."""
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "which holds characters that are no text"
    try:
        if key in PATHS:
            Path(split_name(value)[1] if key in NAMED else value).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"which cannot be a path here: {error.strerror}"
    return None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}…"
