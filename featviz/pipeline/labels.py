"""Labels from a file, put on records."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from featviz.errors import InputError, nearest
from featviz.records import Label, Record


@dataclass(frozen=True)
class Labels:
    """Labels by SAE name and feature number."""

    by_feature: dict[tuple[str, int], Label] = field(default_factory=dict)

    def put_on(self, sae: str, record: Record) -> Record:
        label = self.by_feature.get((sae, record.feature))
        return replace(record, label=label) if label else record


def read_labels(path: str, saes: Collection[str]) -> Labels:
    """Read ``{SAE: {feature: text or {"text", "score", "source"}}}`` from a JSON file; an empty path is no labels."""
    if not path:
        return Labels()
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"Labels {path} do not exist.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"Labels {path} are not JSON: {error}.") from error
    labels: dict[tuple[str, int], Label] = {}
    for sae, features in _object(content, path).items():
        if sae not in saes:
            raise InputError(f'{path} labels SAE "{sae}", but this site has {", ".join(saes)}.{nearest(sae, saes)}')
        for feature, label in _object(features, path).items():
            labels[sae, _number(feature, path)] = _label(label, f"{path}, {sae} / {feature}")
    return Labels(labels)


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f'{path}: found {type(value).__name__}, expected {{"A": {{"7": "what feature 7 means"}}}}.')
    return value


def _number(feature: str, path: str) -> int:
    if not feature.isdecimal():
        raise InputError(f'{path}: "{feature}" is no feature number.')
    return int(feature)


def _label(value: Any, where: str) -> Label:
    if isinstance(value, str):
        return Label(value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise InputError(f'{where}: expected a text, or an object with "text", "score" and "source".')
    score, source = value.get("score"), value.get("source")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise InputError(f"{where}: score is {score!r}, expected a number.")
    if source is not None and not isinstance(source, str):
        raise InputError(f"{where}: source is {source!r}, expected a text.")
    return Label(value["text"], score, source)
