"""Files that are whole or not there at all."""

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside ``path``, then rename: a reader, or a power cut, never meets half a file."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
