"""What `featviz plan` says, beside what the build then took: ``python -m tests.benchmarks.planned``.

Several seeded cases of different shapes; a figure that is off by more than a factor of 2 is marked, and ends the
command with 1. A machine that is busy with other things while one of the two is measured makes them differ; ``--cpu``
compares CPU time, planned from rates in CPU time.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from featviz.plan import make_plan
from featviz.plan.rates import measure_rates
from featviz.settings import Settings
from tests.benchmarks.case import Case, Shape, make_case
from tests.benchmarks.measure import cost_of

BASE = Shape(d_model=128, d_mlp=512, n_heads=4, d_vocab=16_000, d_sae=4096, sequences=256, l0=24.0)
CASES = {
    "base": BASE,
    "tokens x 4": replace(BASE, sequences=1024),
    "features x 4": replace(BASE, d_sae=16_384),
    "vocabulary x 3": replace(BASE, d_vocab=48_000),
}
WITHIN = 2.0


@dataclass(frozen=True)
class Row:
    """A figure, as planned and as it was."""

    what: str
    planned: float
    found: float
    unit: str

    @property
    def kept(self) -> bool:
        return 1 / WITHIN <= self.planned / max(self.found, 1e-9) <= WITHIN

    def __str__(self) -> str:
        ratio = self.planned / max(self.found, 1e-9)
        verdict = "" if self.kept else "  MISSED"
        return f"  {self.what:<26}{self.planned:>12,.1f}{self.found:>12,.1f} {self.unit:<8}{ratio:>6.2f}{verdict}"


@click.command()
@click.option("--small", is_flag=True, help="The first case alone.")
@click.option("--cpu", is_flag=True, help="By CPU time, for a busy machine.")
@click.option("--only", type=click.Choice(list(CASES)), help="One case.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where cases are kept.  [default: a temporary one]")
def main(small: bool, cpu: bool, only: str | None, folder: Path | None) -> None:
    """Plan and build every case, and print both."""
    missed, clock = False, time.process_time if cpu else time.perf_counter
    with tempfile.TemporaryDirectory() as temporary:
        for name in [only] if only else list(CASES)[: 1 if small else None]:
            case = make_case((folder or Path(temporary) / "cases") / name.replace(" ", "-"), CASES[name])
            click.echo(f"{name}\n  {'':<26}{'planned':>12}{'found':>12}")
            for row in rows(case, Path(temporary) / name.replace(" ", "-"), clock):
                click.echo(row)
                missed |= not row.kept
    raise SystemExit(missed)


def rows(case: Case, out: Path, clock: Callable[[], float]) -> Iterator[Row]:
    """A case's figures, by wall time or by CPU time."""
    shape = case.shape
    settings = Settings(
        model=str(case.model), sae=str(case.sae_a), sae_b=str(case.sae_b), tokens=str(case.tokens), out=str(out),
        max_tokens=shape.places, features=f"0-{shape.d_sae - 1}",
    )  # fmt: skip
    planned = make_plan(settings, shape.l0, measure_rates(clock=clock)).estimate
    given = {name: value for name, value in settings.recorded().items() if value != getattr(Settings(), name)}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    profile = out.with_suffix(".json")
    command = [sys.executable, "-m", "featviz", "build", *options, f"--profile={profile}"]
    cost = cost_of(command, out.with_suffix(".log"))
    stages = json.loads(profile.read_text("utf-8"))["stages"]
    kind, took = ("cpu", cost.cpu) if clock is time.process_time else ("wall", cost.wall)
    yield Row(f"{kind} time", planned.total, took, "s")
    for stage, used in stages.items():
        seconds, found = planned.seconds.get(stage, 0.0), used[f"{kind}_seconds"]
        if max(seconds, found) > took / 10:
            yield Row(f"  {stage}", seconds, found, "s")
    files = [path for path in out.rglob("*") if path.is_file()]
    yield Row("memory", planned.peak / 2**20, cost.peak * 1024, "MiB")
    yield Row("site", planned.site / 1e6, sum(path.stat().st_size for path in files) / 1e6, "MB")
    yield Row("files", planned.files, len(files), "")


if __name__ == "__main__":
    main()
