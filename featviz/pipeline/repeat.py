"""A build done once more, from what its manifest says of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from featviz.bundle.manifest import Manifest
from featviz.bundle.reader import Bundle
from featviz.errors import InputError
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.settings import Settings, is_hub_name, make_settings

PLACES = ("out", "work")
"""Settings that say where and not what: they are not repeated."""
SHOWN = 12
"""Digits of a SHA-256 in messages."""


def read_manifest(path: Path | str) -> Manifest:
    """The manifest of a site, or in a file."""
    return Bundle.open(Path(path)).manifest


def settings_of(manifest: Manifest, given: dict[str, Any]) -> Settings:
    """The settings of the build, with those that are ``given`` in their places; all that they name must be here."""
    recorded = {key: value for key, value in manifest.settings.items() if key not in PLACES}
    for key in ("model", "sae", "tokens"):
        if not recorded.get(key):
            raise InputError(
                f'The manifest of "{manifest.title}" names no {key} that could be read again: the site was made by '
                "featviz demo, imported, or built from objects in Python, and is repeated in the way it was made."
            )
    settings = make_settings(given, make_settings(recorded, origin="the manifest's settings"))
    missing = list(_missing(settings, manifest))
    if missing:
        named = ", ".join(f'{key} "{place}"' for key, place in missing)
        options = ", ".join(dict.fromkeys(f"--{key.replace('_', '-')}" for key, _ in missing))
        raise InputError(
            f"The manifest names {named} without a path, as a published page tells nothing of the machine that made "
            f"it; here there is none. Run the command where they lie, or say where they are with {options}."
        )
    return settings


def _missing(settings: Settings, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The places that are neither here nor on the hub."""
    if manifest.model.files is not None:
        yield from _absent("model", settings.model)
    for key, place in [*(("sae", place) for place in settings.saes().values()), ("tokens", settings.tokens)]:
        if not is_hub_name(place):
            yield from _absent(key, place)
    for key in ("labels", "pages"):
        yield from _absent(key, getattr(settings, key))


def _absent(key: str, place: str) -> Iterator[tuple[str, str]]:
    if place and not Path(place).exists():
        yield key, place


def load_same(settings: Settings, manifest: Manifest) -> Inputs:
    """What the settings name, which must be what the manifest was made of."""
    inputs = load_inputs(settings)
    for what, found, expected in _compared(inputs, manifest):
        if found != expected:
            raise InputError(
                f"{what} is not what the manifest was made of: its SHA-256 begins with {str(found)[:SHOWN]}, expected "
                f"{str(expected)[:SHOWN]}. Without --from-manifest, featviz build takes it as it is."
            )
    return inputs


def _compared(inputs: Inputs, manifest: Manifest) -> Iterator[tuple[str, str | None, str | None]]:
    """What was read, with the digest that it has and the one that it should have."""
    if manifest.model.files is not None:
        found = inputs.model_files or {}
        for name, expected in manifest.model.files.items():
            yield f"The model's file {name}", found.get(name), expected
    for info in manifest.saes:
        yield f"SAE {info.name}", inputs.sae_weights.get(info.name), info.hash
    yield f'The text "{inputs.tokens.name}", as token ids,', inputs.tokens.sha256, manifest.tokens.sha256


def outcome(before: Manifest, after: Manifest) -> str:
    """Whether a repeated build came to the same data, and what may be the reason if not."""
    if after.release == before.release:
        return f"The data are the same, byte for byte: release {after.release}."
    versions = [
        f"{name} {version} then, {after.versions.get(name)} now"
        for name, version in before.versions.items()
        if after.versions.get(name) != version
    ]
    reason = f" Other versions: {', '.join(versions)}." if versions else ""
    return f"The data are others: release {after.release}, not {before.release}.{reason}"
