"""Files that are whole or not there at all."""

import os
from collections.abc import Iterable
from pathlib import Path

from featviz.errors import BundleError, unwritable


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside ``path``, then rename: a reader, or a power cut, never meets half a file."""
    write_all_atomically([(path, data)])


def write_all_atomically(files: Iterable[tuple[Path, bytes]]) -> None:
    """Write every file beside its path, then rename them all: a disk that fills up meanwhile changes none of them."""
    written = list[Path]()
    try:
        for path, data in files:
            written.append(path)
            _write_partial(path, data)
        for path in written:
            _partial(path).replace(path)
    finally:
        for path in written:
            _partial(path).unlink(missing_ok=True)


def _write_partial(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _partial(path).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BundleError(unwritable(path, error, len(data))) from error


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")
