"""Running out of memory: what to lower, and what is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from featviz.errors import FeatvizError
from featviz.settings import Settings

_CPU = "can't allocate memory"
"""What torch says on a CPU, where it has no exception of its own for it."""


@contextmanager
def enough_memory(settings: Settings, work: Path) -> Iterator[None]:
    """Tell in one line that memory ran out, whether on the device or beside it."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise FeatvizError(_advice(settings, work, error)) from error
    except RuntimeError as error:
        if _CPU not in str(error):
            raise
        raise FeatvizError(_advice(settings, work, error)) from error


def _advice(settings: Settings, work: Path, error: Exception) -> str:
    reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
    lower = f"--batch-size (now {settings.batch_size}) or --context (now {settings.context})"
    return (
        f"Out of memory on {settings.device} ({reason}). Finished work is kept in {work}: the same command goes on "
        f"from there, once there is more memory. To need less, lower {lower}; pass 1 then starts again. "
        "--device cpu uses the machine's own memory."
    )
