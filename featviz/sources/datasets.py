"""Hugging Face datasets, streamed: nothing is downloaded or copied but the rows that are read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from featviz.errors import InputError
from featviz.sources.documents import DocumentOptions, text_of


def dataset_on_the_hub(name: str, options: DocumentOptions) -> tuple[Callable[[], Iterator[str]], str | None]:
    """The texts of a dataset, and the hub's commit that they come from."""
    load = _library(name).load_dataset
    try:
        from huggingface_hub import HfApi

        revision = HfApi().dataset_info(name).sha
        rows = load(name, options.subset or None, split=options.split, streaming=True, revision=revision)
    except Exception as error:  # the hub's, the network's and the library's errors have no other base in common
        raise InputError(
            f"Tokens {name} are no file here, and as a Hugging Face dataset they cannot be loaded: {_reason(error)}"
        ) from error
    return lambda: _texts(rows, options.key, name), revision


def dataset_in_a_folder(path: Path, options: DocumentOptions) -> Callable[[], Iterator[str]]:
    """The texts of a folder of parquet, arrow or jsonl files, or of what ``save_to_disk`` wrote."""
    library = _library(str(path))
    try:
        if any((path / name).is_file() for name in ("dataset_dict.json", "state.json")):
            saved = library.load_from_disk(str(path))
            rows = saved[options.split] if isinstance(saved, dict) else saved
        else:
            rows = library.load_dataset(str(path), options.subset or None, split=options.split, streaming=True)
    except Exception as error:  # the library's errors have no other base in common
        raise InputError(f"{path} cannot be loaded as a dataset: {_reason(error)}") from error
    return lambda: _texts(rows, options.key, str(path))


def _library(name: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            f'{name}: reading a dataset needs the datasets package. Install it with pip install "featviz[datasets]".'
        ) from error
    datasets.disable_progress_bars()
    return datasets


def _texts(rows: Any, key: str, name: str) -> Iterator[str]:
    try:
        for row in rows:
            yield text_of(row, key, name)
    except InputError:
        raise
    except Exception as error:  # a damaged shard, a lost connection: each reader has its own
        raise InputError(f"{name} cannot be read on: {_reason(error)} Are its files whole, and not empty?") from error


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())[:300] or type(error).__name__
    return f"{said.rstrip('.')}."
