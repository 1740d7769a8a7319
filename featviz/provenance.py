"""Where a site comes from: hashes of its inputs, versions of what computed it."""

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path

LIBRARIES = (
    "torch",
    "transformer_lens",
    "transformers",
    "tokenizers",
    "numpy",
    "numba",
    "safetensors",
    "zstandard",
    "orjson",
)


def sha256_of_bytes(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """In hexadecimal, without reading the file whole into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_folder(folder: Path) -> dict[str, str]:
    """Hash of every file of a model folder, by its name relative to the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files}


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries whose arithmetic or encoding the bytes depend on."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in LIBRARIES}


def git_revision() -> str | None:
    """The checkout's revision, with ``+`` if it has uncommitted changes; ``None`` outside a checkout."""
    here = Path(__file__).resolve().parent
    if not (here.parent / ".git").exists():
        return None
    try:
        revision = _git(here, "rev-parse", "HEAD").strip()
        return revision + ("+" if _git(here, "status", "--porcelain").strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout
