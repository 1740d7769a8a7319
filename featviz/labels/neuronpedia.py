"""Explanations exported from Neuronpedia: JSON lines (``batch-0.jsonl.gz``), or the list that its API answers.

A line has ``index`` and ``description``; mostly ``modelId``, ``layer`` (such as ``6-res-jb``), ``typeName``,
``explanationModelName`` and ``scores`` too. Files of scores hold a list of ``explanations`` for each feature.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from featviz.errors import InputError
from featviz.labels.labels import Labels, Subject, Subjects, make_label
from featviz.records import Label

Found = tuple[str, dict[str, Any]]
"""Where something stands, and what."""


@dataclass(frozen=True)
class Origin:
    """What Neuronpedia calls a model, and an SAE of it."""

    model: str
    layer: str

    def __str__(self) -> str:
        return f"{self.model or '?'} / {self.layer or '?'}"

    @property
    def number(self) -> int | None:
        """The layer's number, with which its name begins."""
        found = re.match(r"(\d+)-", self.layer)
        return int(found[1]) if found else None


def lines(text: Iterable[bytes], path: str) -> Iterator[Found]:
    """The objects in a file of JSON lines."""
    for number, line in enumerate(text, 1):
        if line.strip():
            where = f"{path}, line {number}"
            try:
                yield from entries(orjson.loads(line), where)
            except orjson.JSONDecodeError as error:
                raise InputError(f"{where} is not JSON: {error}.") from error


def entries(content: Any, where: str) -> Iterator[Found]:
    """The explanations in a JSON value: an object, a list of them, or a feature with its ``explanations``."""
    if isinstance(content, list):
        for number, each in enumerate(content, 1):
            yield from entries(each, f"{where}, entry {number}")
    elif isinstance(content, dict) and isinstance(content.get("explanations"), list):
        outer = {key: value for key, value in content.items() if key != "explanations"}
        for each in content["explanations"]:
            yield where, outer | each if isinstance(each, dict) else {}
    else:
        yield where, content if isinstance(content, dict) else {}


def read(found: Iterable[Found], subjects: Subjects, path: str, any_source: bool = False) -> Labels:
    """The best explanation of each feature: the one with the highest score, and of those without the first."""
    labels: dict[tuple[str, int], Label] = {}
    origins: dict[str, Origin] = {}
    known: dict[Origin, Subject] = {}
    for where, entry in found:
        if "index" not in entry or "description" not in entry:
            raise InputError(f'{where}: expected an object with "index" and "description", as Neuronpedia exports it.')
        origin = Origin(*(str(entry.get(key) or "")[:80] for key in ("modelId", "layer")))
        if origin not in known:
            known[origin] = _subject(origin, subjects, where, any_source)
            _check_alone(known[origin], origin, origins, path)
        subject = known[origin]
        place = subject.name, subject.feature(entry["index"], where)
        label = _label(entry, where)
        if label.text and (place not in labels or _rank(label) > _rank(labels[place])):
            labels[place] = label
    return Labels(labels)


def _subject(origin: Origin, subjects: Subjects, where: str, any_source: bool) -> Subject:
    """The SAE that explanations are about: of the site's, the one of that layer."""
    fitting = [each for each in subjects.by_name.values() if each.layer == origin.number]
    told = origin.number is not None and len(fitting) == 1 and subjects.asked is None
    subject = fitting[0] if told else subjects.only(where)
    if any_source:
        return subject
    advice = "Take another file or another --sae, or --any-source if they are the same all the same."
    if None not in (subject.layer, origin.number) and subject.layer != origin.number:
        raise InputError(
            f"{where}: explanations of {origin}, layer {origin.number}, but SAE {subject.name} reads {subject.hook}. "
            f"{advice}"
        )
    if not _alike(origin.model, subject.model):
        raise InputError(
            f"{where}: explanations of the model {origin.model}, but this site is of {subject.model}. {advice}"
        )
    return subject


def _check_alone(subject: Subject, origin: Origin, origins: dict[str, Origin], path: str) -> None:
    """Raise where two of Neuronpedia's SAEs would both be the same one of ours."""
    other = origins.setdefault(subject.name, origin)
    if other != origin:
        raise InputError(f"{path} holds explanations of {other} and of {origin}; SAE {subject.name} can be only one.")


def _alike(one: str, other: str) -> bool:
    """Whether two names may be of the same model: gpt2 and gpt2-small, Llama-3.1-8B and meta-llama/Llama-3.1-8B."""
    a, b = (re.sub(r"[^a-z0-9]", "", name.lower().split("/")[-1]) for name in (one, other))
    return a in b or b in a


def _label(entry: dict[str, Any], where: str) -> Label:
    scores = entry.get("scores") or []
    scored = [each for each in scores if isinstance(each, dict)] if isinstance(scores, list) else []
    values = [each for each in scored if type(each.get("value")) in (int, float)]
    best = max(values, key=lambda each: each["value"], default={})
    source = ", ".join(
        str(name)
        for name in (
            entry.get("explanationModelName"),
            entry.get("typeName"),
            best.get("explanationScoreTypeName") and f"scored by {best['explanationScoreTypeName']}",
        )
        if name
    )
    return make_label(where, entry["description"], best.get("value"), source or "Neuronpedia")


def _rank(label: Label) -> float:
    return float("-inf") if label.score is None else label.score
