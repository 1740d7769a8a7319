"""Which format a folder or file is in, and the SAE in it."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from featviz.errors import InputError
from featviz.provenance import sha256_of_file
from featviz.settings import is_hub_name
from featviz.sources.hub import download
from featviz.sources.readers import dictionary_learning, gemma_scope, one_layer, saelens, sparsify
from featviz.sources.sae import SparseAutoencoder

SHOWN = 6
"""Names of a folder's content in an error at most."""


class Format(Protocol):
    """What a reader module holds."""

    NAME: str
    LOOKED_FOR: str
    """The files that tell the format, in words."""

    def find(self, place: Path) -> tuple[Path, ...] | None:
        """The files to read, if ``place`` is in this format."""

    def read(self, files: tuple[Path, ...]) -> SparseAutoencoder:
        """The SAE in them; hooks that they do not name are empty."""


FORMATS: tuple[Format, ...] = (saelens, sparsify, dictionary_learning, gemma_scope, one_layer)


def read_sae(place: Path | str, hook: str = "", write_hook: str = "") -> SparseAutoencoder:
    """Read an SAE in any known format, in float32, never unpickled; given hooks replace those that it names.

    A place that is none here and has the form ``owner/repository/path`` is looked for on the Hugging Face hub.
    """
    name, place = str(place), Path(place)
    if not place.exists() and is_hub_name(name):
        found = download(name)
        return replace(_read_here(found.place, hook, write_hook), source=name, revision=found.revision)
    if not place.exists():
        raise InputError(
            f"SAE {place} does not exist. Expected a folder with {_all_looked_for()}; or a Hugging Face name such as "
            "owner/repository/folder."
        )
    return _read_here(place, hook, write_hook)


def _read_here(place: Path, hook: str, write_hook: str) -> SparseAutoencoder:
    for reader in FORMATS:
        files = reader.find(place)
        if files:
            sae = _with_hooks(reader.read(files), place, hook, write_hook)
            hashes = {file.name: sha256_of_file(file) for file in files}
            return replace(sae, source=_name(place), files=hashes)
    held = f" It holds {_content(place)}." if place.is_dir() else ""
    raise InputError(f"{place} is not an SAE in a format that featviz reads.{held} Looked for: {_all_looked_for()}.")


def _name(place: Path) -> str:
    path = place.resolve()
    return path.name if path.is_dir() else path.stem


def _all_looked_for() -> str:
    return "; ".join(f"{reader.LOOKED_FOR} ({reader.NAME})" for reader in FORMATS)


def _content(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more if names else "nothing"


def _with_hooks(sae: SparseAutoencoder, place: Path, hook: str, write_hook: str) -> SparseAutoencoder:
    """The SAE between the given hooks; a transcoder's write hook is its own, any other SAE writes where it reads."""
    read = hook or sae.read_hook
    write = write_hook or (sae.write_hook if sae.transcoder else read)
    if not read:
        raise InputError(f"{place} names no hook that it reads. Give one with --hook, such as blocks.0.mlp.hook_post.")
    if not write:
        raise InputError(
            f"{place} is a transcoder and names no hook that it writes to. "
            "Give one with --write-hook, such as blocks.0.hook_mlp_out."
        )
    return replace(sae, read_hook=read, write_hook=write)
