"""Whether a bundle is whole: every file that its manifest promises, with the bytes and the numbers that it promises."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from featviz.bundle.check_parts import part_names, part_problems
from featviz.bundle.consistency import Totals, record_problems, sae_problems
from featviz.bundle.decode import decode_chunk
from featviz.bundle.digests import decode_digests, digest, release_of
from featviz.bundle.format import DIGESTS, MANIFEST, OVERVIEW, SEARCH, chunk_name, chunks_for, release_path
from featviz.bundle.manifest import SaeInfo, manifest_problem
from featviz.bundle.parts import Parts
from featviz.bundle.reader import Bundle
from featviz.bundle.within import read_within
from featviz.errors import BundleError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the file it is wrong in (relative to the site's root)."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True)
class Report:
    """What was looked at, and what was wrong with it."""

    problems: list[Problem]
    files: int = 0
    bytes: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check(path: Path) -> Report:
    """Read every file of the bundle in ``path``. No finding raises; each becomes a problem of the report."""
    try:
        release = Release.of(Bundle.open(path))
    except BundleError as error:
        return Report([Problem(path.name or str(path), str(error))])
    changed = manifest_problem((release.bundle.root / MANIFEST).read_bytes())
    problems = [Problem(MANIFEST, changed)] if changed else []
    problems += [Problem(*found) for found in _unlisted(release)]
    for sae in release.bundle.manifest.saes:
        problems += [Problem(*found) for found in SaeCheck(release, sae).problems()]
    return Report(problems, len(release.sizes), sum(release.sizes.values()))


Found = Iterator[tuple[str, str]]
"""Files, and what is wrong in them."""


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


def _promised(sae: SaeInfo) -> Sequence[int]:
    """The chunks that its size calls for, whatever ``chunks`` says."""
    return range(chunks_for(sae.d_sae, sae.chunk_size)) if sae.features is None else sae.features


def _unlisted(release: Release) -> Found:
    """Files that one of manifest, digests and disk has, and another lacks."""
    promised, unknown = set[str](), []
    for sae in release.bundle.manifest.saes:
        promised |= {chunk_name(sae.name, chunk) for chunk in _promised(sae)}
        try:
            for _, name in part_names(sae, release.read):
                promised.add(name)
        except BundleError:
            unknown += [f"{sae.name}/{SEARCH}/", f"{sae.name}/{OVERVIEW}/"]
    found = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*") if path.is_file()}
    for name in sorted(promised - release.digests.keys()):
        yield name, f"is not listed in {DIGESTS}, though the manifest calls for it"
    for name in sorted((release.digests.keys() | found) - promised - {DIGESTS}):
        if not name.startswith(tuple(unknown)):
            yield name, "belongs to no SAE of the manifest"


class SaeCheck:
    """Looks through one SAE's chunks and parts."""

    def __init__(self, release: Release, sae: SaeInfo) -> None:
        self._release = release
        self._sae = sae
        self._totals = Totals()
        self._parts = Parts(sae.name, sae.correlated_with)

    def problems(self) -> Found:
        """Everything that is wrong."""
        whole = True
        for chunk in _promised(self._sae):
            for message in self._chunk_problems(chunk):
                whole = False
                yield chunk_name(self._sae.name, chunk), message
        for message in sae_problems(self._sae, self._totals):
            yield f"manifest, SAE {self._sae.name}", message
        yield from self._changed_parts()
        yield from part_problems(self._sae, self._release.read, self._parts if whole else None)

    def _chunk_problems(self, chunk: int) -> Iterator[str]:
        sae, first, name = self._sae, chunk * self._sae.chunk_size, chunk_name(self._sae.name, chunk)
        try:
            data = self._release.read(name)
            if self._release.changed(name, data):
                yield f"its bytes are not those that {DIGESTS} names"
            decoded = decode_chunk(data, sae.name, first)
            self._parts.see(decoded.records, decoded.tokens)
        except BundleError as error:
            yield str(error)
            return
        self._totals.add(decoded, len(data))
        wanted = min(sae.chunk_size, sae.d_sae - first)
        if len(decoded.records) != wanted:
            yield f"holds {len(decoded.records)} features; expected {wanted}"
        for record in decoded.records:
            found = record_problems(record, sae, self._release.bundle.manifest)
            yield from (f"feature {record.feature}: {message}" for message in found)

    def _changed_parts(self) -> Found:
        sizes = Counter[str]()
        with suppress(BundleError):
            for part, name in part_names(self._sae, self._release.read):
                with suppress(BundleError):
                    data = self._release.read(name)
                    sizes[part] += len(data)
                    if self._release.changed(name, data):
                        yield name, f"its bytes are not those that {DIGESTS} names"
            for part, size in sizes.items():
                if size != self._sae.parts[part]:
                    message = f"parts.{part} is {self._sae.parts[part]}, but its files make it {size}"
                    yield f"manifest, SAE {self._sae.name}", message
