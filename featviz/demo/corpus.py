"""The demo's text: the Python sources that every Python installation has, its own standard library.

Files are read when they are asked for, from wherever this Python keeps its library; nothing is copied.
A Debian-style installation without `test/` or `idlelib/` gives fewer documents, never an error.
"""

import hashlib
import re
import sysconfig
from pathlib import Path

HELD_OUT_SHARE = 20
"""One file in this many is held out of all training."""

MAX_DOCUMENT_CHARS = 100_000
"""A longer file is cut here, so that no single module dominates."""

DEMO_PIECE_CHARS = 900
"""How much of one file `demo_documents` takes at most: about two contexts of 128 tokens."""

_FOREIGN_FOLDERS = {"site-packages", "dist-packages", "__pycache__", "lib-dynload"}
_TEST_FOLDERS = {"test", "tests", "idle_test"}
_GENERATED = re.compile(
    r"encodings/(?!aliases|idna|punycode|utf_8|mbcs|__init__).*"  # character maps, and forty near-equal codec stubs
    r"|pydoc_data/.*"
    r"|lib2to3/tests/data/.*"
    r"|_sysconfigdata.*"
)

Document = tuple[str, str]
"""(name, text): the name is the file's path below the library's root, with forward slashes."""


def training_documents() -> list[Document]:
    """Every document, tests included, that is not held out."""
    return [(name, text) for name, text in _library_documents() if not is_held_out(name)]


def held_out_documents() -> list[Document]:
    """The documents that neither the tokenizer, the model nor an SAE saw in training."""
    return [(name, text) for name, text in _library_documents() if is_held_out(name)]


def demo_documents() -> list[Document]:
    """A deterministic, varied sample of the non-test files: one piece of each file, in shuffled order."""
    pieces = [(name, _piece(name, text)) for name, text in _library_documents() if not _is_test(name)]
    return sorted(pieces, key=lambda piece: _digest(piece[0]))


def is_held_out(name: str) -> bool:
    """Whether the file of this name is never trained on; depends on the name alone."""
    return _digest("held out? " + name) % HELD_OUT_SHARE == 0


def _library_documents() -> list[Document]:
    """All usable library files, sorted by name, each cut to MAX_DOCUMENT_CHARS."""
    root = Path(sysconfig.get_path("stdlib"))
    named_paths = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*.py"))
    texts = ((name, _read(path)) for name, path in named_paths if _is_wanted(name))
    return [(name, text[:MAX_DOCUMENT_CHARS]) for name, text in texts if text and not _is_table(text)]


def _is_wanted(name: str) -> bool:
    return _FOREIGN_FOLDERS.isdisjoint(name.split("/")) and not _GENERATED.fullmatch(name)


def _is_test(name: str) -> bool:
    *folders, file_name = name.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or file_name.startswith("test_")


def _is_table(text: str) -> bool:
    """Whether a text is mostly data: over a fifth of it digits and backslashes."""
    return sum(map(text.count, "0123456789\\")) > len(text) / 5


def _read(path: Path) -> str:
    """The file's text, or nothing where it is unreadable or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _piece(name: str, text: str) -> str:
    """A bounded run of whole lines of the text, starting at a line chosen by the name's hash."""
    last_start = max(0, len(text) - DEMO_PIECE_CHARS)
    start = text.rfind("\n", 0, _digest("piece of " + name) % (last_start + 1)) + 1
    piece = text[start : start + DEMO_PIECE_CHARS]
    return piece[: piece.rfind("\n") + 1] or piece


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
