"""How kernels are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

REASSOCIATE = {"reassoc", "contract", "nsz", "arcp"}
"""The fast-math flags that let sums run in lanes; NaN and infinities keep their meaning."""

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Kernel], Kernel]:
    """`numba.njit` that keeps what it has compiled on disk, where there is a place for it."""

    def decorate(function: Kernel) -> Kernel:
        try:
            return cast(Kernel, njit(cache=True, **options)(function))
        except RuntimeError:  # neither the package's folder nor the user's cache can be written to
            return cast(Kernel, njit(**options)(function))

    return decorate
