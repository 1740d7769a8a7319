"""What a file of labels comes to, and the SAEs that it can be about."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from featviz.errors import InputError, nearest
from featviz.records import Label

LONGEST = 10_000
"""Characters of a label at most."""


@dataclass(frozen=True)
class Subject:
    """An SAE that labels can be about."""

    name: str
    d_sae: int
    source: str = ""
    """The name of the folder that it came from."""
    hook: str = ""
    """Where it reads."""
    model: str = ""

    @property
    def layer(self) -> int | None:
        """Of its hook; ``None`` where that is in no block."""
        found = re.match(r"blocks\.(\d+)\.", self.hook)
        return int(found[1]) if found else None

    def feature(self, number: Any, where: str) -> int:
        """The feature of that number, which may be written as a text; an `InputError` if there is none."""
        found = int(number) if str(number).isdecimal() and len(str(number)) < 19 else self.d_sae
        if isinstance(number, bool) or str(found) != str(number) or found >= self.d_sae:
            raise InputError(
                f'{where}: "{str(number)[:40]}" is no feature of this SAE. '
                f"Expected a number from 0 to {self.d_sae - 1}."
            )
        return found


@dataclass(frozen=True)
class Subjects:
    """The SAEs of a site, by name, and the one that was asked for."""

    by_name: Mapping[str, Subject]
    asked: str | None = None

    @classmethod
    def of(cls, subjects: Iterable[Subject], asked: str | None = None) -> "Subjects":
        """Those of a site; an unknown one that is asked for is an `InputError`."""
        found = cls({subject.name: subject for subject in subjects}, asked)
        if asked is not None:
            found.named(asked, "--sae")
        return found

    def named(self, name: str, where: str) -> Subject:
        """The SAE of that name."""
        if name not in self.by_name:
            known = ", ".join(self.by_name)
            raise InputError(
                f'{where} labels SAE "{name[:64]}", but this site has {known}.{nearest(name, self.by_name)}'
            )
        return self.by_name[name]

    def only(self, where: str) -> Subject:
        """The SAE that is meant where a file names none: the one asked for, or the only one."""
        if self.asked is None and len(self.by_name) > 1:
            raise InputError(
                f"{where} does not say of which SAE its features are, and this site has {', '.join(self.by_name)}. "
                "Say it with featviz labels --sae, or name the SAE in the file."
            )
        return next(iter(self.by_name.values())) if self.asked is None else self.by_name[self.asked]


@dataclass(frozen=True)
class Labels:
    """Labels by SAE name and feature number; one without text takes away what is there."""

    by_feature: dict[tuple[str, int], Label] = field(default_factory=dict)

    def of(self, sae: str) -> dict[int, Label]:
        """Those of one SAE, by feature."""
        return {feature: label for (name, feature), label in self.by_feature.items() if name == sae}


def make_label(where: str, text: Any, score: Any = None, source: Any = None) -> Label:
    """A label from values as a file has them; ``where`` names the place in messages."""
    return Label(
        _text(text, "text", where).strip(),
        None if score is None else _score(score, where),
        None if source is None else _text(source, "source", where),
    )


def _text(value: Any, key: str, where: str) -> str:
    """A text that can be written as UTF-8; half a surrogate pair can not."""
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"{where}: {key} is {value!r:.40}, expected a text.")
    if len(value) > LONGEST:
        raise InputError(f"{where}: {key} has {len(value):,} characters, expected at most {LONGEST:,}.")
    return value


def _score(value: Any, where: str) -> float:
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: score is {str(value)[:40]}, expected a number.")
    return number
