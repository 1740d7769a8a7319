"""Whether a bundle is whole: every file that its manifest promises, with the bytes and the numbers that it promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from featviz.bundle.consistency import Totals, record_problems, sae_problems
from featviz.bundle.decode import decode_chunk
from featviz.bundle.digests import decode_digests, digest, release_of
from featviz.bundle.format import CHUNK_SUFFIX, DIGESTS, chunk_name, chunks_for, release_path
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.reader import Bundle
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
    chunks: int = 0
    bytes: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check(path: Path) -> Report:
    """Read every file of the bundle in ``path``. No finding raises; each becomes a problem of the report."""
    try:
        bundle = Bundle.open(path)
        digests = _digests(bundle)
    except BundleError as error:
        return Report([Problem(path.name or str(path), str(error))])
    totals: dict[str, Totals] = {}
    problems = list(_unlisted(bundle, digests))
    for sae in bundle.manifest.saes:
        totals[sae.name] = Totals()
        problems += _check_sae(bundle, sae, digests, totals[sae.name])
    return Report(problems, len(digests), sum(total.bytes for total in totals.values()))


def _digests(bundle: Bundle) -> dict[str, str]:
    path = f"{release_path(bundle.manifest.release)}/{DIGESTS}"
    try:
        content = (bundle.root / path).read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    if release_of(content) != bundle.manifest.release:
        raise BundleError(f"{path} was changed: its SHA-256 starts with {release_of(content)}")
    return decode_digests(content)


def _unlisted(bundle: Bundle, digests: dict[str, str]) -> Iterator[Problem]:
    """Chunks that one of manifest, digests and disk has, and another lacks."""
    folder = bundle.root / release_path(bundle.manifest.release)
    promised = {
        chunk_name(sae.name, chunk)
        for sae in bundle.manifest.saes
        for chunk in range(chunks_for(sae.d_sae, sae.chunk_size))
    }
    found = {path.relative_to(folder).as_posix() for path in folder.rglob(f"*{CHUNK_SUFFIX}")}
    for name in sorted(promised - digests.keys()):
        yield Problem(name, f"is not listed in {DIGESTS}, though the manifest's d_sae calls for it")
    for name in sorted((digests.keys() | found) - promised):
        yield Problem(name, "belongs to no SAE of the manifest")


def _check_sae(bundle: Bundle, sae: SaeInfo, digests: dict[str, str], totals: Totals) -> Iterator[Problem]:
    for chunk in range(chunks_for(sae.d_sae, sae.chunk_size)):
        name = chunk_name(sae.name, chunk)
        for message in _check_chunk(bundle, sae, chunk, digests.get(name), totals):
            yield Problem(name, message)
    for message in sae_problems(sae, totals):
        yield Problem(f"manifest, SAE {sae.name}", message)


def _check_chunk(bundle: Bundle, sae: SaeInfo, chunk: int, expected: str | None, totals: Totals) -> Iterator[str]:
    first = chunk * sae.chunk_size
    path = bundle.root / release_path(bundle.manifest.release) / chunk_name(sae.name, chunk)
    try:
        data = path.read_bytes()
    except OSError as error:
        yield f"cannot be read: {error.strerror}"
        return
    if expected is not None and digest(data) != expected:
        yield f"its bytes are not those that {DIGESTS} names"
    try:
        decoded = decode_chunk(data, sae.name, first)
    except BundleError as error:
        yield str(error)
        return
    totals.add(decoded, len(data))
    wanted = min(sae.chunk_size, sae.d_sae - first)
    if len(decoded.records) != wanted:
        yield f"holds {len(decoded.records)} features; expected {wanted}"
    for record in decoded.records:
        yield from (f"feature {record.feature}: {message}" for message in record_problems(record, sae, bundle.manifest))
