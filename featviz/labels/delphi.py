"""Explanations by EleutherAI's delphi: a file for each latent, ``layers.5.mlp_latent7.txt``, with a JSON text.

They lie in ``explanations``; in ``scores`` beside it, ``detection`` and ``fuzz`` have a file for each latent too,
with a list of examples and whether each was told right.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from featviz.errors import InputError
from featviz.labels.labels import Labels, Subject, Subjects, make_label
from featviz.records import Label

EXPLANATIONS, SCORES = "explanations", "scores"
SCORERS = ("detection", "fuzz")
"""The first that there is gives the score."""
_NAME = re.compile(r"(.+)_latent(\d+)\.(?:txt|json)")


class Latent(NamedTuple):
    """A file, and what its name says."""

    file: Path
    module: str
    number: str


def find(folder: Path) -> list[Latent]:
    """The explanations in a folder, or in its ``explanations``."""
    return _latents(folder) or _latents(folder / EXPLANATIONS)


def _latents(folder: Path) -> list[Latent]:
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    names = ((file, _NAME.fullmatch(file.name)) for file in files)
    return [Latent(file, name[1], name[2]) for file, name in names if name]


def read(latents: list[Latent], subjects: Subjects, path: str) -> Labels:
    """The labels in these files, with their scores."""
    modules = sorted({latent.module for latent in latents})
    by_module = {module: _subject(module, modules, subjects, path) for module in modules}
    labels: dict[tuple[str, int], Label] = {}
    for latent in latents:
        subject, where = by_module[latent.module], str(latent.file)
        place = subject.name, subject.feature(latent.number.lstrip("0") or "0", where)
        if place in labels:
            raise InputError(f"{where}: feature {place[1]} of SAE {place[0]} is there twice.")
        labels[place] = _label(latent, where)
    return Labels(labels)


def _subject(module: str, modules: list[str], subjects: Subjects, path: str) -> Subject:
    """The SAE of a module: the one whose folder is called so, or the one that is meant where there is one module."""
    called = [each for each in subjects.by_name.values() if each.source == module]
    if called and subjects.asked in (None, called[0].name):
        return called[0]
    if len(modules) > 1:
        sources = ", ".join(f"{each.name} ({each.source})" for each in subjects.by_name.values())
        raise InputError(
            f"{path} explains latents of {', '.join(modules)[:120]}, but {module} is none of this site's SAEs: "
            f"{sources}. Put the files of each module into a folder of its own, and name the SAE with --sae."
        )
    return subjects.only(path)


def _label(latent: Latent, where: str) -> Label:
    text = _load(latent.file)
    scorer, score = next(_scores(latent), (None, None))
    return make_label(where, text, score, f"delphi, {scorer}" if scorer else "delphi")


def _scores(latent: Latent) -> Iterator[tuple[str, float]]:
    for scorer in SCORERS:
        for folder in (latent.file.parent / SCORES, latent.file.parent.parent / SCORES):
            file = folder / scorer / latent.file.name
            if file.is_file():
                score = _balanced_accuracy(_load(file), str(file))
                if score is not None:
                    yield scorer, score


def _balanced_accuracy(examples: Any, where: str) -> float | None:
    """The mean of the shares told right among activating and among other examples, as delphi's own log has it."""
    if not isinstance(examples, list) or not all(isinstance(each, dict) for each in examples):
        raise InputError(f"{where}: expected a list of examples, as delphi writes its scores.")
    told: dict[bool, list[bool]] = {True: [], False: []}
    for each in examples:
        if isinstance(each.get("prediction"), bool | int) and "activating" in each:
            told[bool(each["activating"])].append(bool(each["prediction"]) == bool(each["activating"]))
    shares = [sum(right) / len(right) for right in told.values() if right]
    return sum(shares) / len(shares) if shares else None


def _load(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise InputError(f"{file} is not JSON: {error}. Expected a text in quotes, as delphi writes it.") from error
