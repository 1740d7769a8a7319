"""Whose folder it is: featviz writes into an empty folder or into one that it has written before."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from featviz.bundle.format import DATA, MANIFEST
from featviz.bundle.lock import locked
from featviz.bundle.manifest import decode_manifest, is_ours, manifest_json
from featviz.errors import BundleError, unwritable

MARKER = ".featviz"
MARKER_TEXT = "featviz writes this folder, and may replace what stands in it.\n"


def claim(out: Path) -> None:
    """Make ``out`` ours: create it or recognise it. A folder with anything else in it is refused, and never emptied."""
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is a file; expected a folder to write the site into. Name another with --out.")
    if out.is_dir() and any(out.iterdir()) and not owned(out):
        raise BundleError(
            f"{out} is not empty and was not written by featviz, so it is left alone. "
            "Name another folder with --out, or empty this one yourself."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
    except OSError as error:
        raise BundleError(unwritable(out / MARKER, error)) from error


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """`claim`, for this process alone; given back if what is done meanwhile fails before anything was published."""
    ours, existed = owned(out), out.exists()
    claim(out)
    with locked(out / MARKER, "--out"):
        try:
            yield
        except BaseException:
            if not ours:
                _give_back(out, existed)
            raise


def _give_back(out: Path, existed: bool) -> None:
    with suppress(OSError):
        if {path.name for path in out.iterdir()} <= {MARKER, DATA}:
            if (out / DATA).exists():
                (out / DATA).rmdir()
            (out / MARKER).unlink()
            if not existed:
                out.rmdir()


def owned(out: Path) -> bool:
    """Whether featviz wrote the folder: it holds our marker file or a featviz manifest."""
    if (out / MARKER).is_file():
        return True
    try:
        return is_ours(manifest_json((out / MANIFEST).read_bytes()))
    except (OSError, BundleError):
        return False


def published_release(out: Path) -> str | None:
    """The release that the folder's manifest names, or None where there is none that can be read."""
    try:
        return decode_manifest((out / MANIFEST).read_bytes()).release
    except (OSError, BundleError):
        return None
