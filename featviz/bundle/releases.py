"""The releases that lie in a site's folder: the published one, those before it, and what interrupted builds left."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from featviz.bundle.folder import MARKER
from featviz.bundle.format import DATA, DIGESTS, RELEASE_NAME, release_path
from featviz.bundle.lock import locked
from featviz.bundle.reader import Bundle
from featviz.bundle.within import path_within
from featviz.bundle.writer import old_releases
from featviz.errors import BundleError


@dataclass(frozen=True)
class Leftover:
    """A folder below ``data/`` that no reader needs any more."""

    path: Path
    bytes: int


def leftovers(path: Path, keep: int) -> list[Leftover]:
    """What ``gc`` removes to keep ``keep`` releases: the published one, and the newest of the others."""
    bundle = Bundle.open(path)
    try:
        path_within(bundle.root, bundle.root / DATA)
    except BundleError as error:
        raise BundleError(f"{bundle.root / DATA} {error}. Nothing is removed.") from error
    published = bundle.root / release_path(bundle.manifest.release)
    if not (published / DIGESTS).is_file():
        raise BundleError(
            f"{bundle.root} names the release {published.name} in its manifest, but {published / DIGESTS} is missing, "
            "so nothing is removed. Build or copy the site again."
        )
    others = [folder for folder in (bundle.root / DATA).iterdir() if RELEASE_NAME.fullmatch(folder.name)]
    newest = sorted(others, key=lambda folder: (folder != published, -_written(folder), folder.name))
    kept = {folder.name for folder in newest[:keep]}
    return [Leftover(folder, _bytes(folder)) for folder in old_releases(bundle.root, kept)]


def gc(path: Path, keep: int) -> list[Leftover]:
    """Delete the `leftovers`, and say which they were. No build may be writing into the folder meanwhile."""
    with locked(Bundle.open(path).root / MARKER):
        found = leftovers(path, keep)
        for leftover in found:
            try:
                shutil.rmtree(leftover.path)
            except OSError as error:
                raise BundleError(f"cannot remove {error.filename or leftover.path}: {error.strerror}") from error
    return found


def _written(release: Path) -> float:
    """When a release was finished: ``digests.json`` is written last. One without it is the oldest of all."""
    file = release / DIGESTS
    return file.stat().st_mtime if file.is_file() else 0.0


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
