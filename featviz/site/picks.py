"""What the first page says of the features that it starts with."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from featviz.bundle.codec.decode import Chunk, decode_chunk
from featviz.bundle.format import chunk_of, chunk_path
from featviz.bundle.reader import commonest_target, record_in
from featviz.bundle.within import read_within
from featviz.errors import BundleError

MARKS = {"\n": "↵", "\r": "␍", "\t": "⇥"}
UNSEEN = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
"""Unicode's categories of what cannot be seen."""


class Pick(NamedTuple):
    """A feature that makes a good first look."""

    feature: int
    token: str | None = None
    """The commonest target of its top windows, as it is shown; ``None`` where its chunk cannot be read."""
    label: str | None = None


def described_picks(root: Path, manifest: Mapping[str, Any]) -> dict[str, list[Pick]]:
    """The picks of every SAE, by its name; what they fire on is read from the bundle's data below ``root``."""
    return {
        sae["name"]: [_described(root, manifest, sae, feature) for feature in sae["picks"]] for sae in manifest["saes"]
    }


def _described(root: Path, manifest: Mapping[str, Any], sae: Mapping[str, Any], feature: int) -> Pick:
    path = root / chunk_path(manifest["release"], sae["name"], chunk_of(feature, sae["chunk_size"]))
    try:
        chunk = decode_chunk(read_within(root, path), sae["name"])
        record = record_in(chunk, feature)
    except (OSError, BundleError):  # the page is as good without; `featviz check` tells what is wrong with the data
        return Pick(feature)
    token = commonest_target(record)
    return Pick(feature, None if token is None else _shown(chunk, token), record.label.text if record.label else None)


def _shown(chunk: Chunk, token: int) -> str:
    """A token's text as the viewer shows it on a chip: with marks for what cannot be seen."""
    text = chunk.tokens.text[token]
    if token in chunk.tokens.partial:
        return text
    inner = text.strip(" ")
    before = len(text) - len(text.lstrip(" ")) if inner else len(text)
    after = len(text) - len(text.rstrip(" ")) if inner else 0
    return "·" * before + "".join(map(_visible, inner)) + "·" * after or "∅"


def _visible(character: str) -> str:
    if character in MARKS:
        return MARKS[character]
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in UNSEEN else character
