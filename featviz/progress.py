"""What a person waiting sees: one bar a stage with the time left, and a table of what took how long."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table


@dataclass
class Stages:
    """Times each stage and draws its bar on stderr; plain lines where stderr is no terminal."""

    console: Console = field(default_factory=lambda: Console(file=sys.stderr))
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, total: int, unit: str = "") -> Iterator[Callable[[int], None]]:
        """A stage of ``total`` units; call what it yields with the units done. Stages of one name add up."""
        begun = time.perf_counter()
        with self._bar(name, total, unit) as advance:
            yield advance
        spent = time.perf_counter() - begun
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        if not self.console.is_terminal:
            self.console.print(f"{name}: {total:,} {unit} in {spent:.1f} s", highlight=False)

    @contextmanager
    def _bar(self, name: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        if not self.console.is_terminal:
            yield lambda done: None
            return
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(name, total=total)
            yield lambda done: progress.advance(task, done)

    def say(self, line: str) -> None:
        """A line for the person, beside the bars."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def print_table(self) -> None:
        """What took how long, in the order it was done."""
        table = Table("stage", "seconds", "share", box=None, header_style="dim")
        for column in table.columns[1:]:
            column.justify = "right"
        total = sum(self.seconds.values())
        for name, seconds in [*self.seconds.items(), ("total", total)]:
            table.add_row(name, f"{seconds:.1f}", f"{seconds / max(total, 1e-9):.0%}")
        self.console.print(table)
