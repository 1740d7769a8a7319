import gzip

import pytest
import zstandard

from featviz.bundle.codec.compression import compress, decompress
from featviz.bundle.format import MAX_CHUNK_BYTES
from featviz.errors import BundleError

TEXT = b'{"format": 1}'


@pytest.mark.parametrize(
    "data",
    [TEXT, compress(TEXT), gzip.compress(TEXT), gzip.compress(compress(TEXT))],
    ids=["text", "zstd", "gzip", "gzip of zstd"],  # gzip holds the time
)
def test_reads_whatever_a_proxy_made_of_a_chunk(data: bytes) -> None:
    assert decompress(data) == TEXT


def test_frames_declare_their_size_and_carry_a_checksum() -> None:
    frame = zstandard.get_frame_parameters(compress(TEXT))
    assert (frame.content_size, frame.has_checksum) == (len(TEXT), True)


def declaring(size: int) -> bytes:
    """The header of a single-segment frame with a checksum that declares ``size`` bytes."""
    return b"\x28\xb5\x2f\xfd\xe4" + size.to_bytes(8, "little") + b"\x01\x00\x00"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\n<!doctype html>", "HTML page"),
        (b"version https://git-lfs", "starts? with b'version"),
        (b"\x28\xb5\x2f\xfd", "damaged zstd header"),
        (compress(TEXT)[:-3], "damaged or truncated"),
        (compress(TEXT) + b"more", "damaged or truncated"),
        (compress(TEXT)[:-1] + b"?", "damaged or truncated"),
        (declaring(MAX_CHUNK_BYTES + 1), "declares 67108865 bytes"),
        (declaring(2**63), "declares 9223372036854775808 bytes"),
        (zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compress(TEXT), "content size"),
        (zstandard.ZstdCompressor(write_checksum=False).compress(TEXT), "no checksum"),
        (compress(b"[]"), "expected zstd, gzip or a JSON object"),
        (gzip.compress(TEXT, mtime=0)[:-9], "truncated gzip"),
        (b"\x1f\x8bnonsense", "damaged gzip"),
    ],
)
def test_refuses(data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        decompress(data)


def test_refuses_gzip_of_more_than_a_chunk_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featviz.bundle.codec.compression.MAX_CHUNK_BYTES", 100)
    with pytest.raises(BundleError, match="more than 100 bytes"):
        decompress(gzip.compress(b"{" + b" " * 100))


def bomb(declared: int) -> bytes:
    """A frame of 2 GiB in 64 KiB: blocks that repeat one byte."""
    blocks = 2**14
    block = (2**17 << 3 | 1 << 1).to_bytes(3, "little") + b"{"
    last = (2**17 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"{"
    return b"\x28\xb5\x2f\xfd\x24" + bytes([declared]) + block * (blocks - 1) + last + b"\0\0\0\0"


def test_refuses_a_frame_that_holds_more_than_it_declares() -> None:
    with pytest.raises(BundleError, match="damaged or truncated zstd data"):
        decompress(bomb(100))
