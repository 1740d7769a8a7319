"""Documents: text files, folders of them, jsonl, parquet, or a Hugging Face dataset, read one after the other."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featviz.errors import InputError, nearest
from featviz.settings import is_hub_name

TEXT_SUFFIXES = (".txt", ".md", ".py", ".rst")
TABLE_SUFFIXES = (".parquet", ".arrow", ".jsonl")
"""What makes a folder a dataset."""
FILE_SUFFIXES = (*TEXT_SUFFIXES, *TABLE_SUFFIXES, ".json", ".csv", ".npy", ".safetensors")
EXPECTED = (
    "Expected a text file, a folder of text files, a .jsonl or .parquet, a Hugging Face dataset (name or folder), "
    "or a .npy or .safetensors of token ids."
)


@dataclass(frozen=True)
class DocumentOptions:
    """Where in a jsonl, a parquet or a dataset the texts are."""

    key: str = "text"
    """Key or column of the text."""
    split: str = "train"
    """Of a dataset."""
    subset: str = ""
    """Of a dataset that has several."""


@dataclass(frozen=True)
class Documents:
    """Texts that are read when they are asked for."""

    name: str
    read: Callable[[], Iterator[str]]
    revision: str | None = None
    """The hub's commit."""

    def __iter__(self) -> Iterator[str]:
        return self.read()


def check_tokens_place(place: Path | str) -> None:
    """Raise unless something is there, or the name can be that of a dataset."""
    if not Path(place).exists() and not _is_dataset_name(str(place)):
        raise InputError(f"Tokens {place} do not exist. {EXPECTED}")


def read_documents(place: Path | str, options: DocumentOptions) -> Documents:
    """The documents at ``place``, a path or the name of a dataset on the hub."""
    check_tokens_place(place)
    path = Path(place)
    name = path.resolve().name
    if not path.exists():
        from featviz.sources.datasets import dataset_on_the_hub

        return Documents(str(place), *dataset_on_the_hub(str(place), options))
    if path.is_dir() and any(file.suffix in TABLE_SUFFIXES for file in path.rglob("*")):
        from featviz.sources.datasets import dataset_in_a_folder

        return Documents(name, dataset_in_a_folder(path, options))
    readers = {".jsonl": lambda: _read_jsonl(path, options.key), ".parquet": lambda: _read_parquet(path, options.key)}
    return Documents(name, readers.get(path.suffix, lambda: _read_texts(path)))


def text_of(document: Any, key: str, where: str) -> str:
    """The text of a row; a key that is not there names the nearest."""
    if key not in document:
        raise InputError(
            f'{where} has no "{key}".{nearest(key, document)} It has {", ".join(document)}: give --text-key.'
        )
    text = document[key]
    if not isinstance(text, str):
        raise InputError(f'{where}: "{key}" holds {type(text).__name__}, expected a text.')
    return text


def _is_dataset_name(place: str) -> bool:
    """``owner/name``, where it does not end like a file."""
    return is_hub_name(place) and place.count("/") == 1 and Path(place).suffix not in FILE_SUFFIXES


def _read_texts(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield _read_text(path)
        return
    files = sorted(file for file in path.rglob("*") if file.suffix in TEXT_SUFFIXES and file.is_file())
    if not files:
        raise InputError(
            f"{path} holds no text files. Expected some of {', '.join((*TEXT_SUFFIXES, *TABLE_SUFFIXES))}."
        )
    for file in files:
        yield _read_text(file)


def _read_jsonl(path: Path, key: str) -> Iterator[str]:
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _text_in(json.loads(line), key)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f'{path}, line {number}: expected a JSON object with a text as "{key}", found {line[:60]!r}.'
            ) from error


def _text_in(document: Any, key: str) -> str:
    """The document's text; half a surrogate pair is no text."""
    text = document[key]
    if not isinstance(text, str):
        raise TypeError(f"{key} is a {type(text).__name__}")
    text.encode("utf-8")
    return text


def _read_parquet(path: Path, key: str) -> Iterator[str]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(
            f'{path}: reading parquet needs pyarrow. Install it with pip install "featviz[parquet]".'
        ) from error
    try:
        with ParquetFile(path) as file:
            columns = dict.fromkeys(file.schema_arrow.names, "")
            text_of(columns, key, str(path))
            for batch in file.iter_batches(batch_size=1000, columns=[key]):
                for text in batch.column(0).to_pylist():
                    yield text_of({key: text}, key, str(path))
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a whole parquet file ({_first_line(error)}). Was its download cut short?"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200].rstrip(".")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
