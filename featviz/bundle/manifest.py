"""The manifest: what a bundle holds, where its numbers come from, and how to find them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson

from featviz.bundle.digests import NO_DIGEST, has_own_digest, with_own_digest
from featviz.bundle.format import FORMAT_NAME, FORMAT_VERSION, RELEASE_NAME, sae_name
from featviz.bundle.typed import read
from featviz.errors import BundleError

NEEDED_SETTINGS = (
    "window",
    "top",
    "bottom",
    "intervals",
    "per_interval",
    "histogram_bins",
    "logit_tokens",
    "effect_tokens",
    "seed",
)
"""Settings that a reader of the bundle needs; all are integers, but ``window`` may be ``"full"``."""

FORMAT_KEYS = ("name", "version", "sha256")
"""The keys of ``format``; a manifest that says more of itself cannot be checked."""
ENCODING = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY


@dataclass(frozen=True)
class FeatvizInfo:
    """The program that made the bundle."""

    version: str
    git_revision: str | None = None


@dataclass(frozen=True)
class ModelInfo:
    """The language model."""

    name: str
    architecture: str
    revision: str | None
    n_layers: int | None
    d_model: int | None
    d_vocab: int | None
    processing: str
    """How TransformerLens processed the weights, such as ``no_processing``."""
    files: dict[str, str] | None
    """SHA-256 by file name, or None where the weights did not come from files."""


@dataclass(frozen=True)
class TokensInfo:
    """The body of tokens that everything was counted over."""

    name: str
    revision: str | None
    sha256: str | None
    """Of the ids, int32 little-endian, row by row."""
    sequences: int | None
    context: int | None
    """Tokens a sequence."""
    counted: int
    """N, the positions that count."""
    masked: list[int]
    """Token ids that do not."""


@dataclass(frozen=True)
class SaeInfo:
    """One SAE and its chunks."""

    name: str
    d_in: int | None
    d_sae: int
    architecture: str
    read_hook: str
    write_hook: str
    hash: str | None
    """SHA-256 of the weights."""
    revision: str | None
    source: str
    files: dict[str, str] | None
    chunk_size: int
    chunks: int
    dead: int
    """Features with no firing."""
    firings: int
    bytes: int
    """Of all its chunks."""
    neuron_basis: bool
    """Whether the hook has one."""
    correlated_with: list[str] = field(default_factory=list)
    """Names of the SAEs whose correlations its records hold."""
    parts: dict[str, int] = field(default_factory=dict)
    """Bytes of the parts beside the chunks that there are, by name."""
    picks: list[int] = field(default_factory=list)
    """Features that make a good first look."""
    features: list[int] | None = field(default=None, metadata={"optional": True})
    """The features that have a chunk, one each; ``None``, and no key, where all have one."""


@dataclass(frozen=True)
class Imported:
    """Whose dashboards the numbers were taken from; what those do not say is ``null`` elsewhere in the manifest."""

    program: str
    """What computed the numbers, and the form that they were read from."""
    files: dict[str, str]
    """SHA-256 by file name."""
    counted: str
    """How N is known: ``stated``, or ``estimated`` from rounded densities."""
    token_ids: int
    """Ids from here on stand for spellings whose vocabulary id is not known."""
    places: bool
    """Whether sequence and position of the windows are known."""
    lacks: list[str]
    """What the dashboards do not hold, in words."""
    notes: list[str]
    """What a reader should know of the numbers."""


@dataclass(frozen=True)
class Manifest:
    """Everything in ``manifest.json``."""

    title: str
    release: str
    created: str
    """UTC, as ``YYYY-MM-DDThh:mm:ssZ``."""
    featviz: FeatvizInfo
    versions: dict[str, str]
    model: ModelInfo
    tokens: TokensInfo
    settings: dict[str, Any]
    saes: list[SaeInfo]
    effect: str | None = "direct"
    imported: Imported | None = field(default=None, metadata={"optional": True})
    """Only of a bundle that was imported; else ``None``, and no key."""

    def content(self) -> dict[str, Any]:
        """The manifest as JSON has it, but for ``format``."""
        content = dataclasses.asdict(self)
        for sae in content["saes"]:
            if sae["features"] is None:
                del sae["features"]
        if content["imported"] is None:
            del content["imported"]
        return content

    def encode(self) -> bytes:
        """The manifest as readable JSON."""
        kind = {"name": FORMAT_NAME, "version": FORMAT_VERSION, "sha256": NO_DIGEST.decode()}
        return with_own_digest(orjson.dumps({"format": kind, **self.content()}, option=ENCODING))


def decode_manifest(data: bytes) -> Manifest:
    """The manifest in ``data``; keys that this version does not know are passed over."""
    content = manifest_json(data)
    _check_format(content)
    manifest = read(Manifest, content, "manifest")
    _check_values(manifest)
    return manifest


def manifest_json(data: bytes) -> dict[str, Any]:
    """The JSON object in ``data``, whoever wrote it."""
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BundleError(f"not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise BundleError("not a manifest: expected a JSON object")
    return content


def is_ours(content: Mapping[str, Any]) -> bool:
    """Whether a JSON object says that it is a featviz manifest, of whatever version."""
    kind = content.get("format")
    return isinstance(kind, dict) and kind.get("name") == FORMAT_NAME


def manifest_problem(data: bytes) -> str | None:
    """What is wrong with the digest that a manifest carries of itself; one of an older featviz carries none."""
    kind = manifest_json(data)["format"]
    for key in kind.keys() - FORMAT_KEYS:
        return f"format has an unknown key {key!r}; expected {', '.join(FORMAT_KEYS)}"
    if "sha256" in kind and not (isinstance(kind["sha256"], str) and has_own_digest(data, kind["sha256"])):
        return "its bytes are not those that its own format.sha256 names; build or copy the site again"
    return None


def _check_format(content: dict[str, Any]) -> None:
    if not is_ours(content):
        raise BundleError(f'not a featviz manifest: "format" is {content.get("format")!r}')
    version = content["format"].get("version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise BundleError(f"format version {version!r}: this featviz reads version {FORMAT_VERSION}")


def _check_values(manifest: Manifest) -> None:
    names = [sae_name(sae.name) for sae in manifest.saes]
    if len({name.lower() for name in names}) < len(names):
        raise BundleError(f"manifest.saes: names must differ in more than case; found {', '.join(names)}")
    if not RELEASE_NAME.fullmatch(manifest.release):
        raise BundleError(f"manifest.release: expected 16 hexadecimal digits, found {manifest.release!r}")
    for sae in manifest.saes:
        if sae.chunk_size < 1:
            raise BundleError(f"manifest.saes: chunk_size of {sae.name} is {sae.chunk_size}; expected at least 1")
        if sae.features is not None:
            _check_features(sae, sae.features)
    for key in NEEDED_SETTINGS:
        value = manifest.settings.get(key)
        if type(value) is not int and not (key == "window" and value == "full") and not manifest.imported:
            raise BundleError(f"manifest.settings.{key}: expected an integer, found {value!r}")


def _check_features(sae: SaeInfo, features: list[int]) -> None:
    if any(left >= right for left, right in pairwise(features)) or any(each >= sae.d_sae for each in features):
        raise BundleError(f"manifest.saes: features of {sae.name} must increase and lie below {sae.d_sae}")
    if sae.chunk_size != 1:
        raise BundleError(f"manifest.saes: {sae.name} has some features, in chunks of {sae.chunk_size}; expected 1")
