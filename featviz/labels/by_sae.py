"""The plain form, JSON: ``{SAE: {feature: text or {"text", "score", "source"}}}``, or one SAE's features alone."""

import json
from typing import Any

from featviz.errors import InputError, nearest
from featviz.labels.labels import Labels, Subject, Subjects, make_label
from featviz.records import Label

KEYS = ("text", "score", "source")


def parse(text: str, path: str) -> Any:
    """The content of a JSON file; a key that stands twice in an object is an `InputError`."""
    try:
        return json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise InputError(f"Labels {path} are not JSON: {error}.") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f'"{next(name for name in names if names.count(name) > 1)}" is there twice')
    return content


def read(content: Any, subjects: Subjects, path: str) -> Labels:
    """The labels in the content of a file."""
    by_name = _object(content, path)
    if by_name and all(key.isdecimal() and key not in subjects.by_name for key in by_name):
        by_name = {subjects.only(path).name: by_name}
    labels: dict[tuple[str, int], Label] = {}
    for sae, features in by_name.items():
        subject = subjects.named(sae, path)
        labels |= {(sae, number): label for number, label in _of(subject, _object(features, path), path).items()}
    return Labels(labels)


def _of(subject: Subject, features: dict[str, Any], path: str) -> dict[int, Label]:
    return {
        subject.feature(feature, path): _label(label, f"{path}, {subject.name} / {feature}")
        for feature, label in features.items()
    }


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f'{path}: found {type(value).__name__}, expected {{"A": {{"7": "what feature 7 means"}}}}.')
    return value


def _label(value: Any, where: str) -> Label:
    if isinstance(value, str):
        return make_label(where, value)
    if not isinstance(value, dict) or "text" not in value:
        raise InputError(f'{where}: expected a text, or an object with "text", "score" and "source".')
    unknown = next((key for key in value if key not in KEYS), None)
    if unknown is not None:
        raise InputError(f'{where}: unknown key "{unknown}".{nearest(unknown, KEYS)}')
    return make_label(where, value["text"], value.get("score"), value.get("source"))
