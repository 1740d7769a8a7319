"""The pieces that the binary parts of a bundle are made of: magic numbers, varints, texts."""

import numpy as np

from featviz.bundle.codec.columns import integers
from featviz.errors import BundleError

VARINT_BYTES = 5
"""A varint is at most this long."""


def varints(values: np.ndarray) -> bytes:
    """Integers of at least 0 in groups of 7 bits, the lowest first; the top bit says that more follow."""
    values = integers(values)
    groups = np.maximum(-(-np.frexp(values.astype(np.float64))[1] // 7), 1)
    first = np.cumsum(groups) - groups
    data = np.zeros(int(groups.sum()), dtype=np.uint8)
    for group in range(int(groups.max(initial=0))):
        has = groups > group
        more = np.where(groups[has] > group + 1, 0x80, 0)
        data[first[has] + group] = (values[has] >> 7 * group) & 0x7F | more
    return data.tobytes()


def text_field(text: str) -> bytes:
    """A text: its length in bytes, then UTF-8."""
    data = text.encode()
    return varints(np.array([len(data)])) + data


class Cursor:
    """Reads a binary part from its magic number on, piece by piece."""

    def __init__(self, data: bytes, magic: bytes) -> None:
        if not data.startswith(magic[:3]):
            raise BundleError(f"expected the magic number {magic!r}, found {data[:4]!r}")
        if data[3:4] != magic[3:4]:
            raise BundleError(f"format version {data[3] if len(data) > 3 else None}: this featviz reads {magic[3]}")
        self._data = data
        self._at = len(magic)

    def varints(self, size: int) -> np.ndarray:
        """That many integers."""
        if not size:
            return np.zeros(0, dtype=np.int64)
        content = np.frombuffer(self._data, dtype=np.uint8)[self._at : self._at + VARINT_BYTES * size]
        ends = np.flatnonzero(content < 0x80)[:size]
        if ends.size < size:
            raise BundleError(f"expected {size} numbers from byte {self._at} on, found {ends.size}")
        first = np.concatenate([[0], ends[:-1] + 1])
        if (ends - first).max() >= VARINT_BYTES:
            raise BundleError(f"a number of more than {VARINT_BYTES} bytes stands after byte {self._at}")
        content = content[: ends[-1] + 1].astype(np.int64)
        shift = 7 * (np.arange(content.size) - np.repeat(first, ends - first + 1))
        self._at += content.size
        return np.add.reduceat((content & 0x7F) << shift, first)

    def integer(self) -> int:
        """One integer."""
        return int(self.varints(1)[0])

    def text(self) -> str:
        """One text."""
        try:
            return self.take(self.integer()).decode()
        except UnicodeDecodeError as error:
            raise BundleError(f"a text is not UTF-8: {error}") from error

    def take(self, size: int) -> bytes:
        """That many bytes."""
        data = self._data[self._at : self._at + size]
        if len(data) < size:
            raise BundleError(f"it ends {size - len(data)} bytes too early")
        self._at += size
        return data

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self.take(len(self._data) - self._at)
