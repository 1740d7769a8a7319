"""Notes that a reader wrote on a site and exported, as labels."""

from typing import Any

from featviz.errors import InputError
from featviz.labels import by_sae
from featviz.labels.labels import Labels, Subjects

FORMAT, VERSION = "featviz-notes", 1
SOURCE = "notes"


def are_notes(content: Any) -> bool:
    """Whether a JSON file is an export of notes."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def read(content: dict[str, Any], subjects: Subjects, path: str) -> Labels:
    """The texts of the notes; a note that is only a star is no label."""
    version, notes = content.get("version"), content.get("notes")
    if version != VERSION or isinstance(version, bool):
        raise InputError(f"{path}: notes of version {version!r}; this featviz reads version {VERSION}.")
    if not isinstance(notes, dict) or not all(isinstance(each, dict) for each in notes.values()):
        raise InputError(f'{path}: expected "notes": {{"A": {{"7": {{"star": true, "text": "…"}}}}}}.')
    by_name = {sae: _texts(features, f"{path}, {sae}") for sae, features in notes.items() if features}
    found = by_sae.read(by_name, subjects, path).by_feature
    return Labels({place: label for place, label in found.items() if label.text})


def _texts(features: dict[str, Any], where: str) -> dict[str, Any]:
    return {
        feature: {"text": _text(note, f"{where} / {feature}"), "source": SOURCE} for feature, note in features.items()
    }


def _text(note: Any, where: str) -> str:
    text = note.get("text", "") if isinstance(note, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{where}: expected a note such as {{"star": true, "text": "…"}}.')
    return text
