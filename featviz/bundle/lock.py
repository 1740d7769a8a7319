"""One build at a time in a folder. The system keeps the lock, so that a build that was killed leaves none behind."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from featviz.errors import BundleError

try:
    import fcntl
except ImportError:  # on Windows; there, two builds at once are not told
    fcntl = None  # type: ignore[assignment]

BUSY = (errno.EAGAIN, errno.EACCES)


@contextmanager
def locked(file: Path, option: str = "", shared: bool = False) -> Iterator[bool]:
    """Hold the lock that ``file`` is for its folder, if there are locks; a BundleError if another process holds it.

    Many may share it, if all of them ask for no more. ``option`` is what names another folder on the command line.
    Where there is no such file, and on a file system without locks, nothing is locked.
    """
    if fcntl is None or not file.is_file():
        yield False
        return
    with file.open("rb+") as holder:
        try:
            fcntl.flock(holder, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in BUSY:
                raise BundleError(_busy(file.parent, option)) from error
            yield False
            return
        yield True


class Hold:
    """The lock that a file is, held until it is closed or the process ends."""

    _file: int | None = None

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)

    @classmethod
    def take(cls, file: Path, wait: bool) -> "Hold | None":
        """Hold it once nobody else does, or ``None`` if somebody does and there is no time to wait.

        On a file system without locks everybody holds everything.
        """
        hold = cls(file)
        if fcntl is None or hold._file is None:
            return hold
        try:
            fcntl.flock(hold._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno in BUSY:
                hold.close()
                return None
        return hold

    def close(self) -> None:
        """Let others have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __del__(self) -> None:
        self.close()


def _busy(folder: Path, option: str) -> str:
    advice = f", or name another folder with {option}" if option else ""
    return f"Another featviz is writing into {folder} at this moment. Wait until it has ended{advice}."
