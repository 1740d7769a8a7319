"""What this machine does in a second: about ten seconds of matrix products, exponentials, sparse products and zstd."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from featviz.threads import THREADS

SECONDS = 2.0
"""How long each rate is measured."""


@dataclass(frozen=True)
class Rates:
    """A second of wall time, with as many threads as a build has."""

    flops: float
    """Floating-point operations of float32 matrix products."""
    exponentials: float
    products: float
    """Multiply-adds of sparse products, the best of each row looked for among them."""
    compressed: float
    """Bytes that zstd is given."""
    steps: float
    """Small numpy calls, of which a record takes many; one thread makes them."""
    screened: float = 0.0
    """Floating-point operations of bfloat16 products, on processors with units for them; else 0."""


TYPICAL = Rates(flops=1.6e11, exponentials=4e9, products=4e8, compressed=3.3e7, steps=5e5)
"""Of two cores of a server."""


def measure_rates(
    seconds: float = SECONDS, clock: Callable[[], float] = time.perf_counter, device: str = "cpu"
) -> Rates:
    """Measure each rate for so long; by another clock, such as CPU time, a second is one of that.

    On another ``device`` than the processor, products and exponentials are that device's.
    """
    import torch

    from featviz.capture.encode import has_bfloat16_units

    torch.set_num_threads(1)
    if device != "cpu":
        return replace(measure_rates(seconds, clock), screened=0.0, **_device_rates(device, seconds, clock))
    return Rates(
        flops=_rate(_product, _PRODUCT_FLOPS, THREADS, seconds, clock),
        exponentials=_rate(_exponentials, 65_536, THREADS, seconds, clock),
        products=_rate(_sparse, _SPARSE_PRODUCTS, THREADS, seconds, clock),
        compressed=_rate(_compress, 2**20, 1, seconds, clock),
        steps=_rate(_small_calls, 100, 1, seconds, clock),
        screened=_rate(_low_product, _PRODUCT_FLOPS, THREADS, seconds, clock) if has_bfloat16_units() else 0.0,
    )


def _device_rates(device: str, seconds: float, clock: Callable[[], float]) -> dict[str, float]:
    return {
        "flops": _rate(lambda: _device_product(device), 2.0 * 2048**3, 1, seconds, clock),
        "exponentials": _rate(lambda: _device_exponentials(device), 2**24, 1, seconds, clock),
    }


def _device_product(device: str) -> Callable[[], object]:
    import torch

    left, right = torch.rand(2048, 2048, device=device), torch.rand(2048, 2048, device=device)
    return lambda: (left @ right)[0, 0].item()  # which waits for the device


def _device_exponentials(device: str) -> Callable[[], object]:
    import torch

    source = torch.rand(2**24, device=device)
    out = torch.empty_like(source)
    return lambda: torch.exp(source, out=out)[0].item()


_PRODUCT_FLOPS = 2.0 * 256 * 1024 * 4096


def _product() -> Callable[[], object]:
    import torch

    left, right, out = torch.rand(256, 1024), torch.rand(1024, 4096), torch.empty(256, 4096)
    return lambda: torch.mm(left, right, out=out)


def _low_product() -> Callable[[], object]:
    import torch

    left, right = torch.rand(256, 1024).bfloat16(), torch.rand(1024, 4096).bfloat16()
    return lambda: left @ right


def _exponentials() -> Callable[[], object]:
    source = np.linspace(-20, 0, 65_536, dtype=np.float32)
    out = np.empty_like(source)
    return lambda: np.exp(source, out=out)


_PLACES, _FIRINGS, _FEATURES = 2000, 40, 1024
_SPARSE_PRODUCTS = float(_PLACES * _FIRINGS**2)


def _sparse() -> Callable[[], object]:
    from featviz.capture.firings import FiringPiece
    from featviz.statistics.correlation import Vectors, feature_correlations

    rng = np.random.default_rng(0)
    feature = np.concatenate([rng.choice(_FEATURES, _FIRINGS, replace=False) for _ in range(_PLACES)])
    value = rng.random(len(feature), dtype=np.float32)
    firings = FiringPiece(feature, np.arange(_PLACES).repeat(_FIRINGS), value).sorted(_FEATURES)
    vectors = Vectors.of(firings)
    return lambda: list(feature_correlations(vectors, vectors, range(_FEATURES), _PLACES, 3))


def _compress() -> Callable[[], object]:
    from featviz.bundle.codec.compression import compress

    numbers = np.random.default_rng(0).zipf(1.3, 300_000) % 1000
    text = (",".join(map(str, numbers.tolist())) * 2)[: 2**20].encode()
    return lambda: compress(text)


def _small_calls() -> Callable[[], object]:
    values = np.random.default_rng(0).random(100)

    def calls() -> None:
        for _ in range(100):
            np.argsort(values)

    return calls


def _rate(
    make: Callable[[], Callable[[], object]], amount: float, threads: int, seconds: float, clock: Callable[[], float]
) -> float:
    import torch

    works = [make() for _ in range(threads)]
    for work in works:
        work()
    end, begun = time.perf_counter() + seconds, clock()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:  # they start with more
        times = sum(pool.map(lambda work: _repeat(work, end), works))
    return times * amount / (clock() - begun)


def _repeat(work: Callable[[], object], end: float) -> int:
    work()
    times = 1
    while time.perf_counter() < end:
        work()
        times += 1
    return times
