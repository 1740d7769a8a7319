"""Finished pieces of work on disk, so that a build that was stopped goes on where it was."""

import mmap
import os
import secrets
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from featviz.errors import FeatvizError, unwritable

DIGEST_BYTES = sha256().digest_size
PART_BYTES = 1 << 20
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class ArrayInParts:
    """A one-dimensional array that is written part by part and never in memory as a whole."""

    dtype: type
    length: int
    parts: Iterable[np.ndarray]

    @property
    def nbytes(self) -> int:
        """Bytes of all parts."""
        return self.length * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Column:
    """An array of a piece, on disk, of one dimension or more."""

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int

    def read(self, low: int = 0, high: int | None = None) -> np.ndarray:
        """Some rows, or all, into memory."""
        high = self.shape[0] if high is None else high
        width = int(np.prod(self.shape[1:], dtype=np.int64))
        begin = self.offset + low * width * self.dtype.itemsize
        return np.fromfile(self.path, self.dtype, (high - low) * width, offset=begin).reshape(-1, *self.shape[1:])

    def mapped(self) -> np.ndarray:
        """All of it, read from disk where it is looked at."""
        if 0 in self.shape:
            return np.empty(self.shape, self.dtype)
        return np.asarray(np.memmap(self.path, self.dtype, "r", self.offset, self.shape))


def release(*arrays: np.ndarray) -> None:
    """Let go of the memory that was read through `Column.mapped`; it is read again when it is looked at."""
    for array in arrays:
        mapping = getattr(array.base, "_mmap", None)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class Pieces:
    """Named bundles of arrays in a folder; each is as it was written (its SHA-256 says so) or counts as missing."""

    folder: Path
    say: Callable[[str], None] = lambda line: None
    """Told of a piece that is damaged, once."""
    _told: set[Path] = field(default_factory=set, repr=False)

    def within(self, folder: str) -> "Pieces":
        """The pieces of a folder of this one."""
        return Pieces(self.folder / folder, self.say, self._told)

    def save(self, name: str, arrays: Mapping[str, "np.ndarray | ArrayInParts"]) -> None:
        """Write a piece in one step: temporary file, fsync, rename. Its SHA-256 follows what numpy would write."""
        path = self._path(name)
        partial = path.with_suffix(f".{secrets.token_hex(4)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w+b") as file:
                with zipfile.ZipFile(file, "w") as archive:
                    for key, array in arrays.items():
                        _write(archive, key, array)
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
        columns = self.columns(name)
        return None if columns is None else {key: column.read() for key, column in columns.items()}

    def columns(self, name: str) -> dict[str, Column] | None:
        """A piece's arrays where they lie, or ``None`` where it is missing or damaged."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END) - DIGEST_BYTES
                if size < 0 or _digest(file, size) != file.read():
                    self._tell(path)
                    return None
                with zipfile.ZipFile(file) as archive:
                    return {
                        each.filename.removesuffix(".npy"): _column(path, archive, each) for each in archive.filelist
                    }
        except OSError:
            return None

    def _tell(self, path: Path) -> None:
        if path not in self._told:
            self._told.add(path)
            self.say(f"{path} is damaged: what it held is computed again.")

    def has(self, name: str) -> bool:
        """Whether there is such a piece, whole or not."""
        return self._path(name).is_file()

    def drop(self, prefix: str) -> None:
        """Delete the pieces ``prefix/…``."""
        shutil.rmtree(self.folder / prefix, ignore_errors=True)

    def run_of(self, prefix: str) -> list[Arrays]:
        """The pieces ``prefix/0``, ``prefix/1``, … up to the first that is missing."""
        found: list[Arrays] = []
        while (piece := self.load(f"{prefix}/{len(found)}")) is not None:
            found.append(piece)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def open_pieces(work: Path, key: str, say: Callable[[str], None] = lambda line: None) -> Pieces:
    """The pieces of the work called ``key``, a digest of all that their bytes depend on: nothing is ever mixed."""
    return Pieces(work / key, say)


def drop_other_pieces(work: Path, key: str) -> None:
    """Delete what other inputs or settings left in the work folder."""
    for folder in work.iterdir() if work.is_dir() else ():
        if folder.is_dir() and len(folder.name) == len(key) and folder.name != key:
            shutil.rmtree(folder, ignore_errors=True)


def _write(archive: zipfile.ZipFile, key: str, array: "np.ndarray | ArrayInParts") -> None:
    with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
        if isinstance(array, np.ndarray):
            npy.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            return
        descr = npy.dtype_to_descr(np.dtype(array.dtype))
        npy.write_array_header_1_0(member, {"descr": descr, "fortran_order": False, "shape": (array.length,)})
        for part in array.parts:
            member.write(np.ascontiguousarray(part, array.dtype).data)


_LOCAL_HEADER = 30
"""Bytes of a zip member's header before its name, whose length and that of what follows are its last four."""


def _column(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Column:
    with archive.open(member) as stream:
        npy.read_magic(stream)
        shape, _, dtype = npy.read_array_header_1_0(stream)
        header = stream.tell()
    with path.open("rb") as file:
        file.seek(member.header_offset + _LOCAL_HEADER - 4)
        name, extra = struct.unpack("<HH", file.read(4))
    return Column(path, dtype, shape, member.header_offset + _LOCAL_HEADER + name + extra + header)


def _digest(file: BinaryIO, size: int) -> bytes:
    """The SHA-256 of the first bytes of a file, which stands behind them then."""
    digest, left = sha256(), size
    file.seek(0)
    while left and (part := file.read(min(left, PART_BYTES))):
        digest.update(part)
        left -= len(part)
    return digest.digest()
