"""Whether the time left that a build shows is true: ``python -m tests.benchmarks.waiting``.

Builds the site of a seeded case, notes every second what is shown, and prints how wrong that was in the end: the error
of the time left, as a share of the time that was truly left, after the first minute and before the last five seconds.
The sizes are those of ``tests.benchmarks.precompute --small`` (``--full``: of all of it). A machine that becomes busy
or idle meanwhile makes every estimate wrong; ``--cpu`` takes CPU time instead, of rates, forecast and truth.
"""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from featviz.forecast import Forecast
from featviz.pipeline.build import build
from featviz.plan.expect import expectation
from featviz.plan.rates import measure_rates
from featviz.progress import Stages
from featviz.settings import Settings
from tests.benchmarks.case import Shape, make_case

FIRST, LAST = 60.0, 5.0
"""Seconds at the beginning and at the end that do not count."""
ALLOWED = 0.2
EVERY = 1.0


@dataclass(frozen=True)
class Sample:
    """What was shown at one moment."""

    at: float
    """Seconds after the build began."""
    stage: str
    left: float


@click.command()
@click.option("--full", is_flag=True, help="Eight times the features.")
@click.option("--cpu", is_flag=True, help="By CPU time, for a busy machine.")
@click.option("--first", default=FIRST, show_default=True, help="Seconds that do not count.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the case is kept.  [default: a temporary one]")
def main(full: bool, cpu: bool, first: float, folder: Path | None) -> None:
    """Build and compare; ends with 1 if more than a tenth of the moments are off by more than a fifth."""
    with tempfile.TemporaryDirectory() as temporary:
        case = make_case(folder or Path(temporary) / "case", Shape() if full else Shape().smaller(8))
        settings = Settings(
            model=str(case.model), sae=str(case.sae_a), sae_b=str(case.sae_b), tokens=str(case.tokens),
            out=str(Path(temporary) / "out"), max_tokens=case.shape.places, context=case.shape.context,
            features=f"0-{case.shape.d_sae - 1}",
        )  # fmt: skip
        clock, samples = time.process_time if cpu else time.monotonic, list[Sample]()
        rates = measure_rates(clock=clock) if cpu else None
        begun, stages = clock(), Stages(expected=expectation(settings, rates), forecast=Forecast(clock))
        with watched(stages, begun, samples):
            build(settings, stages=stages)
        took = clock() - begun
    lines = report(samples, took, first)
    click.echo("\n".join(lines))
    raise SystemExit(bool(off(samples, took, first) > 0.1))


@contextmanager
def watched(stages: Stages, begun: float, samples: list[Sample]) -> Iterator[None]:
    """Note every second what is shown."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(EVERY):
            left = stages.forecast.left()
            if left is not None:
                samples.append(Sample(stages.forecast.clock() - begun, stages.forecast.stage, left))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def errors(samples: Sequence[Sample], took: float, first: float) -> list[tuple[Sample, float]]:
    """Of each moment that counts, the error of the time left as a share of it; too little is negative."""
    counted = [sample for sample in samples if sample.at >= first and took - sample.at >= LAST]
    return [(sample, sample.left / (took - sample.at) - 1) for sample in counted]


def off(samples: Sequence[Sample], took: float, first: float) -> float:
    """The share of the moments that are off by more than is allowed."""
    found = [abs(error) for _, error in errors(samples, took, first)]
    return sum(error > ALLOWED for error in found) / max(1, len(found))


def report(samples: Sequence[Sample], took: float, first: float) -> list[str]:
    """For a person to read."""
    found = errors(samples, took, first)
    lines = [f"{took:.0f} s in all; {len(found)} moments between {first:.0f} s and {LAST:.0f} s before the end"]
    if not found:
        return [*lines, "The build is over before anything counts."]
    stages = dict.fromkeys(sample.stage for sample, _ in found)
    groups = {"all": found, **{name: [each for each in found if each[0].stage == name] for name in stages}}
    lines.append(f"{'time left is off by':<24}{'median':>9}{'90 %':>9}{'worst':>9}{'moments':>9}")
    for name, group in groups.items():
        signed = np.array([error for _, error in group])
        median, most = np.quantile(np.abs(signed), [0.5, 0.9])
        worst = signed[np.abs(signed).argmax()]
        lines.append(f"{name:<24}{median:>9.0%}{most:>9.0%}{worst:>+9.0%}{len(group):>9}")
    lines.append(f"within {ALLOWED:.0%}: {1 - off(samples, took, first):.0%} of the moments")
    return lines


if __name__ == "__main__":
    main()
