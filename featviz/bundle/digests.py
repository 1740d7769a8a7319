"""The SHA-256 of every file of a release in ``digests.json``, that of ``digests.json``, and the manifest's own."""

import hashlib
import re
from pathlib import Path

import orjson

from featviz.bundle.format import DIGESTS
from featviz.errors import BundleError

_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
NO_DIGEST = b"0" * 64
"""What stands in the place of a file's digest of itself while that is computed."""


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def encode_digests(digests: dict[str, str]) -> bytes:
    """The file: the same chunks always give the same bytes."""
    return orjson.dumps(digests, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def decode_digests(data: bytes) -> dict[str, str]:
    """SHA-256 by chunk name."""
    try:
        digests = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BundleError(f"{DIGESTS} is not valid JSON: {error}") from error
    if not isinstance(digests, dict) or not all(isinstance(value, str) for value in digests.values()):
        raise BundleError(f"{DIGESTS}: expected an object of SHA-256 by chunk name")
    for name in digests:
        if not _NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
            raise BundleError(f"{DIGESTS}: {name!r:.80} is no name of a file below the release")
    return digests


def release_of(digests_file: bytes) -> str:
    """The release's name: the first 16 hex digits of the SHA-256 of ``digests.json``."""
    return digest(digests_file)[:16]


def with_own_digest(data: bytes) -> bytes:
    """A file whose first ``NO_DIGEST`` becomes the SHA-256 that the file has with it."""
    return data.replace(NO_DIGEST, digest(data).encode(), 1)


def has_own_digest(data: bytes, found: str) -> bool:
    """Whether ``found`` is the SHA-256 of ``data`` with ``NO_DIGEST`` in its place."""
    return digest(data.replace(found.encode(), NO_DIGEST, 1)) == found


def is_whole(folder: Path) -> bool:
    """Whether every chunk of a release's folder is there with the bytes that its name promises."""
    try:
        content = (folder / DIGESTS).read_bytes()
        digests = decode_digests(content)
        return release_of(content) == folder.name and all(
            digest((folder / name).read_bytes()) == expected for name, expected in digests.items()
        )
    except (OSError, BundleError):
        return False
