"""SAEs on the Hugging Face hub: ``owner/repository/path/in/it``, of which only an SAE's files are downloaded."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from featviz.errors import InputError

FILES = (
    "cfg.json",
    "config.json",
    "sae_weights.safetensors",
    "activation_scaler.json",
    "sae.safetensors",
    "ae.pt",
    "params.npz",
)
"""What an SAE in a folder consists of, in whatever format."""


@dataclass(frozen=True)
class Downloaded:
    """Where files of the hub lie, and of which commit they are."""

    place: Path
    revision: str


def download(name: str) -> Downloaded:
    """Download what an SAE of this name consists of, or find it in the hub's cache."""
    from huggingface_hub import snapshot_download

    owner, repository, *inside = PurePosixPath(name).parts
    path = "/".join(inside)
    try:
        folder = Path(snapshot_download(f"{owner}/{repository}", allow_patterns=_wanted(path)))
    except Exception as error:  # the hub's errors and those of the network have no base in common
        reason = " ".join(str(error).split())[:300].rstrip(" .")
        raise InputError(
            f'SAE "{name}" is no folder here, and it could not be taken from the Hugging Face hub: {reason}.'
        ) from error
    if not (folder / path).exists():
        raise InputError(
            f'The Hugging Face repository "{owner}/{repository}" holds no SAE at "{path}": none of {", ".join(FILES)} '
            "is there. Name the folder of one SAE, as the repository's list of files shows it."
        )
    return Downloaded(folder / path, folder.name)


def _wanted(path: str) -> list[str]:
    """Patterns of the files: those in a folder, or a file of weights with its configuration."""
    if path.endswith((".pt", ".npz")):
        return [path, f"{path.removesuffix('.pt')}_cfg.json"]
    return [f"{path}/{file}" if path else file for file in FILES]


def absolute(path: Path) -> Path:
    """From the root, but links not followed: in the hub's cache files are links, and folders' names mean something."""
    return Path(os.path.normpath(path.absolute()))
