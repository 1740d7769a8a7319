"""A device that is lost in the middle of a build."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from featviz.errors import FeatvizError
from featviz.settings import Settings

LOST = ("CUDA error", "CUDA driver error", "HIP error", "CUBLAS_STATUS", "CUDNN_STATUS", "device-side assert")
"""What stands in the errors of torch before 2.8, which has none of its own for it."""


@contextmanager
def lost_device(settings: Settings, work: Path) -> Iterator[None]:
    """Tell in one line that the device failed, and how to go on."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if not isinstance(error, getattr(torch, "AcceleratorError", ())) and not any(words in text for words in LOST):
            raise
        reason = " ".join(text.split("\n")[0].split())[:200].rstrip(".")
        raise FeatvizError(
            f"The device {settings.device} failed ({reason}). Finished work is kept in {work}: run the same command "
            "again, and it goes on from there. What is published is as it was. If the device stays away, --device cpu "
            "does all of it anew."
        ) from error
