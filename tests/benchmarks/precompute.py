"""All features of a real-sized SAE: featviz, the algorithm it replaces, and what cannot be avoided, in one table.

``python -m tests.benchmarks.precompute`` takes the shape of gelu-1l with two SAEs of 16,384 features (some ten minutes
on two cores; ``--small``: an eighth of the features, a few minutes) and prints CPU seconds, wall time, peak memory and
bytes a feature. The baseline's cost is a line through a few calls, extrapolated to all features at 1,000 a call.
``--peer PYTHON`` runs sae_vis or SAEDashboard on the same case, where one of them is installed for that interpreter.
The baseline and the peers run in one thread, which takes them the fewest CPU seconds.
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
from tests.benchmarks.case import Case, Shape, make_case
from tests.benchmarks.floor import Work, floor, measure_rates
from tests.benchmarks.measure import ONE_THREAD, Cost, cost_of
from tests.benchmarks.peers import measure_peer
from tests.benchmarks.precompute_table import FEATURES_A_CALL, FEW, table


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
@click.option("--peer", "peers", type=click.Path(path_type=Path), multiple=True, help="Python that has a peer.")
def main(small: bool, as_json: bool, folder: Path | None, peers: tuple[Path, ...]) -> None:
    """Measure everything, one after the other, and print the table."""
    shape = Shape().smaller(8) if small else Shape()
    with tempfile.TemporaryDirectory() as temporary:
        case = make_case(folder or Path(temporary) / "case", shape)
        figures = measure(case, Path(temporary), small) | {"peers": measure_peers(case, Path(temporary), peers)}
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(table(figures)))


def measure(case: Case, scratch: Path, small: bool) -> dict[str, Any]:
    """Every figure of the report."""
    say("featviz, all features")
    built, out = build(case, scratch / "all", f"0-{case.shape.d_sae - 1}")
    say(f"featviz, {FEW} features")
    few, few_out = build(case, scratch / "few", f"0-{FEW - 1}")
    say("the seed's algorithm")
    baseline = measure_baseline(case, scratch, (2, 8) if small else (2, 96))
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
        "profile": read_profile(out),
        "profile_few": read_profile(few_out),
    }


def measure_peers(case: Case, scratch: Path, peers: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Every peer's line, and what it comes to for all features."""
    found = []
    for number, python in enumerate(peers):
        say(f"the peer of {python}")
        peer = measure_peer(python, case, scratch / f"peer-{number}")
        found.append(asdict(peer) | {"all": peer.all_features(case.shape.d_sae)})
    return found


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


def read_profile(out: Path) -> dict[str, Any]:
    profile: dict[str, Any] = json.loads(out.with_name(f"{out.name}.profile.json").read_text(encoding="utf-8"))
    return profile


def measure_baseline(case: Case, scratch: Path, sizes: tuple[int, ...]) -> Baseline:
    """Fit a line through calls of a few sizes."""
    costs, calls = [], []
    for features in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.seed", str(case.model.parent), str(features)]
        costs.append(cost_of(command, scratch / "seed.log", ONE_THREAD))
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


if __name__ == "__main__":
    main()
