"""``digests.json``: the SHA-256 of every chunk of a release, which also names the release."""

import hashlib
from pathlib import Path

import orjson

from featviz.bundle.format import DIGESTS
from featviz.errors import BundleError


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
    return digests


def release_of(digests_file: bytes) -> str:
    """The release's name: the first 16 hex digits of the SHA-256 of ``digests.json``."""
    return digest(digests_file)[:16]


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
