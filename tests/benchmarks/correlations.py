"""Memory of the correlations of all features with all: ``python -m tests.benchmarks.correlations``.

Random firings of ever more features, at as many tokens for each feature and as many features for each token; every size
is a process of its own. A dense matrix would grow with the square of the features.
"""

import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from featviz.capture.firings import Firings
from featviz.statistics.correlation import Vectors, feature_correlations
from tests.benchmarks.measure import cost_of

SIZES = (8_192, 32_768, 131_072)
L0 = 32
TOKENS_A_FEATURE = 0.25


@click.command()
@click.option("--features", type=int, help="This size, in this process.")
@click.option("--rows", default=131_072, show_default=True, help="Features of which partners are looked for, at most.")
def main(features: int | None, rows: int) -> None:
    """Print seconds and peak memory of each size, and what a dense matrix would take."""
    if features is not None:
        click.echo(f"{seconds(features, rows):.1f}")
        return
    click.echo(f"{'features':>10}{'firings':>12}{'rows':>8}{'seconds':>10}{'peak GiB':>10}{'dense GiB':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            command = [sys.executable, "-m", "tests.benchmarks.correlations", f"--features={size}", f"--rows={rows}"]
            cost = cost_of(command, Path(folder, f"{size}.log"))
            firings, dense = int(size * TOKENS_A_FEATURE) * L0, 8 * size**2 / 2**30
            taken = f"{float(cost.output):>10.1f}{cost.peak:>10.2f}{dense:>11.1f}"
            click.echo(f"{size:>10,}{firings:>12,}{min(rows, size):>8,}{taken}")


def seconds(features: int, rows: int) -> float:
    """How long it takes to find the best partners of the first ``rows`` features."""
    vectors, tokens = Vectors.of(random_firings(features)), int(features * TOKENS_A_FEATURE)
    begun, found = time.perf_counter(), 0
    for block in feature_correlations(vectors, vectors, range(features), tokens, 5):
        found += len(block)
        if found >= rows:
            break
    return time.perf_counter() - begun


def random_firings(features: int) -> Firings:
    """``L0`` of them at each token."""
    rng = np.random.default_rng(0)
    tokens = int(features * TOKENS_A_FEATURE)
    pairs = np.unique(rng.integers(0, features, tokens * L0) * tokens + np.repeat(np.arange(tokens), L0))
    start = np.searchsorted(pairs // tokens, np.arange(features + 1)).astype(np.int64)
    return Firings(start, pairs % tokens, rng.random(pairs.size).astype(np.float32) + 0.1)


if __name__ == "__main__":
    main()
