"""How kernels are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import config, njit
from numba.core.codegen import get_host_cpu_features

REASSOCIATE = {"reassoc", "contract", "nsz", "arcp"}
"""The fast-math flags that let sums run in lanes; NaN and infinities keep their meaning."""

if vars(config)["CPU_FEATURES"] is None and "+avx512f" in (features := get_host_cpu_features()):
    vars(config)["CPU_FEATURES"] = f"{features},-prefer-256-bit"  # on Intel's, LLVM would use half of each register

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Kernel], Kernel]:
    """`numba.njit` that keeps what it has compiled on disk, where there is a place for it."""

    def decorate(function: Kernel) -> Kernel:
        try:
            return cast(Kernel, njit(cache=True, **options)(function))
        except RuntimeError:  # neither the package's folder nor the user's cache can be written to
            return cast(Kernel, njit(**options)(function))

    return decorate
