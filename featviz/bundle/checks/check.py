"""Whether a bundle is whole: every file that its manifest promises, with the bytes and the numbers that it promises."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from featviz.bundle.checks.chunks import Looked, Release, Watch, looked_through, promised_chunks, unwatched
from featviz.bundle.checks.consistency import sae_problems
from featviz.bundle.checks.parts import part_names, part_problems
from featviz.bundle.format import DIGESTS, MANIFEST, OVERVIEW, SEARCH, chunk_name
from featviz.bundle.manifest import SaeInfo, manifest_problem
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
    files: int = 0
    bytes: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check(path: Path, processes: int = 1, watch: Watch = unwatched) -> Report:
    """Read every file of the bundle in ``path``. No finding raises; each becomes a problem of the report.

    A bundle of many chunks is looked through in so many processes; ``watch`` shows how far it is.
    """
    try:
        release = Release.of(Bundle.open(path))
    except BundleError as error:
        return Report([Problem(path.name or str(path), str(error))])
    changed = manifest_problem((release.bundle.root / MANIFEST).read_bytes())
    problems = [Problem(MANIFEST, changed)] if changed else []
    problems += [Problem(*found) for found in _unlisted(release)]
    for sae in release.bundle.manifest.saes:
        looked = looked_through(release, sae, processes, watch)
        problems += [Problem(*found) for found in _sae_problems(release, sae, looked)]
    return Report(problems, len(release.sizes), sum(release.sizes.values()))


Found = Iterator[tuple[str, str]]
"""Files, and what is wrong in them."""


def _unlisted(release: Release) -> Found:
    """Files that one of manifest, digests and disk has, and another lacks."""
    promised, unknown = set[str](), []
    for sae in release.bundle.manifest.saes:
        promised |= {chunk_name(sae.name, chunk) for chunk in promised_chunks(sae)}
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


def _sae_problems(release: Release, sae: SaeInfo, looked: Looked) -> Found:
    """Everything that is wrong with an SAE whose chunks were looked through."""
    yield from looked.problems
    for message in sae_problems(sae, looked.totals):
        yield f"manifest, SAE {sae.name}", message
    yield from _changed_parts(release, sae)
    yield from part_problems(sae, release.read, None if looked.problems else looked.parts)


def _changed_parts(release: Release, sae: SaeInfo) -> Found:
    sizes = Counter[str]()
    with suppress(BundleError):
        for part, name in part_names(sae, release.read):
            with suppress(BundleError):
                data = release.read(name)
                sizes[part] += len(data)
                if release.changed(name, data):
                    yield name, f"its bytes are not those that {DIGESTS} names"
        for part, size in sizes.items():
            if size != sae.parts[part]:
                yield f"manifest, SAE {sae.name}", f"parts.{part} is {sae.parts[part]}, but its files make it {size}"
