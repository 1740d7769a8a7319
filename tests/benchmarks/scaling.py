"""How time and peak memory grow with tokens, features and vocabulary, at a small model's shape.

``python -m tests.benchmarks.scaling`` builds a site for every point, at 1, 4, 16 and 64 times the tokens, 1, 4, 16 and
32 times the features and 1, 4 and 16 times the vocabulary (``--small``: not beyond 16), and prints a table. An exponent
of 1 is linear growth: it is that of a straight line through the logarithms, from one point to the next. ``--plot FILE``
draws the points.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, log, log10
from pathlib import Path

import click

from tests.benchmarks.case import Shape, make_case
from tests.benchmarks.precompute import build

BASE = Shape(d_model=64, d_mlp=256, n_heads=4, d_vocab=4096, d_sae=2048, sequences=128, l0=16.0)
"""16k tokens of 128."""
SERIES = {
    "tokens": [replace(BASE, sequences=128 * times) for times in (1, 4, 16, 64)],
    "features": [replace(BASE, d_sae=2048 * times) for times in (1, 4, 16, 32)],
    "vocabulary": [replace(BASE, d_vocab=4096 * times) for times in (1, 4, 16)],
}


@dataclass(frozen=True)
class Point:
    """One build."""

    series: str
    size: int
    cpu: float
    wall: float
    peak: float
    """GiB resident at most."""
    anonymous: float
    """GiB of these that lie in no file."""


@click.command()
@click.option("--small", is_flag=True, help="Not beyond 16 times.")
@click.option("--json", "as_json", is_flag=True, help="Print the points as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), help="An SVG file to draw the points into.")
def main(small: bool, as_json: bool, plot: Path | None) -> None:
    """Build at every size, and print what it cost."""
    points, known = [], dict[Shape, Point]()
    for series, shapes in SERIES.items():
        for shape in shapes[: 3 if small else None]:
            known[shape] = known.get(shape) or measure(series, shape)
            points.append(replace(known[shape], series=series, size=size_of(series, shape)))
            print(table(points)[-1], file=sys.stderr, flush=True)
    click.echo(json.dumps([vars(point) for point in points], indent=2) if as_json else "\n".join(table(points)))
    if plot:
        plot.write_text(drawn(points), encoding="utf-8")


def measure(series: str, shape: Shape) -> Point:
    """Build the site of one shape, with a dashboard for every feature of A."""
    folder = Path(tempfile.mkdtemp())
    try:
        cost, _ = build(make_case(folder / "case", shape), folder / "out", f"0-{shape.d_sae - 1}")
    finally:
        shutil.rmtree(folder)
    return Point(series, size_of(series, shape), cost.cpu, cost.wall, cost.peak, cost.anonymous)


def size_of(series: str, shape: Shape) -> int:
    """What the series is about."""
    return {"tokens": shape.places, "features": shape.d_sae, "vocabulary": shape.d_vocab}[series]


def table(points: list[Point]) -> list[str]:
    """Every point, with how its cost grew from the one before it."""
    heads = f"{'CPU s':>9}{'wall s':>9}{'peak GiB':>10}{'anonymous':>11}{'CPU grows as':>14}{'memory as':>12}"
    lines = [f"{'':<12}{'size':>10}{heads}"]
    for series in dict.fromkeys(point.series for point in points):
        mine = [point for point in points if point.series == series]
        growth = [("", ""), *(exponents(before, after) for before, after in pairwise(mine))]
        for point, (cpu, peak) in zip(mine, growth, strict=True):
            cost = f"{point.cpu:>9.1f}{point.wall:>9.1f}{point.peak:>10.2f}{point.anonymous:>11.2f}"
            lines.append(f"{series:<12}{point.size:>10,}{cost}{cpu:>14}{peak:>12}")
    return lines


def exponents(before: Point, after: Point) -> tuple[str, str]:
    """The powers of the size as which CPU time and anonymous memory grow."""
    step = log(after.size / before.size)
    cpu, memory = log(after.cpu / before.cpu) / step, log(after.anonymous / before.anonymous) / step
    return f"size^{cpu:.2f}", f"size^{memory:.2f}"


WIDTH, HEIGHT, MARGIN = 300, 190, 46
"""Of one plot, in pixels, and the room for its labels."""


def drawn(points: list[Point]) -> str:
    """Time and memory against each size, both axes logarithmic, as an SVG."""
    rows = {"CPU seconds": [point.cpu for point in points], "peak GiB": [point.peak for point in points]}
    plots = []
    for row, (title, values) in enumerate(rows.items()):
        bounds = 10 ** floor(log10(min(values))), 10 ** ceil(log10(max(values)))
        for column, series in enumerate(SERIES):
            mine = [(point.size, value) for point, value in zip(points, values, strict=True) if point.series == series]
            place = f'<g transform="translate({column * WIDTH} {row * HEIGHT})">'
            plots.append(place + "".join(_plot(mine, bounds, series, title)) + "</g>")
    size = f'width="{len(SERIES) * WIDTH}" height="{len(rows) * HEIGHT}"'
    style = "text{font:11px sans-serif}path,line{fill:none;stroke:#888}path{stroke:#06c;stroke-width:2}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{"".join(plots)}</svg>\n'


def _plot(points: list[tuple[int, float]], bounds: tuple[float, float], series: str, title: str) -> Iterator[str]:
    """The marks of one plot."""
    low, high = (log10(bound) for bound in bounds)
    first, last = log10(points[0][0]), log10(points[-1][0])
    bottom, right = HEIGHT - MARGIN, WIDTH - 12

    def across(size: float) -> float:
        return MARGIN + (right - MARGIN) * (log10(size) - first) / (last - first)

    def down(value: float) -> float:
        return bottom - (bottom - 20) * (log10(value) - low) / (high - low)

    for power in range(round(low), round(high) + 1):
        at = down(10.0**power)
        yield f'<line x1="{MARGIN}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{MARGIN - 4}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for size, value in points:
        yield f'<circle cx="{across(size):.1f}" cy="{down(value):.1f}" r="3" fill="#06c"/>'
        yield f'<text x="{across(size):.1f}" y="{bottom + 16}" text-anchor="middle">{size / 1000:,.0f}k</text>'
    yield f'<path d="M{" L".join(f"{across(size):.1f} {down(value):.1f}" for size, value in points)}"/>'
    yield f'<text x="{MARGIN}" y="12">{title}</text>'
    yield f'<text x="{(MARGIN + right) / 2:.0f}" y="{bottom + 34}" text-anchor="middle">{series}</text>'


if __name__ == "__main__":
    main()
