"""Files of a site's folder: a link may lead to another place in it, never out of it."""

from pathlib import Path

from featviz.errors import BundleError

LARGEST = 1 << 31
"""Bytes of a file at most; what a bundle holds is far smaller."""


def read_within(root: Path, path: Path) -> bytes:
    """The bytes of a file below ``root``; an OSError where it cannot be read, a BundleError where it is not there."""
    real = path_within(root, path)
    if real.exists() and not real.is_file():
        raise BundleError("is no file")
    if real.exists() and real.stat().st_size > LARGEST:
        raise BundleError(f"has {real.stat().st_size:,} bytes, more than any file of a bundle may have")
    return real.read_bytes()


def path_within(root: Path, path: Path) -> Path:
    """Where ``path`` leads, links followed; a BundleError if that is outside ``root``."""
    try:
        real, folder = path.resolve(), root.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, or a name that none can have
        raise BundleError(f"cannot be followed: {error}") from error
    if not real.is_relative_to(folder):
        raise BundleError(f"leads out of {root}, to {real}; put the file itself there, not a link")
    return real
