"""What cannot be avoided: this machine's measured rates times the operations that the dashboards ask for."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from tests.benchmarks.case import Shape

THREADS = 2
SECONDS = 1.5
"""How long each rate is measured."""
ROWS = (64, 256, 1024)
"""Positions at once."""


@dataclass(frozen=True)
class Rates:
    """Of two Python threads at once, a CPU second."""

    encode: float
    """Floating-point operations in products of the encoder's shape, float32."""
    unembed: float
    """Likewise, of the unembedding's shape, at the best number of rows."""
    exp: float
    """Exponentials in the cache, float32."""
    add: float
    """Bytes moved by y += a x on rows that lie in the cache."""
    copy: float
    """Bytes copied in memory."""


@dataclass(frozen=True)
class Work:
    """How much of everything there is."""

    firings: tuple[int, int]
    """Of A and of B."""
    positions: int
    """Positions at which a shown feature is removed."""
    pairs: int
    """(position, feature) to be removed."""
    written: int
    """Bytes of the bundle."""
    features: int
    """Features of A with a dashboard."""


def measure_rates(shape: Shape) -> Rates:
    """Measure, for a few seconds, with every thread at work."""
    torch.set_num_threads(1)
    row = np.random.default_rng(0).random(shape.d_mlp, dtype=np.float32)
    return Rates(
        encode=max(_product_rate(rows, shape.d_mlp, min(shape.d_sae, 4096)) for rows in ROWS),
        unembed=max(_product_rate(rows, shape.d_model, shape.d_vocab) for rows in ROWS),
        exp=_rate(lambda: _exp_work(65_536), 65_536),
        add=_rate(lambda: _add_work(row), 8 * len(row) * 64),
        copy=_rate(lambda: _copy_work(1 << 24), 1 << 26),
    )


def floor(shape: Shape, work: Work, rates: Rates) -> dict[str, float]:
    """CPU seconds by stage."""
    d, tokens = shape.d_model, shape.places
    layer = 8 * d**2 + 4 * d * shape.d_mlp + 4 * shape.context * d
    encode = 2 * tokens * shape.d_mlp * shape.d_sae / rates.encode
    pairs_of_features = sum(work.firings) * sum(work.firings) / tokens
    logit_rows = 2 * work.features * d * (shape.d_vocab + shape.d_mlp)
    return {
        "forward": tokens * shape.n_layers * layer / rates.encode,
        "encode A": encode,
        "encode B": encode,
        "correlations": (8 * work.firings[0] * shape.d_mlp + 8 * pairs_of_features / 2) / rates.add,
        "logit table": logit_rows / rates.unembed + 4 * work.features * shape.d_vocab / rates.copy,
        "unembed": 2 * work.positions * d * shape.d_vocab / rates.unembed,
        "log-normaliser": work.pairs * shape.d_vocab / rates.exp,
        "write": work.written / rates.copy,
    }


def _product_rate(rows: int, inner: int, columns: int) -> float:
    right = torch.rand(inner, columns)

    def work() -> Callable[[], object]:
        left, out = torch.rand(rows, inner), torch.empty(rows, columns)
        return lambda: torch.mm(left, right, out=out)

    return _rate(work, 2 * rows * inner * columns)


def _exp_work(size: int) -> Callable[[], object]:
    source, out = np.linspace(-20, 0, size, dtype=np.float32), np.empty(size, dtype=np.float32)
    return lambda: np.exp(source, out=out)


def _add_work(row: np.ndarray) -> Callable[[], object]:
    rows, total = torch.from_numpy(np.tile(row, (64, 1))), torch.zeros(64, len(row))
    return lambda: total.add_(rows, alpha=0.5)


def _copy_work(size: int) -> Callable[[], object]:
    source, out = np.ones(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    return lambda: np.copyto(out, source)


def _rate(make: Callable[[], Callable[[], object]], amount: float) -> float:
    """How much of it all threads together do in a second of CPU time."""
    works = [make() for _ in range(THREADS)]
    for work in works:
        work()
    with ThreadPoolExecutor(THREADS, initializer=torch.set_num_threads, initargs=(1,)) as pool:  # they start with more
        begun, end = time.process_time(), time.perf_counter() + SECONDS
        times = sum(pool.map(lambda work: _repeat(work, end), works))
        return times * amount / (time.process_time() - begun)


def _repeat(work: Callable[[], object], end: float) -> int:
    times = 0
    while time.perf_counter() < end:
        work()
        times += 1
    return times
