"""All features of a real-sized SAE: featviz, the algorithm it replaces, and what cannot be avoided, in one table.

``python -m tests.benchmarks.precompute`` takes the shape of gelu-1l with two SAEs of 16,384 features (about an hour on
two cores; ``--small``: an eighth of the features, a few minutes) and prints CPU seconds, wall time, peak memory and
bytes a feature. The baseline's cost is a line through a few calls, extrapolated to all features at 1,000 a call.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from featviz.bundle.reader import Bundle
from featviz.usage import GIB
from tests.benchmarks.case import Case, Shape, make_case
from tests.benchmarks.floor import Work, floor, measure_rates
from tests.benchmarks.measure import Cost, cost_of

FEATURES_A_CALL = 1000
FEW = 32


@dataclass(frozen=True)
class Baseline:
    """The seed's algorithm: CPU seconds of a call as a line in its number of features."""

    load: float
    """To import and load, once."""
    fixed: float
    per_feature: float
    peak: float
    bytes_per_feature: float

    def all_features(self, features: int) -> float:
        """CPU seconds, extrapolated."""
        return self.load + self.fixed * features / FEATURES_A_CALL + self.per_feature * features

    def one_call(self, features: int) -> float:
        """CPU seconds of one call."""
        return self.load + self.fixed + self.per_feature * features


@click.command()
@click.option("--small", is_flag=True, help="An eighth of the features.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the case is kept.  [default: a temporary one]")
def main(small: bool, as_json: bool, folder: Path | None) -> None:
    """Measure everything, one after the other, and print the table."""
    shape = Shape().smaller(8) if small else Shape()
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(make_case(folder or Path(temporary) / "case", shape), Path(temporary), small)
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(table(figures)))


def measure(case: Case, scratch: Path, small: bool) -> dict[str, Any]:
    """Every figure of the report."""
    say("featviz, all features")
    built, out = build(case, scratch / "all", f"0-{case.shape.d_sae - 1}")
    say(f"featviz, {FEW} features")
    few, _ = build(case, scratch / "few", f"0-{FEW - 1}")
    say("the seed's algorithm")
    baseline = measure_baseline(case, scratch, (2, 8) if small else (2, 32))
    say("this machine's rates")
    rates = measure_rates(case.shape)
    work = work_of(Bundle.open(out))
    sae = Bundle.open(out).sae("A")
    return {
        "shape": asdict(case.shape),
        "work": asdict(work),
        "rates": asdict(rates),
        "floor": floor(case.shape, work, rates),
        "featviz": {**_figures(built), "bytes_per_feature": sae.bytes / sae.d_sae},
        "few": _figures(few),
        "seed": asdict(baseline) | {"all": baseline.all_features(case.shape.d_sae), "few": baseline.one_call(FEW)},
        "profile": json.loads((out.with_name(f"{out.name}.profile.json")).read_text(encoding="utf-8")),
    }


def say(line: str) -> None:
    """What is being done, for the person waiting."""
    print(line, file=sys.stderr, flush=True)


def build(case: Case, out: Path, features: str) -> tuple[Cost, Path]:
    """Run ``featviz build`` for some features of A."""
    options = {
        "model": case.model, "sae": case.sae_a, "sae-b": case.sae_b, "tokens": case.tokens, "out": out,
        "features": features, "neighbours": 3, "max-tokens": case.shape.places, "context": case.shape.context,
        "profile": f"{out}.profile.json",
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return cost_of([sys.executable, "-m", "featviz", "build", *words], out.with_suffix(".log")), out


def measure_baseline(case: Case, scratch: Path, sizes: tuple[int, ...]) -> Baseline:
    """Fit a line through calls of a few sizes."""
    costs, calls = [], []
    for features in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.seed", str(case.model.parent), str(features)]
        costs.append(cost_of(command, scratch / "seed.log"))
        calls.append(json.loads(costs[-1].output))
    slope, fixed = np.polyfit(sizes, [call["cpu"] for call in calls], 1)
    load = min(cost.cpu - call["cpu"] for cost, call in zip(costs, calls, strict=True))
    peak = max(cost.peak for cost in costs)
    return Baseline(load, float(fixed), float(slope), peak, calls[-1]["bytes"] / sizes[-1])


def work_of(bundle: Bundle) -> Work:
    """Count, in what was built, the positions and features that the effects were asked for."""
    sae, tokens = bundle.sae("A"), bundle.manifest.tokens
    context = tokens.context or 0
    places, pairs = np.zeros((tokens.sequences or 0) * context, dtype=bool), 0
    for chunk in range(sae.chunks):
        for record in bundle.chunk("A", chunk).records:
            windows = record.windows
            shown = np.repeat(windows.seq * context + windows.start, windows.length)
            shown += np.arange(len(shown)) - np.repeat(np.cumsum(windows.length) - windows.length, windows.length)
            removed = np.unique(shown[windows.effects.at] - 1)
            places[removed] = True
            pairs += len(removed)
    firings = (sae.firings, bundle.sae("B").firings)
    return Work(firings, int(places.sum()), pairs, sae.bytes, sae.d_sae)


def _figures(cost: Cost) -> dict[str, float]:
    return {"cpu": cost.cpu, "wall": cost.wall, "peak": cost.peak}


def table(figures: dict[str, Any]) -> list[str]:
    """The report, line by line."""
    ours, seed, few = figures["featviz"], figures["seed"], figures["few"]
    lowest, shape = sum(figures["floor"].values()), figures["shape"]
    tokens = shape["sequences"] * shape["context"]
    lines = [
        f"{shape['d_sae']:,} features of A, B as many, {tokens:,} tokens, d_vocab {shape['d_vocab']:,}, "
        f"{figures['work']['pairs']:,} effects at {figures['work']['positions']:,} positions",
        "",
        f"{'':<32}{'CPU-s':>10}{'wall s':>9}{'GiB':>7}{'bytes a feature':>17}",
        f"{'featviz, all':<32}{ours['cpu']:>10,.0f}{ours['wall']:>9,.0f}{ours['peak']:>7.2f}"
        f"{ours['bytes_per_feature']:>17,.0f}",
        f"{'featviz, ' + str(FEW) + ' features':<32}{few['cpu']:>10,.1f}{few['wall']:>9,.1f}{few['peak']:>7.2f}",
        f"{'seed, all (extrapolated)':<32}{seed['all']:>10,.0f}{'':>9}{seed['peak']:>7.2f}"
        f"{seed['bytes_per_feature']:>17,.0f}",
        f"{'seed, ' + str(FEW) + ' features (extrapolated)':<32}{seed['few']:>10,.1f}",
        f"{'   a call':<32}{seed['fixed']:>10,.1f}",
        f"{'   a feature':<32}{seed['per_feature']:>10,.2f}",
        f"{'floor':<32}{lowest:>10,.1f}",
        *(f"{'   ' + name:<32}{seconds:>10,.1f}" for name, seconds in figures["floor"].items()),
        "",
        *(verdict(*row) for row in targets(ours, seed, few, lowest)),
        "",
        f"{'where featviz spends it, all':<32}{'CPU-s':>10}{'wall s':>9}{'GiB':>7}",
    ]
    for name, stage in figures["profile"]["stages"].items():
        cpu, wall, peak = stage["cpu_seconds"], stage["wall_seconds"], stage["peak_bytes"] / GIB
        lines.append(f"{'   ' + name:<32}{cpu:>10,.1f}{wall:>9,.1f}{peak:>7.2f}")
    return lines


def targets(
    ours: dict[str, float], seed: dict[str, float], few: dict[str, float], lowest: float
) -> list[tuple[str, float, float, bool]]:
    """(what, found, target, whether more is better)."""
    return [
        ("seed / featviz, all, CPU", seed["all"] / ours["cpu"], 110, True),
        (f"seed / featviz, {FEW} features, CPU", seed["few"] / few["cpu"], 10, True),
        ("featviz / floor, CPU", ours["cpu"] / lowest, 1.5, False),
        ("featviz, wall / CPU", ours["wall"] / ours["cpu"], 0.6, False),
        ("featviz, peak memory in GiB", ours["peak"], 4.0, False),
    ]


def verdict(what: str, found: float, target: float, more: bool) -> str:
    """One target, and whether it was reached."""
    reached = found >= target if more else found <= target
    return f"{what:<40}{found:>9.2f}  {'at least' if more else 'at most '} {target:<6} {'ok' if reached else 'MISSED'}"


if __name__ == "__main__":
    main()
