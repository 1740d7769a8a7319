"""Between what a file of a release says and its bytes: zstd when written; zstd, gzip or plain when read."""

import zlib

import zstandard

from featviz.bundle.format import MAX_CHUNK_BYTES
from featviz.errors import BundleError

LEVEL = 10
SMALLEST = 19
"""The level for files that are few: a few percent smaller, and ten times as slow."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31


def compress(content: bytes, level: int = LEVEL) -> bytes:
    """One zstd frame that declares its size and carries a checksum."""
    return zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=True).compress(content)


def decompress(data: bytes, opening: bytes = b"{") -> bytes:
    """What is in ``data``, whatever a host or proxy has decoded or encoded once more; it starts with ``opening``."""
    if data.startswith(GZIP_MAGIC):
        data = _gunzip(data)
    if data.startswith(ZSTD_MAGIC):
        data = _unzstd(data)
    if not data.startswith(opening):
        noun, kind = ("chunk", "a JSON object") if opening == b"{" else ("part", repr(opening))
        raise BundleError(f"not a {noun}: expected zstd, gzip or {kind}, found {_opening(data)}")
    return data


def _unzstd(data: bytes) -> bytes:
    try:
        frame = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as error:
        raise BundleError(f"damaged zstd header: {error}") from error
    if frame.content_size == zstandard.CONTENTSIZE_UNKNOWN:
        raise BundleError("the zstd frame does not declare its content size, as a chunk must")
    if frame.content_size > MAX_CHUNK_BYTES:
        raise BundleError(f"the zstd frame declares {frame.content_size} bytes; at most {MAX_CHUNK_BYTES} are read")
    if not frame.has_checksum:
        raise BundleError("the zstd frame carries no checksum, as a chunk must")
    try:
        return zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BundleError(f"damaged or truncated zstd data: {error}") from error


def _gunzip(data: bytes) -> bytes:
    stream = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = stream.decompress(data, MAX_CHUNK_BYTES + 1)
    except zlib.error as error:
        raise BundleError(f"damaged gzip data: {error}") from error
    if len(text) > MAX_CHUNK_BYTES:
        raise BundleError(f"the gzip data holds more than {MAX_CHUNK_BYTES} bytes")
    if not stream.eof:
        raise BundleError("truncated gzip data")
    return text


def _opening(data: bytes) -> str:
    if not data:
        return "an empty file"
    kind = " (an HTML page?)" if data.lstrip().startswith(b"<") else ""
    return f"bytes that start with {data[:16]!r}{kind}"
