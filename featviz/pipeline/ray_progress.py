"""What workers elsewhere would show, in the bars of the process that waits for them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from featviz.progress import Bar, Stages

EVERY_SECONDS = 0.5
"""How often a worker tells how far it is, at most."""


class Shown(NamedTuple):
    """One bar of one worker."""

    done: float | int
    total: float | int
    unit: str


Said = Mapping[str, Shown]
"""A worker's bars by name."""


class Board:
    """What every worker said last, by the number of its share."""

    def __init__(self) -> None:
        self._said: dict[int, Said] = {}

    def tell(self, piece: int, said: Said) -> None:
        """A worker's bars are these now."""
        self._said[piece] = said

    def said(self) -> dict[int, Said]:
        """Those of all workers."""
        return self._said


@dataclass
class TellingStages(Stages):
    """Stages whose bars are told elsewhere."""

    tell: Callable[[Said], None] = lambda said: None
    shown: dict[str, Shown] = field(default_factory=dict)
    _told_at: float = 0.0

    def bar(self, name: str, total: float | int, unit: str, kind: str = "stage") -> Bar:
        """One that is told."""
        self.put(name, Shown(0.0, total, unit))
        return _Told(self, name)

    def put(self, name: str, shown: Shown | None) -> None:
        """A bar is that far now, or gone."""
        if shown is None:
            self.shown.pop(name, None)
        else:
            self.shown[name] = shown
        if time.monotonic() - self._told_at >= EVERY_SECONDS:
            self._told_at = time.monotonic()
            self.tell(dict(self.shown))


@dataclass
class _Told:
    stages: TellingStages
    name: str

    def advance(self, done: float | int) -> None:
        before = self.stages.shown[self.name]
        self.stages.put(self.name, before._replace(done=before.done + done))

    def set(self, done: float | int, total: float | int) -> None:
        self.stages.put(self.name, self.stages.shown[self.name]._replace(done=done, total=total))

    def close(self) -> None:
        self.stages.put(self.name, None)


@dataclass
class Together:
    """Bars for the sums of what several workers do."""

    stages: Stages
    _bars: dict[str, Bar] = field(default_factory=dict)

    def show(self, said: Mapping[int, Said]) -> None:
        """Draw what they say now; of bars that no worker has any longer, none is left."""
        sums: dict[str, Shown] = {}
        for name, shown in ((name, shown) for each in said.values() for name, shown in each.items()):
            before = sums.get(name, Shown(0.0, 0.0, shown.unit))
            sums[name] = Shown(before.done + shown.done, before.total + shown.total, shown.unit)
        for name in self._bars.keys() - sums.keys():
            self._bars.pop(name).close()
        for name, (done, total, unit) in sums.items():
            bar = self._bars.get(name) or self._bars.setdefault(name, self.stages.bar(name, total, unit))
            bar.set(done, total)
