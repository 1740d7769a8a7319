"""What is fuzzed: the readers of a bundle's files, and whole files to begin with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from featviz.bundle.codec.decode import decode_chunk
from featviz.bundle.digests import decode_digests
from featviz.bundle.manifest import decode_manifest
from featviz.bundle.parts.overview import decode_overview
from featviz.bundle.parts.search import read_search
from tests.synthetic import TINY, synthetic_bundle


class Target(NamedTuple):
    """A reader of one kind of file."""

    name: str
    seeds: list[bytes]
    read: Callable[[bytes], object]


def bundle_targets(folder: Path) -> list[Target]:
    """The readers of a bundle's files."""
    synthetic_bundle(folder, features=TINY.d_sae, chunk_size=2, shape=TINY)
    manifest = (folder / "manifest.json").read_bytes()
    release = folder / "data" / decode_manifest(manifest).release
    files = {path.relative_to(release).as_posix(): path.read_bytes() for path in release.rglob("*") if path.is_file()}
    targets = [
        Target("manifest.json", [manifest, without_digest(manifest)], decode_manifest),
        Target("digests.json", [files["digests.json"]], decode_digests),
        Target("A/0/0.json.zst", [files["A/0/0.json.zst"]], read_chunk),
        Target("A/overview.zst", [files["A/overview.zst"]], lambda data: decode_overview(data, "A", TINY.d_sae)),
    ]
    for name in ("A/search/vocabulary.json.zst", "A/search/tokens/0/0.zst", "A/search/words/0/0.zst"):
        targets.append(Target(name, [files[name]], search_reader(name, files)))
    return targets


def without_digest(manifest: bytes) -> bytes:
    """As an older featviz wrote it, so that the page looks at the rest of what was changed."""
    content = json.loads(manifest)
    del content["format"]["sha256"]
    return encoded(content)


def read_chunk(data: bytes) -> object:
    return decode_chunk(data, "A", 0)


def search_reader(name: str, files: dict[str, bytes]) -> Callable[[bytes], object]:
    """Reads a whole index of which one file is replaced; where a file is asked for that is not there, so be it."""

    def read(data: bytes) -> object:
        return read_search("A", TINY.d_sae, lambda asked: data if asked == name else files.get(asked, b""))

    return read


def encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def file_reader(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def write_and_read(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return write_and_read
