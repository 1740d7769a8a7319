"""The command ``python -m tests.golden``: writes the files beside it."""

import gzip
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import zstandard

from featviz.bundle.codec.compression import compress, decompress
from featviz.bundle.format import chunk_path
from featviz.bundle.parts.search import search_files
from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from tests.golden.parts import MANY, many_postings, part_values, search_values
from tests.synthetic import TINY, synthetic_bundle
from tests.synthetic.corpus import DEFAULT

HERE = Path(__file__).parent
FEATURES = 7
SHAPE = replace(TINY, d_sae=DEFAULT.d_sae)


class Broken(NamedTuple):
    """A broken chunk."""

    note: str
    python: str
    """A pattern of the message in Python."""
    browser: str
    """The kind of the error in the browser."""
    data: bytes


def write_site(folder: Path) -> bytes:
    """The whole bundle with its expected values; returns SAE A's first chunk."""
    shutil.rmtree(folder, ignore_errors=True)
    synthetic_bundle(folder, features=FEATURES, chunk_size=4, shape=SHAPE)
    bundle = Bundle.open(folder)
    expected = {
        sae.name: [show(bundle, feature, sae.name) for feature in range(FEATURES)] for sae in bundle.manifest.saes
    }
    (folder / "expected.json").write_bytes(orjson.dumps(expected))
    parts = {sae.name: part_values(bundle, sae) for sae in bundle.manifest.saes}
    (folder / "expected_parts.json").write_bytes(orjson.dumps(parts))
    return (folder / chunk_path(bundle.manifest.release, "A", 0)).read_bytes()


def write_search(folder: Path) -> None:
    """An index of several shards and an overflow file, with its expected postings."""
    shutil.rmtree(folder, ignore_errors=True)
    indexes = many_postings()
    for name, data in search_files("A", MANY, indexes, shard_bytes=200):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    expected = {postings.kind.name: search_values(postings) for postings in indexes}
    (folder / "expected.json").write_bytes(orjson.dumps(expected))


def write_served(folder: Path, chunk: bytes) -> None:
    """The chunk as it comes through hosts that decode or encode."""
    folder.mkdir(exist_ok=True)
    (folder / "chunk.json").write_bytes(decompress(chunk))
    (folder / "chunk.json.gz").write_bytes(gzip.compress(decompress(chunk), mtime=0))
    (folder / "chunk.json.zst").write_bytes(chunk)


def write_broken(folder: Path, chunk: bytes) -> None:
    """The broken chunks and their notes."""
    folder.mkdir(exist_ok=True)
    files = broken_files(chunk) | broken_records(decompress(chunk))
    for name, broken in files.items():
        (folder / name).write_bytes(broken.data)
    notes = {name: {key: getattr(broken, key) for key in Broken._fields[:3]} for name, broken in files.items()}
    (folder / "notes.json").write_bytes(orjson.dumps(notes, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def broken_files(chunk: bytes) -> dict[str, Broken]:
    """What hosts, disks and attackers make of a chunk."""
    text, middle, damaged = decompress(chunk), len(chunk) // 2, "damaged-chunk"
    flipped = chunk[:-1] + bytes([chunk[-1] ^ 1])
    no_size = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compress(text)
    huge = b"\x28\xb5\x2f\xfd\xe4" + (2**40).to_bytes(8, "little") + b"\x01\x00\x00"
    page = b"<!doctype html><title>Not found</title>"
    nan = text.replace(b'"max":null', b'"max":NaN', 1)
    return {
        "empty.json.zst": Broken("no bytes at all", "an empty file", damaged, b""),
        "page.html": Broken("a web page with status 200", "HTML page", "missing-chunk", page),
        "pointer.txt": Broken(
            "a Git LFS pointer", "not a chunk", damaged, b"version https://git-lfs.github.com/spec/v1\n"
        ),
        "truncated.json.zst": Broken("half of the file", "damaged or truncated", damaged, chunk[:middle]),
        "checksum.json.zst": Broken("the frame's checksum differs", "damaged or truncated", "damaged-chunk", flipped),
        "no_size.json.zst": Broken("the frame declares no content size", "content size", damaged, no_size),
        "huge.json.zst": Broken("the frame declares 1 TiB", "declares 1099511627776 bytes", damaged, huge),
        "nan.json": Broken("NaN, which is not JSON", "not valid JSON", damaged, nan),
    }


def broken_records(text: bytes) -> dict[str, Broken]:
    """Well-formed JSON that is no chunk, or not this one."""

    def changed(note: str, python: str, browser: str, change: Callable[[Any], object]) -> Broken:
        chunk = orjson.loads(text)
        change(chunk)
        return Broken(note, python, browser, compress(orjson.dumps(chunk)))

    def windows(chunk: Any) -> Any:
        return chunk["features"][0]["windows"]

    bad = "damaged-chunk"
    return {
        "version.json.zst": changed(
            "format version 2", "format version 2", "wrong-format", lambda c: c.update(format=2)
        ),
        "sae.json.zst": changed("SAE B's chunk", 'of SAE "B"', bad, lambda c: c.update(sae="B")),
        "first.json.zst": changed("the next chunk", "starts at feature 4", bad, lambda c: c.update(first=4)),
        "key.json.zst": changed("no windows", "'windows' is missing", bad, lambda c: c["features"][0].pop("windows")),
        "columns.json.zst": changed(
            "an activation too few", "value: expected", bad, lambda c: windows(c)["activation"]["value"].pop()
        ),
        "token.json.zst": changed(
            "a token beyond the string table",
            "tokens: expected",
            bad,
            lambda c: windows(c)["tokens"].__setitem__(0, 999),
        ),
        "position.json.zst": changed(
            "a position beyond the windows",
            "at: expected",
            bad,
            lambda c: windows(c)["loss_effect"]["at"].__setitem__(0, 999),
        ),
    }


if __name__ == "__main__":
    first = write_site(HERE / "v1")
    write_search(HERE / "search")
    write_served(HERE / "served", first)
    write_broken(HERE / "broken", first)
