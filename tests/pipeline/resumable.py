"""A tiny build in several batches and chunks, and what it leaves."""

from pathlib import Path
from typing import Any

import pytest

from featviz.capture import shards, sums
from featviz.effects import table
from featviz.settings import Settings
from tests.comparison import settings_of
from tests.tiny import Tiny


def settings(files: Tiny, out: Path, **changed: Any) -> Settings:
    return settings_of(files, out=str(out), batch_size=3, chunk_size=5, **changed)


def keep_everything(patch: pytest.MonkeyPatch) -> None:
    """Shards of one batch, and saving after every one."""
    patch.setattr(shards, "SHARD_PLACES", 1)
    patch.setattr(sums, "SAVE_EVERY_SECONDS", -1.0)
    patch.setattr(table, "SAVE_EVERY_SECONDS", -1.0)


def data(out: Path) -> dict[str, bytes]:
    """The files of its releases."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in (out / "data").rglob("*") if path.is_file()}


def options(given: Settings) -> list[str]:
    """Of a build in a process of its own."""
    names = ("model", "sae", "sae_b", "tokens", "out", "batch_size", "chunk_size")
    return [word for name in names for word in (f"--{name.replace('_', '-')}", str(getattr(given, name)))]
