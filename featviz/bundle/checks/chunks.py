"""Whether the chunks of an SAE are whole and agree with themselves; many are looked through by several processes."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

from featviz.bundle.checks.consistency import Totals, record_problems
from featviz.bundle.codec.decode import decode_chunk
from featviz.bundle.digests import decode_digests, digest, release_of
from featviz.bundle.format import DIGESTS, chunk_name, chunks_for, release_path
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.collect import Parts
from featviz.bundle.reader import Bundle
from featviz.bundle.within import read_within
from featviz.errors import BundleError

SHARE = 128
"""Chunks that are looked through before they are reported."""

Watch = Callable[[str, int, str], AbstractContextManager[Callable[[float], None]]]
"""Shows work that has a name, a total and a unit; calls of what it gives say how much more is done."""


@contextmanager
def unwatched(name: str, total: int, unit: str) -> Iterator[Callable[[float], None]]:
    """Nobody looks."""
    yield lambda done: None


@dataclass(frozen=True)
class Release:
    """The files of a release, and what ``digests.json`` says of them."""

    bundle: Bundle
    digests: dict[str, str]
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of the files that were read, by name."""

    @classmethod
    def of(cls, bundle: Bundle) -> "Release":
        """The published release; a BundleError where its digests are not those that name it."""
        path = f"{release_path(bundle.manifest.release)}/{DIGESTS}"
        try:
            content = read_within(bundle.root, bundle.root / path)
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}") from error
        except BundleError as error:
            raise BundleError(f"{path} {error}") from error
        if release_of(content) != bundle.manifest.release:
            raise BundleError(f"{path} was changed: its SHA-256 starts with {release_of(content)}")
        return cls(bundle, decode_digests(content))

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self.bundle.root / release_path(self.bundle.manifest.release)

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        try:
            data = read_within(self.bundle.root, self.folder / name)
        except OSError as error:
            raise BundleError(f"cannot be read: {error.strerror}") from error
        self.sizes[name] = len(data)
        return data

    def changed(self, name: str, data: bytes) -> bool:
        """Whether the bytes are others than the digests name."""
        return digest(data) != self.digests.get(name, digest(data))

    def of_chunks(self, sae: SaeInfo, chunks: Sequence[int]) -> "Release":
        """What is needed to look through some chunks elsewhere."""
        names = (chunk_name(sae.name, chunk) for chunk in chunks)
        return replace(self, digests={name: self.digests[name] for name in names if name in self.digests}, sizes={})


@dataclass
class Looked:
    """What some chunks of an SAE hold, and what is wrong with them."""

    parts: Parts
    totals: Totals = field(default_factory=Totals)
    problems: list[tuple[str, str]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def nothing(cls, sae: SaeInfo) -> "Looked":
        """Of no chunk yet."""
        return cls(Parts(sae.name, sae.correlated_with))

    def absorb(self, later: "Looked") -> None:
        """Take in what was found in later chunks."""
        self.parts.absorb(later.parts)
        self.totals.absorb(later.totals)
        self.problems += later.problems
        self.sizes |= later.sizes


def promised_chunks(sae: SaeInfo) -> Sequence[int]:
    """The chunks that its size calls for, whatever ``chunks`` says."""
    return range(chunks_for(sae.d_sae, sae.chunk_size)) if sae.features is None else sae.features


def looked_through(release: Release, sae: SaeInfo, processes: int, watch: Watch) -> Looked:
    """All chunks of an SAE, share by share, in their order."""
    chunks, looked = promised_chunks(sae), Looked.nothing(sae)
    shares = [chunks[first : first + SHARE] for first in range(0, len(chunks), SHARE)]
    with watch(f"check {sae.name}", len(chunks), "chunks") as advance, _mapping(min(processes, len(shares))) as each:
        releases = (release.of_chunks(sae, share) for share in shares)
        for share, found in zip(shares, each(_look, releases, [sae] * len(shares), shares), strict=True):
            looked.absorb(found)
            advance(len(share))
    release.sizes.update(looked.sizes)
    return looked


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Iterator[Looked]]]:
    """``map``, or one that works in so many processes; who stops asking does not wait for what is queued."""
    if processes < 2:
        yield map
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _serve) as pool:
        try:
            yield pool.map
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _serve() -> None:
    """Leave an interrupt to the process that asks, and end when that is gone: its pipes alone would not tell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(parent_process(),), daemon=True).start()


def _end_after(process: BaseProcess) -> None:
    process.join()
    os._exit(1)


def _look(release: Release, sae: SaeInfo, chunks: Sequence[int]) -> Looked:
    looked = Looked.nothing(sae)
    for chunk in chunks:
        name = chunk_name(sae.name, chunk)
        looked.problems += [(name, message) for message in _chunk_problems(release, sae, chunk, looked)]
    looked.sizes = release.sizes
    return looked


def _chunk_problems(release: Release, sae: SaeInfo, chunk: int, looked: Looked) -> Iterator[str]:
    """What is wrong with a chunk; what it holds goes into ``looked``."""
    first, name = chunk * sae.chunk_size, chunk_name(sae.name, chunk)
    try:
        data = release.read(name)
        if release.changed(name, data):
            yield f"its bytes are not those that {DIGESTS} names"
        decoded = decode_chunk(data, sae.name, first)
        looked.parts.see(decoded.records, decoded.tokens)
    except BundleError as error:
        yield str(error)
        return
    looked.totals.add(decoded, len(data))
    wanted = min(sae.chunk_size, sae.d_sae - first)
    if len(decoded.records) != wanted:
        yield f"holds {len(decoded.records)} features; expected {wanted}"
    for record in decoded.records:
        found = record_problems(record, sae, release.bundle.manifest)
        yield from (f"feature {record.feature}: {message}" for message in found)
