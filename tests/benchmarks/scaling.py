"""How time and peak memory grow with tokens, features and vocabulary, at a small model's shape.

``python -m tests.benchmarks.scaling`` builds a site for every point, from 16k to 1M tokens, from 2k to 65k features and
from 2k to 64k vocabulary entries (``--small``: the first three of each), and prints a table. An exponent of 1 is linear
growth: it is that of a straight line through the logarithms, from one point to the next. ``--plot FILE`` draws the
points with matplotlib.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import click

from tests.benchmarks.case import Shape, make_case
from tests.benchmarks.precompute import build

BASE = Shape(d_model=64, d_mlp=256, n_heads=4, d_vocab=4096, d_sae=2048, sequences=128, l0=16.0)
"""16k tokens of 128."""
SERIES = {
    "tokens": [replace(BASE, sequences=128 * 4**step) for step in range(4)],
    "features": [replace(BASE, d_sae=2048 * 2**step) for step in range(6)],
    "vocabulary": [replace(BASE, d_vocab=2000 * 2**step) for step in range(6)],
}


@dataclass(frozen=True)
class Point:
    """One build."""

    series: str
    size: int
    cpu: float
    wall: float
    peak: float
    """GiB."""


@click.command()
@click.option("--small", is_flag=True, help="Only the first three points of each series.")
@click.option("--json", "as_json", is_flag=True, help="Print the points as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), help="An SVG file to draw the points into, with matplotlib.")
def main(small: bool, as_json: bool, plot: Path | None) -> None:
    """Build at every size, and print what it cost."""
    points = []
    for series, shapes in SERIES.items():
        for shape in shapes[: 3 if small else None]:
            points.append(measure(series, shape))
            print(f"{series} {points[-1].size:,}: {points[-1].cpu:.0f} CPU s", file=sys.stderr, flush=True)
    click.echo(json.dumps([vars(point) for point in points], indent=2) if as_json else "\n".join(table(points)))
    if plot:
        draw(points, plot)


def measure(series: str, shape: Shape) -> Point:
    """Build the site of one shape, with a dashboard for every feature of A."""
    size = {"tokens": shape.places, "features": shape.d_sae, "vocabulary": shape.d_vocab}[series]
    folder = Path(tempfile.mkdtemp())
    try:
        cost, _ = build(make_case(folder / "case", shape), folder / "out", f"0-{shape.d_sae - 1}")
    finally:
        shutil.rmtree(folder)
    return Point(series, size, cost.cpu, cost.wall, cost.peak)


def table(points: list[Point]) -> list[str]:
    """Every point, with how its cost grew from the one before it."""
    lines = [f"{'':<12}{'size':>10}{'CPU s':>9}{'wall s':>9}{'GiB':>7}{'CPU grows as':>14}{'GiB grows as':>14}"]
    for series in dict.fromkeys(point.series for point in points):
        mine = [point for point in points if point.series == series]
        growth = [("", ""), *(exponents(before, after) for before, after in pairwise(mine))]
        for point, (cpu, peak) in zip(mine, growth, strict=True):
            lines.append(
                f"{series:<12}{point.size:>10,}{point.cpu:>9.1f}{point.wall:>9.1f}{point.peak:>7.2f}{cpu:>14}{peak:>14}"
            )
    return lines


def exponents(before: Point, after: Point) -> tuple[str, str]:
    """The powers of the size as which CPU time and peak memory grow."""
    step = log(after.size / before.size)
    cpu, peak = log(after.cpu / before.cpu) / step, log(after.peak / before.peak) / step
    return f"size^{cpu:.2f}", f"size^{peak:.2f}"


def draw(points: list[Point], path: Path) -> None:
    """Time and memory against each size, as an SVG."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise click.ClickException("--plot needs matplotlib: pip install matplotlib") from error
    figure, axes = pyplot.subplots(2, len(SERIES), figsize=(11, 5), sharey="row", layout="constrained")
    for column, series in enumerate(SERIES):
        mine = [point for point in points if point.series == series]
        rows: list[tuple[str, list[float]]] = [
            ("CPU seconds", [point.cpu for point in mine]),
            ("peak GiB", [point.peak for point in mine]),
        ]
        for row, (title, values) in enumerate(rows):
            axis: Any = axes[row, column]
            axis.loglog([point.size for point in mine], values, "o-")
            axis.set(xlabel=series, ylabel=title if column == 0 else "")
            axis.grid(visible=True, alpha=0.3)
    figure.savefig(path)


if __name__ == "__main__":
    main()
