"""Every option of a build, once: the command line, ``featviz.toml`` and the manifest share these names."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from featviz.errors import InputError, nearest


def option(default: Any, help: str, low: int | None = None) -> Any:
    """A setting with what it means, and its smallest sensible value."""
    return field(default=default, metadata={"help": help, "low": low})


@dataclass(frozen=True)
class Settings:
    """All settings; the metadata of each field explains it."""

    model: str = option("", "Language model: a Hugging Face name or a local folder written by save_pretrained.")
    processing: str = option("none", "Weights the SAE was trained on: none (as in Hugging Face) or folded (TransformerLens's defaults).")
    sae: str = option("", "SAE A: a folder with cfg.json and sae_weights.safetensors.")
    sae_b: str = option("", "SAE B, to correlate with: a folder like A's.")
    hook: str = option("", "Hook the SAEs read and write, such as blocks.0.mlp.hook_post; empty: as their cfg.json says.")
    tokens: str = option("", "Tokens: a text file, a folder of text files, a .jsonl with a text key, or .npy ids [seq pos].")
    out: str = option("build", "Folder of the site.")
    title: str = option("", "Title of the site; empty: the model's name.")
    pages: str = option("", "Folder of Markdown pages of your own to add to the site.")
    labels: str = option("", "JSON file of labels: {SAE name: {feature number: text}}.")
    context: int = option(128, "Tokens a sequence, BOS included.", 2)
    max_tokens: int = option(65_536, "Tokens at most, in whole sequences.", 1)
    bos: bool = option(True, "Begin every sequence with BOS, if the tokenizer has one.")
    count_special: bool = option(False, "Let special tokens (BOS, EOS, padding) count in the statistics.")
    window: int | str = option(5, 'Tokens shown on each side of a target, or "full" for the whole sequence.', 0)
    top: int = option(20, "Windows of the highest activations.", 0)
    bottom: int = option(20, "Windows of the lowest activations.", 0)
    intervals: int = option(10, "Equal intervals between 0 and the maximum activation.", 1)
    per_interval: int = option(5, "Windows sampled from each interval.", 0)
    histogram_bins: int = option(40, "Bins of both histograms.", 1)
    logit_tokens: int = option(10, "Tokens in each half of the logits table.", 1)
    effect_tokens: int = option(5, "Tokens with the largest and with the smallest change shown on hover.", 1)
    neighbours: int = option(5, "Rows of the neuron and feature tables.", 1)
    chunk_size: int = option(16, "Features a file.", 1)
    batch_size: int = option(32, "Sequences the model runs at once.", 1)
    seed: int = option(0, "Seed of the sampled windows.", 0)
    device: str = option("cpu", "Device the model runs on: cpu or cuda.")

    @property
    def reach(self) -> int | None:
        """Tokens each side of a target; ``None`` for the whole sequence."""
        return None if self.window == "full" else int(self.window)

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
        raise InputError(f"{path} does not exist. Expected a featviz.toml with keys such as model, sae, tokens.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.") from error
    make_settings(values, origin=str(path))
    return {key: _beside(path, value) if key in _PATHS else value for key, value in values.items()}


_PATHS = ("model", "sae", "sae_b", "tokens", "pages", "labels", "out")


def _beside(path: Path, value: str) -> str:
    """A path that exists beside the settings file; anything else (a hub name, a new folder) as it is."""
    candidate = path.parent / value
    return str(candidate) if value and candidate.exists() else value


def make_settings(values: Mapping[str, Any], base: Settings | None = None, origin: str = "settings") -> Settings:
    """Settings from checked values; an unknown key names the nearest known one."""
    base = base or Settings()
    known = {item.name: item for item in fields(Settings)}
    for key, value in values.items():
        if key not in known:
            raise InputError(f'{origin}: unknown key "{key}".{nearest(key, known)} Known keys: {", ".join(known)}.')
        _check(key, value, known[key].metadata["low"], origin)
    return replace(base, **values)


def _check(key: str, value: Any, low: int | None, origin: str) -> None:
    expected = get_type_hints(Settings)[key]
    kinds = get_args(expected) if isinstance(expected, UnionType) else (expected,)
    if type(value) not in kinds:
        raise InputError(f"{origin}: {key} is {value!r}, expected {' or '.join(kind.__name__ for kind in kinds)}.")
    if key == "window" and isinstance(value, str) and value != "full":
        raise InputError(f'{origin}: window is "{value}", expected a number of tokens or "full".')
    if low is not None and isinstance(value, int) and value < low:
        raise InputError(f"{origin}: {key} is {value}, expected at least {low}.")
