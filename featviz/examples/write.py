"""Writes a settings file to begin with."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import Field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from featviz.errors import InputError, nearest
from featviz.settings import LARGEST, Settings

NEEDED = ("model", "sae", "tokens")
"""Settings without a default that could be built with."""
WIDTH = 100
HEAD = (
    "Settings of featviz build, which reads featviz.toml in the current folder, or the file that it is given. "
    "Options on the command line have the same names and win. Paths are relative to this file. "
    "A line with its # taken away is a setting; as they stand they say the defaults."
)


def examples() -> dict[str, str]:
    """The names of the files in the package, each with what it is."""
    files = sorted(file.name for file in resources.files("featviz.examples").iterdir() if file.name.endswith(".toml"))
    return {name.removesuffix(".toml"): _text(name).splitlines()[0].removeprefix("# ") for name in files}


def write_settings(path: Path, name: str | None = None, force: bool = False) -> None:
    """Write the example of that name, or every option with its meaning; a file that is there stays unless ``force``."""
    known = examples()
    if name is not None and name not in known:
        raise InputError(f'There is no example "{name}". There are {", ".join(known)}.{nearest(name, known)}')
    if path.exists() and not force:
        raise InputError(f"{path} is there already. Name another file with -o, or replace it with --force.")
    try:
        path.write_text(commented() if name is None else _text(f"{name}.toml"), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error


def commented() -> str:
    """A settings file that explains every option, once each."""
    return "\n".join([*_comment(HEAD), *(line for item in fields(Settings) for line in ["", *_lines(item)])]) + "\n"


def _lines(item: Field[Any]) -> Iterator[str]:
    low, high = item.metadata["low"], item.metadata["high"]
    limits = "" if type(item.default) is not int else f" ({low} to {high})" if high < LARGEST else f" ({low} or more)"
    yield from _comment(item.metadata["help"] + limits)
    line = f"{item.name} = {json.dumps(item.default)}"
    yield line if item.name in NEEDED else f"# {line}"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


def _text(name: str) -> str:
    return (resources.files("featviz.examples") / name).read_text(encoding="utf-8")
