"""Writing a release beside the one that is published, so that the old site is whole until the new one is."""

import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from types import TracebackType

from featviz.bundle.atomic import write_atomically
from featviz.bundle.digests import digest, encode_digests, is_whole, release_of
from featviz.bundle.format import DATA, DIGESTS, MANIFEST, RELEASE_NAME, chunk_name
from featviz.bundle.manifest import Manifest
from featviz.errors import BundleError, unwritable

PARTIAL_PREFIX = ".partial-"


class BundleWriter:
    """Collects the files of one release, as a context manager; leaving it without ``close`` takes back everything.

    The order of a build: ``claim(out)``; chunks and parts, ``close()``; ``write_manifest``; ``remove_old_releases``.
    """

    def __init__(self, out: Path) -> None:
        self._data = out / DATA
        self._partial = self._unused_folder()
        self._digests: dict[str, str] = {}
        self.bytes: Counter[str] = Counter()
        """Bytes of all chunks, by SAE."""
        self.parts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Bytes of the other parts, by SAE and by part."""

    def __enter__(self) -> "BundleWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, sae: str, chunk: int, data: bytes) -> None:
        """Write one encoded chunk. The order does not matter."""
        self._write(chunk_name(sae, chunk), data)
        self.bytes[sae] += len(data)

    def add_part(self, sae: str, part: str, files: Iterable[tuple[str, bytes]]) -> None:
        """Write the files, by their names below the release, of a part beside the chunks."""
        for name, data in files:
            self._write(name, data)
            self.parts[sae][part] += len(data)

    def _write(self, name: str, data: bytes) -> None:
        if name in self._digests:
            raise BundleError(f"{name} was written twice")
        path = self._partial / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise BundleError(unwritable(path, error, len(data))) from error
        self._digests[name] = digest(data)

    def close(self) -> str:
        """Move the files to the folder of their release and say its name; the same data is kept as it stands."""
        content = encode_digests(self._digests)
        write_atomically(self._partial / DIGESTS, content)
        release = release_of(content)
        folder = self._data / release
        if not is_whole(folder):
            if folder.exists():
                folder.rename(self._unused_folder() / release)
            self._partial.rename(folder)
        return release

    def _unused_folder(self) -> Path:
        folder = self._data / f"{PARTIAL_PREFIX}{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        return folder


def write_manifest(out: Path, manifest: Manifest) -> None:
    """Put ``manifest.json`` in its place in one step, after everything that it points to."""
    write_atomically(out / MANIFEST, manifest.encode())


def old_releases(out: Path, keep: Collection[str | None]) -> list[Path]:
    """The folders of the releases not in ``keep``, and of what interrupted builds left behind."""
    return [
        folder
        for folder in sorted((out / DATA).iterdir())
        if RELEASE_NAME.fullmatch(folder.name) or folder.name.startswith(PARTIAL_PREFIX)
        if folder.name not in keep and folder.is_dir() and not folder.is_symlink()
    ]


def remove_partial_releases(out: Path) -> None:
    """Delete what interrupted builds left behind. No other build may be writing into ``out``."""
    for folder in (out / DATA).glob(f"{PARTIAL_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_old_releases(out: Path, keep: Collection[str | None]) -> None:
    """Delete the `old_releases`.

    Keep the new release and the one published before it: a page that was opened then still finds its data.
    """
    for folder in old_releases(out, keep):
        shutil.rmtree(folder)
