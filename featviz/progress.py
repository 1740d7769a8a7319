"""What a person waiting sees: one live display of the stage at work, and a table of what took how much."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from featviz.usage import GIB, Usage, resident_bytes

EVERY_SECONDS = 30.0
"""How often a long stage says a line where stderr is no terminal."""


@dataclass
class Stages:
    """Measures each stage and shows it on stderr: bars in a terminal, plain lines elsewhere."""

    console: Console = field(default_factory=lambda: Console(file=sys.stderr))
    used: dict[str, Usage] = field(default_factory=dict)
    """By stage; stages of one name add up."""
    _bars: Progress | None = None

    @contextmanager
    def live(self) -> Iterator[None]:
        """While inside, a terminal shows the bars; they are gone afterwards, however it ends."""
        if not self.console.is_terminal:
            yield
            return
        with Progress(*_columns(), console=self.console, transient=True) as self._bars:
            try:
                yield
            finally:
                self._bars = None

    @contextmanager
    def stage(self, name: str, total: int, unit: str = "") -> Iterator[Callable[[float], None]]:
        """A stage of ``total`` units; call what it yields with the units done. Stages of one name add up."""
        begun = Usage.now()
        with self._shown(name, total, unit) as advance:
            yield advance
        used = Usage.now().since(begun)
        self.used[name] = self.used[name] + used if name in self.used else used
        if not self.console.is_terminal:
            self.say(f"{name}: {total:,} {unit} in {used.wall:.1f} s")

    @contextmanager
    def whole(self, name: str, total: int, unit: str) -> Iterator[Callable[[float], None]]:
        """Work that goes through several stages again and again: shown with its own time left, not measured."""
        with self._shown(name, total, unit) as advance:
            yield advance

    @contextmanager
    def _shown(self, name: str, total: int, unit: str) -> Iterator[Callable[[float], None]]:
        bar = self.bar(name, total, unit)
        try:
            yield bar.advance
        finally:
            bar.close()

    def bar(self, name: str, total: float, unit: str) -> "Bar":
        """How far something is, until it is closed."""
        if self._bars is None:
            return _Lines(self, name, total, unit)
        return _Drawn(self._bars, self._bars.add_task(name, total=total, unit=unit))

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

    bars: Progress
    task: TaskID

    def advance(self, done: float) -> None:
        self.bars.advance(self.task, done)

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
    done: float = 0.0
    begun: float = field(default_factory=lambda: time.monotonic())
    said: float = field(default_factory=lambda: time.monotonic())

    def advance(self, done: float) -> None:
        self.done += done
        now = time.monotonic()
        if now - self.said < EVERY_SECONDS or not 0 < self.done < self.total:
            return
        self.said, rate = now, self.done / (now - self.begun)
        left = duration((self.total - self.done) / rate)
        self.stages.say(
            f"{self.name}: {self.done:,.0f} of {self.total:,.0f} {self.unit}, {_rate(rate)}, {left} left, {_memory()}"
        )

    def set(self, done: float, total: float) -> None:
        self.total = total
        self.advance(done - self.done)

    def close(self) -> None:
        """Lines stay."""


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        return Text(_rate(task.speed) if task.speed else "")


class _Memory(ProgressColumn):
    """Resident memory."""

    def render(self, task: Task) -> Text:
        return Text(_memory(), style="dim")


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description:<16}", markup=False),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}", markup=False),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
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
