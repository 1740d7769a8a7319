"""Every error that featviz raises on purpose: one line of what was found, expected, and to be done."""

import errno
import shutil
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import click


class FeatvizError(click.ClickException):
    """The base: ``str(error)`` is the whole message; the command line prints it and exits with 1."""


class InputError(FeatvizError):
    """A model, SAE, tokens, label or settings file that cannot be used as it is."""


class BundleError(FeatvizError):
    """A bundle or site that is missing, damaged, of another version, or not ours."""


class FeatureNotFound(BundleError):
    """A feature or SAE that the bundle does not hold."""


FULL = (errno.ENOSPC, errno.EDQUOT)


def unwritable(path: Path, error: OSError, size: int | None = None) -> str:
    """Why ``path`` could not be written, and what to do; ``size`` is how many bytes it was to take."""
    if error.errno not in FULL:
        return f"Cannot write {path}: {error.strerror}."
    folder = next(folder for folder in path.absolute().parents if folder.is_dir())
    needed = f"{path.name} takes {_bytes(size)}" if size else f"{path.name} does not fit"
    return (
        f"The disk of {folder} is full: {needed}, and {_bytes(shutil.disk_usage(folder).free)} are free. What is "
        "published is as it was, and finished work is kept. Make room there, or name another folder with --out and "
        "--work, and run the same command again."
    )


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def nearest(name: str, known: Iterable[str]) -> str:
    """``" Did you mean x?"`` for the known name nearest to ``name``, or an empty string."""
    matches = get_close_matches(name, list(known), n=1)
    return f" Did you mean {matches[0]}?" if matches else ""
