"""Which form a file or folder of labels has, and the labels in it."""

import gzip
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from featviz.errors import InputError
from featviz.labels import by_sae, delphi, neuronpedia, notes, table
from featviz.labels.labels import Labels, Subjects

LINE = 1 << 24
"""Bytes of a line at most."""
WHOLE = 1 << 28
"""Bytes at most of a file that is read as a whole, decompressed."""
EXPECTED = (
    "Expected a .json, .csv or .jsonl (.gz) of labels, notes exported from a site, a folder of Neuronpedia's "
    "batch-N.jsonl.gz, or delphi's explanations folder."
)


def read_labels(path: Path | str, subjects: Subjects, any_source: bool = False) -> Labels:
    """The labels in a file or folder; an empty path is no labels.

    ``any_source`` takes Neuronpedia's explanations of a model or layer with another name.
    """
    if not path:
        return Labels()
    path, shown = Path(path), str(path)
    if path.is_dir():
        return _read_folder(path, subjects, any_source)
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "jsonl":
        return neuronpedia.read(neuronpedia.lines(_lines(path), shown), subjects, shown, any_source)
    text = _text(path)
    if kind == "csv":
        return table.read(text, subjects, shown)
    content = by_sae.parse(text, shown)
    if notes.are_notes(content):
        return notes.read(content, subjects, shown)
    if (isinstance(content, list) and content) or (isinstance(content, dict) and "explanations" in content):
        return neuronpedia.read(neuronpedia.entries(content, shown), subjects, shown, any_source)
    return by_sae.read(content, subjects, shown)


def _read_folder(path: Path, subjects: Subjects, any_source: bool) -> Labels:
    batches = sorted(file for file in path.iterdir() if file.name.endswith((".jsonl", ".jsonl.gz")))
    if batches:
        found = chain.from_iterable(neuronpedia.lines(_lines(file), str(file)) for file in batches)
        return neuronpedia.read(found, subjects, str(path), any_source)
    latents = delphi.find(path)
    if not latents:
        raise InputError(f"{path} is a folder without labels. {EXPECTED}")
    return delphi.read(latents, subjects, str(path))


def _text(path: Path) -> str:
    lines, size = [], 0
    for line in _lines(path):
        lines.append(line)
        size += len(line)
        if size > WHOLE:
            raise InputError(f"Labels {path} hold more than {WHOLE:,} bytes. Give them as .jsonl, line by line.")
    try:
        return b"".join(lines).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"Labels {path} are not UTF-8 text ({error.reason} at byte {error.start}).") from error


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, compressed or not, none longer than `LINE`."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(LINE):
                if len(line) == LINE and path.name.removesuffix(".gz").endswith(".jsonl"):
                    raise InputError(f"Labels {path} have a line of more than {LINE:,} bytes.")
                yield line
    except FileNotFoundError as error:
        raise InputError(f"Labels {path} do not exist. {EXPECTED}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"Labels {path} are not whole gzip: {error}. Download them again.") from error
    except OSError as error:
        raise InputError(f"Labels {path} cannot be read: {error.strerror}.") from error
