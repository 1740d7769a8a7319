"""Finished pieces of work on disk, so that a build that was stopped goes on where it was."""

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np

from featviz.errors import FeatvizError, unwritable

DIGEST_BYTES = sha256().digest_size
PART_BYTES = 1 << 20
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Pieces:
    """Named bundles of arrays in a folder; each is as it was written (its SHA-256 says so) or counts as missing."""

    folder: Path

    def within(self, folder: str) -> "Pieces":
        """The pieces of a folder of this one."""
        return Pieces(self.folder / folder)

    def save(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a piece in one step: temporary file, fsync, rename. Its SHA-256 follows what numpy writes."""
        path = self._path(name)
        partial = path.with_suffix(f".{secrets.token_hex(4)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w+b") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
                file.write(_digest(file, file.seek(0, os.SEEK_END)))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            size = sum(array.nbytes for array in arrays.values())
            raise FeatvizError(unwritable(path, error, size)) from error

    def load(self, name: str) -> Arrays | None:
        """A piece's arrays, or ``None`` where it is missing or damaged."""
        try:
            with self._path(name).open("rb") as file:
                size = file.seek(0, os.SEEK_END) - DIGEST_BYTES
                if size < 0 or _digest(file, size) != file.read():
                    return None
                file.seek(0)
                with np.load(file, allow_pickle=False) as archive:
                    return {key: archive[key] for key in archive.files}
        except OSError:
            return None

    def run_of(self, prefix: str) -> list[Arrays]:
        """The pieces ``prefix/0``, ``prefix/1``, … up to the first that is missing."""
        found: list[Arrays] = []
        while (piece := self.load(f"{prefix}/{len(found)}")) is not None:
            found.append(piece)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def open_pieces(work: Path, key: str) -> Pieces:
    """The pieces of the work called ``key``, a digest of all that their bytes depend on: nothing is ever mixed."""
    return Pieces(work / key)


def drop_other_pieces(work: Path, key: str) -> None:
    """Delete what other inputs or settings left in the work folder."""
    for folder in work.iterdir() if work.is_dir() else ():
        if folder.is_dir() and len(folder.name) == len(key) and folder.name != key:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(file: BinaryIO, size: int) -> bytes:
    """The SHA-256 of the first bytes of a file, which stands behind them then."""
    digest, left = sha256(), size
    file.seek(0)
    while left and (part := file.read(min(left, PART_BYTES))):
        digest.update(part)
        left -= len(part)
    return digest.digest()
