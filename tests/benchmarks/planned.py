"""What `featviz plan` says, beside what the build then took: ``python -m tests.benchmarks.planned``.

Several seeded cases of different shapes; a figure that is off by more than a factor of 2 is marked, and ends the
command with 1. A machine that is busy with other things while one of the two is measured makes them differ.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

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
@click.option("--folder", type=click.Path(path_type=Path), help="Where cases are kept.  [default: a temporary one]")
def main(small: bool, folder: Path | None) -> None:
    """Plan and build every case, and print both."""
    missed = False
    with tempfile.TemporaryDirectory() as temporary:
        for name, shape in list(CASES.items())[: 1 if small else None]:
            case = make_case((folder or Path(temporary)) / name.replace(" ", "-"), shape)
            click.echo(f"{name}\n  {'':<26}{'planned':>12}{'found':>12}")
            for row in rows(case, Path(temporary) / "out"):
                click.echo(row)
                missed |= not row.kept
    raise SystemExit(missed)


def rows(case: Case, out: Path) -> Iterator[Row]:
    """A case's figures."""
    options = [f"--model={case.model}", f"--sae={case.sae_a}", f"--sae-b={case.sae_b}", f"--tokens={case.tokens}"]
    options += [f"--out={out}", f"--max-tokens={case.shape.places}", f"--features=0-{case.shape.d_sae - 1}"]
    plan = [sys.executable, "-m", "featviz", "plan", *options, f"--l0={case.shape.l0}", "--json"]
    planned = json.loads(cost_of(plan, out.with_suffix(".plan.log")).output)["estimate"]
    profile = out.with_suffix(".json")
    command = [sys.executable, "-m", "featviz", "build", *options, f"--profile={profile}"]
    cost = cost_of(command, out.with_suffix(".log"))
    stages = json.loads(profile.read_text("utf-8"))["stages"]
    yield Row("wall time", planned["total_seconds"], cost.wall, "s")
    for stage, seconds in planned["seconds"].items():
        found = stages.get(stage, {"wall_seconds": 0.0})["wall_seconds"]
        if found > cost.wall / 10:
            yield Row(f"  {stage}", seconds, found, "s")
    files = [path for path in out.rglob("*") if path.is_file()]
    yield Row("memory", planned["peak"] / 2**20, cost.peak * 1024, "MiB")
    yield Row("site", planned["site"] / 1e6, sum(path.stat().st_size for path in files) / 1e6, "MB")
    yield Row("files", planned["files"], len(files), "")


if __name__ == "__main__":
    main()
