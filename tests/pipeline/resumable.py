"""A tiny build in several batches and chunks, and what it leaves."""

from pathlib import Path
from typing import Any

from featviz.settings import Settings
from tests.comparison import settings_of
from tests.tiny import Tiny


def settings(files: Tiny, out: Path, **changed: Any) -> Settings:
    return settings_of(files, out=str(out), batch_size=3, chunk_size=5, **changed)


def data(out: Path) -> dict[str, bytes]:
    """The files of its releases."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in (out / "data").rglob("*") if path.is_file()}
