"""What a person waiting sees: one live display of the stage at work, and a table of what took how much."""

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from featviz.forecast import Forecast
from featviz.usage import GIB, Usage, resident_bytes

EVERY_SECONDS = 30.0
"""How often a long stage says a line where stderr is no terminal."""
SHORT_SECONDS = 5.0
"""One of a stage's many calls that was shorter says no line."""

Expected = Callable[[Mapping[str, float]], Mapping[str, float]]
"""From what is known of the SAEs' L0, by name, to the seconds that each stage is expected to take."""


@dataclass
class Stages:
    """Measures each stage and shows it on stderr: bars in a terminal, plain lines elsewhere."""

    console: Console = field(default_factory=lambda: Console(file=sys.stderr))
    used: dict[str, Usage] = field(default_factory=dict)
    """By stage; stages of one name add up."""
    expected: Expected | None = None
    """Without it nothing is said of when the build ends."""
    forecast: Forecast = field(default_factory=Forecast)
    _bars: Progress | None = None
    _build: TaskID | None = None

    @contextmanager
    def live(self) -> Iterator[None]:
        """While inside, a terminal shows the bars; they are gone afterwards, however it ends."""
        self.learn({})
        if not self.console.is_terminal:
            yield
            return
        with Progress(*_columns(self.forecast), console=self.console, transient=True) as self._bars:
            if self.expected is not None:
                self._build = self._bars.add_task("build", total=1.0, unit="", kind="build")
            try:
                yield
            finally:
                self._bars = None

    def learn(self, l0: Mapping[str, float]) -> None:
        """Of these SAEs it is known now how many features fire at a token: what is left takes as long as that says."""
        if self.expected is not None:
            self.forecast.expect(self.expected(l0))

    @contextmanager
    def stage(self, name: str, total: int, unit: str = "", part: float = 1.0) -> Iterator[Callable[[float], None]]:
        """A stage of ``total`` units; call what it yields with the units done. Stages of one name add up.

        One that is called again and again says which ``part`` of the whole stage this is.
        """
        begun, done = Usage.now(), 0.0
        with self._shown(name, total, unit, "stage") as show:

            def advance(count: float) -> None:
                nonlocal done
                done += count
                self.forecast.advance(done / max(total, 1))
                show(count)

            self.forecast.begin(name, part)
            yield advance
            self.forecast.end()
        used = Usage.now().since(begun)
        self.used[name] = self.used[name] + used if name in self.used else used
        if not self.console.is_terminal and (part == 1 or used.wall >= SHORT_SECONDS):
            self.say(f"{name}: {total:,} {unit} in {used.wall:.1f} s{self.build_left()}")

    @contextmanager
    def whole(
        self, name: str, total: int, unit: str, stages: Collection[str] = ()
    ) -> Iterator[Callable[[float], None]]:
        """Work that goes through several stages again and again: shown, not measured.

        What is done while none of them is at work was done by an earlier run: so much of ``stages`` is.
        """
        with self._shown(name, total, unit, "whole") as show:

            def advance(count: float) -> None:
                if not self.forecast.stage:
                    self.forecast.recall(stages, count / max(total, 1))
                show(count)

            yield advance

    @contextmanager
    def _shown(self, name: str, total: int, unit: str, kind: str) -> Iterator[Callable[[float], None]]:
        bar = self.bar(name, total, unit, kind)
        try:
            yield bar.advance
        finally:
            bar.close()

    def bar(self, name: str, total: float, unit: str, kind: str = "stage") -> "Bar":
        """How far something is, until it is closed: a ``stage``, or a ``whole`` of several."""
        if self._bars is not None:
            return _Drawn(self, self._bars, self._bars.add_task(name, total=total, unit=unit, kind=kind))
        # of a whole, the lines of its stages say what is left where that is known
        return _Lines(self, name, total, unit, silent=kind == "whole" and self.expected is not None)

    def show_share(self) -> None:
        """Let the bar of the whole build say how much of its time has passed."""
        if self._bars is not None and self._build is not None:
            self._bars.update(self._build, completed=self.forecast.share())

    def build_left(self) -> str:
        """Of the whole build, as the end of a line; nothing where it is not known."""
        left = self.forecast.left()
        return f"; build: {self.forecast.share():.0%}, {duration(left)} left" if left else ""

    def say(self, line: str) -> None:
        """A line for the person, beside the bars."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def total(self) -> Usage:
        """All stages together."""
        return sum(self.used.values(), Usage(0.0, 0.0, 0))

    def print_table(self) -> None:
        """What took how much, in the order it was done."""
        table = Table("stage", "seconds", "share", "CPU s", "peak GiB so far", box=None, header_style="dim")
        for column in table.columns[1:]:
            column.justify = "right"
        total = self.total()
        for name, used in [*self.used.items(), ("total", total)]:
            share = used.wall / max(total.wall, 1e-9)
            table.add_row(name, f"{used.wall:.1f}", f"{share:.0%}", f"{used.cpu:.1f}", f"{used.peak / GIB:.2f}")
        self.console.print(table)

    def write_profile(self, path: Path) -> None:
        """The table as JSON: seconds, and bytes resident at most by the end of each stage."""
        rows = {
            name: {"cpu_seconds": used.cpu, "wall_seconds": used.wall, "peak_bytes": used.peak}
            for name, used in [*self.used.items(), ("total", self.total())]
        }
        content = {"cores": os.cpu_count(), "total": rows.pop("total"), "stages": rows}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@runtime_checkable
class Bar(Protocol):
    """How far something is, as a person sees it."""

    def advance(self, done: float) -> None:
        """So many more units are done."""

    def set(self, done: float, total: float) -> None:
        """So many units are done, of so many."""

    def close(self) -> None:
        """It is not shown any longer."""


@dataclass
class _Drawn:
    """A bar in a terminal."""

    stages: Stages
    bars: Progress
    task: TaskID

    def advance(self, done: float) -> None:
        self.bars.advance(self.task, done)
        self.stages.show_share()

    def set(self, done: float, total: float) -> None:
        self.bars.update(self.task, completed=done, total=total)

    def close(self) -> None:
        self.bars.remove_task(self.task)


@dataclass
class _Lines:
    """A long stage's progress as a line now and then."""

    stages: Stages
    name: str
    total: float
    unit: str
    silent: bool = False
    done: float = 0.0
    begun: float = field(default_factory=lambda: time.monotonic())
    said: float = field(default_factory=lambda: time.monotonic())

    def advance(self, done: float) -> None:
        self.done += done
        now = time.monotonic()
        if self.silent or now - self.said < EVERY_SECONDS or not 0 < self.done < self.total:
            return
        self.said, rate = now, self.done / (now - self.begun)
        left = self.stages.build_left() or f", {duration((self.total - self.done) / rate)} left"
        self.stages.say(
            f"{self.name}: {self.done:,.0f} of {self.total:,.0f} {self.unit}, {_rate(rate)}, {_memory()}{left}"
        )

    def set(self, done: float, total: float) -> None:
        self.total = total
        self.advance(done - self.done)

    def close(self) -> None:
        """Lines stay."""


class _Done(ProgressColumn):
    """How much of a stage's units is done, or of the build's time."""

    def render(self, task: Task) -> Text:
        if task.fields["kind"] == "build":
            return Text(f"{task.completed:.0%}")
        return Text(f"{task.completed:,.0f}/{task.total or 0:,.0f} {task.fields['unit']}")


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        return Text(_rate(task.speed) if task.speed and task.fields["kind"] != "build" else "")


class _Left(ProgressColumn):
    """Time left: of the build where that is known, and of the stage at work."""

    def __init__(self, forecast: Forecast) -> None:
        super().__init__()
        self.forecast = forecast

    def render(self, task: Task) -> Text:
        seconds, whole = task.time_remaining, self.forecast.left()
        if task.fields["kind"] != "stage" and whole is not None:
            seconds = whole if task.fields["kind"] == "build" else None
        return Text(f"{duration(seconds)} left" if seconds is not None else "")


class _Memory(ProgressColumn):
    """Resident memory."""

    def render(self, task: Task) -> Text:
        return Text(_memory() if task.fields["kind"] == "stage" else "", style="dim")


def _columns(forecast: Forecast) -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description:<16}", markup=False),
        BarColumn(24),
        _Done(),
        _Rate(),
        _Left(forecast),
        _Memory(),
    )


def _rate(a_second: float) -> str:
    return f"{a_second:,.0f}/s" if a_second >= 10 else f"{a_second:.1f}/s"


def _memory() -> str:
    return f"{resident_bytes() / GIB:.1f} GiB"


def duration(seconds: float) -> str:
    """In words."""
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 100 else f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
