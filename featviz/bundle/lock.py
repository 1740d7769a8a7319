"""One build at a time in a folder. The system keeps the lock, so that a build that was killed leaves none behind."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from featviz.errors import BundleError

try:
    import fcntl
except ImportError:  # on Windows; there, two builds at once are not told
    fcntl = None  # type: ignore[assignment]

BUSY = (errno.EAGAIN, errno.EACCES)


@contextmanager
def locked(file: Path, option: str = "", shared: bool = False) -> Iterator[None]:
    """Hold the lock that ``file`` is for its folder; a BundleError if another process holds it.

    Many may share it, if all of them ask for no more. ``option`` is what names another folder on the command line.
    Where there is no such file, and on a file system without locks, nothing is locked.
    """
    if fcntl is None or not file.is_file():
        yield
        return
    with file.open("rb+") as holder:
        try:
            fcntl.flock(holder, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in BUSY:
                raise BundleError(_busy(file.parent, option)) from error
        yield


@contextmanager
def awaited(file: Path) -> Iterator[None]:
    """Hold the lock that ``file`` is, once nobody else does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as holder:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(holder, fcntl.LOCK_EX)
        yield


def _busy(folder: Path, option: str) -> str:
    advice = f", or name another folder with {option}" if option else ""
    return f"Another featviz is writing into {folder} at this moment. Wait until it has ended{advice}."
