"""Labels from a file, put on records."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from featviz.errors import InputError, nearest
from featviz.pipeline.notes import are_notes, labels_of_notes
from featviz.records import Label, Record


@dataclass(frozen=True)
class Labels:
    """Labels by SAE name and feature number."""

    by_feature: dict[tuple[str, int], Label] = field(default_factory=dict)

    def put_on(self, sae: str, record: Record) -> Record:
        """The record with its label, if it has one."""
        label = self.by_feature.get((sae, record.feature))
        return replace(record, label=label) if label else record


def read_labels(path: str, widths: Mapping[str, int]) -> Labels:
    """Read ``{SAE: {feature: text or {"text", "score", "source"}}}`` from a JSON file; an empty path is no labels.

    Notes that were exported from a site are read too, their texts as labels. ``widths`` are the SAEs' d_sae by name.
    """
    if not path:
        return Labels()
    content = _read(path)
    notes = are_notes(content)
    if notes:
        content = labels_of_notes(content, path)
    labels: dict[tuple[str, int], Label] = {}
    for sae, features in _object(content, path).items():
        if sae not in widths:
            raise InputError(f'{path} labels SAE "{sae}", but this site has {", ".join(widths)}.{nearest(sae, widths)}')
        for feature, label in _object(features, path).items():
            labels[sae, _number(feature, widths[sae], path)] = _label(label, f"{path}, {sae} / {feature}")
    return Labels({place: label for place, label in labels.items() if label.text or not notes})


def _read(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_without_doubles)
    except FileNotFoundError as error:
        raise InputError(f"Labels {path} do not exist.") from error
    except OSError as error:
        raise InputError(f"Labels {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"Labels {path} are not JSON: {error}.") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f'"{next(name for name in names if names.count(name) > 1)}" is there twice')
    return content


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f'{path}: found {type(value).__name__}, expected {{"A": {{"7": "what feature 7 means"}}}}.')
    return value


def _number(feature: str, width: int, path: str) -> int:
    number = int(feature) if feature.isdecimal() and len(feature) < 19 else width
    if str(number) != feature or number >= width:
        raise InputError(
            f'{path}: "{feature[:40]}" is no feature of this SAE. Expected a number from 0 to {width - 1}.'
        )
    return number


def _label(value: Any, where: str) -> Label:
    if isinstance(value, str):
        return Label(_text(value, "text", where))
    if not isinstance(value, dict) or "text" not in value:
        raise InputError(f'{where}: expected a text, or an object with "text", "score" and "source".')
    unknown = next((key for key in value if key not in ("text", "score", "source")), None)
    if unknown is not None:
        raise InputError(f'{where}: unknown key "{unknown}".{nearest(unknown, ("text", "score", "source"))}')
    score, source = value.get("score"), value.get("source")
    return Label(
        _text(value["text"], "text", where),
        None if score is None else _score(score, where),
        None if source is None else _text(source, "source", where),
    )


def _text(value: Any, key: str, where: str) -> str:
    """A text that can be written as UTF-8; half a surrogate pair can not."""
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"{where}: {key} is {value!r}, expected a text.")
    return value


def _score(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:
        raise InputError(f"{where}: score is {str(value)[:40]}, expected a number.")
    return float(value)
