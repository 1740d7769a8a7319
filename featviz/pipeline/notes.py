"""Notes that a reader wrote on a site and exported, as labels."""

from typing import Any

from featviz.errors import InputError

FORMAT, VERSION = "featviz-notes", 1
SOURCE = "notes"


def are_notes(content: Any) -> bool:
    """Whether a JSON file is an export of notes."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def labels_of_notes(content: dict[str, Any], path: str) -> dict[str, Any]:
    """The texts of the notes as a labels file has them; a note that is only a star has none, and so an empty text."""
    version, notes = content.get("version"), content.get("notes")
    if version != VERSION or isinstance(version, bool):
        raise InputError(f"{path}: notes of version {version!r}; this featviz reads version {VERSION}.")
    if not isinstance(notes, dict) or not all(isinstance(each, dict) for each in notes.values()):
        raise InputError(f'{path}: expected "notes": {{"A": {{"7": {{"star": true, "text": "…"}}}}}}.')
    return {sae: _labels(features, f"{path}, {sae}") for sae, features in notes.items() if features}


def _labels(features: dict[str, Any], where: str) -> dict[str, Any]:
    return {
        feature: {"text": _text(note, f"{where} / {feature}").strip(), "source": SOURCE}
        for feature, note in features.items()
    }


def _text(note: Any, where: str) -> str:
    text = note.get("text", "") if isinstance(note, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{where}: expected a note such as {{"star": true, "text": "…"}}.')
    return text
