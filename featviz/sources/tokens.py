"""Tokens: text files, folders of them, jsonl, or ids, as equal contexts with one mask for every statistic."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from jaxtyping import Bool, Int
from safetensors import SafetensorError, safe_open

from featviz.errors import InputError
from featviz.provenance import sha256_of_bytes

TEXT_SUFFIXES = (".txt", ".md", ".py", ".rst")


@dataclass(frozen=True)
class Tokens:
    """Token ids in equal contexts, and which positions count."""

    name: str
    ids: Int[np.ndarray, "seq pos"]
    counts: Bool[np.ndarray, "seq pos"]
    """False at special tokens: such positions are left out of every statistic."""
    masked: tuple[int, ...] = ()
    """The token ids that do not count."""
    revision: str | None = None

    @property
    def sha256(self) -> str:
        return sha256_of_bytes(self.ids.astype("<i4").tobytes())

    @property
    def counted(self) -> int:
        """N: the number of positions that count."""
        return int(self.counts.sum())

    @property
    def context(self) -> int:
        return int(self.ids.shape[1])


@dataclass(frozen=True)
class TokenOptions:
    """How text becomes contexts."""

    context: int = 128
    """Tokens a sequence, BOS included."""
    limit: int = 65_536
    """Tokens at most; whole contexts are kept."""
    bos: bool = True
    """Begin every context with BOS, if the tokenizer has one."""
    count_special: bool = False
    """Let BOS, EOS, padding and other special tokens count in the statistics."""


def read_tokens(path: Path | str, tokenizer: Any, options: TokenOptions) -> Tokens:
    """Read ``.npy`` or ``.safetensors`` ids [seq pos], a text, a ``.jsonl`` (key ``text``), or a folder of texts."""
    path = Path(path)
    if not path.exists():
        raise InputError(
            f"Tokens {path} do not exist. "
            "Expected a text file, a folder of text files, a .jsonl, or a .npy or .safetensors of token ids."
        )
    name = path.resolve().name
    if path.suffix == ".npy" and path.is_file():
        return from_ids(name, _read_ids(path), tokenizer, options)
    if path.suffix == ".safetensors" and path.is_file():
        return from_ids(name, _read_tensor(path), tokenizer, options)
    return from_documents(name, _read_documents(path), tokenizer, options)


def from_documents(name: str, documents: Iterable[str], tokenizer: Any, options: TokenOptions) -> Tokens:
    """Concatenate tokenized documents and cut them into contexts; the rest that fills no context is dropped."""
    bos = [tokenizer.bos_token_id] if options.bos and tokenizer.bos_token_id is not None else []
    body = options.context - len(bos)
    rows = _rows(options.context, options)
    if body < 1:
        raise InputError(f"context is {options.context}, expected at least {1 + len(bos)}.")
    stream = _token_stream(documents, tokenizer, rows * body)
    rows = min(rows, len(stream) // body)
    if rows == 0:
        raise InputError(
            f"{name} has {len(stream)} tokens, fewer than one context of {options.context}. "
            "Give more text or a smaller context."
        )
    ids = np.array(stream[: rows * body], dtype=np.int64).reshape(rows, body)
    if bos:
        ids = np.concatenate([np.full((rows, 1), bos[0], dtype=np.int64), ids], axis=1)
    return from_ids(name, ids, tokenizer, options)


def from_ids(name: str, ids: np.ndarray, tokenizer: Any, options: TokenOptions) -> Tokens:
    """Contexts that are tokenized already, any integers [seq pos]; whole contexts are kept up to the limit."""
    if ids.ndim != 2 or ids.size == 0 or not np.issubdtype(ids.dtype, np.integer):
        raise InputError(
            f"{name} holds {ids.dtype} of shape {list(ids.shape)}, "
            "expected integers [seq pos] with at least one context."
        )
    ids = ids[: _rows(ids.shape[1], options)].astype(np.int64)
    masked = () if options.count_special else tuple(sorted(set(tokenizer.all_special_ids)))
    counts = ~np.isin(ids, masked)
    if not counts.any():
        raise InputError(f"{name} has no position that counts: all its tokens are special ones ({list(masked)}).")
    return Tokens(name, ids, counts, masked)


def check_range(tokens: Tokens, d_vocab: int) -> None:
    """Raise unless every id is a token of the model."""
    low, high = int(tokens.ids.min()), int(tokens.ids.max())
    if low < 0 or high >= d_vocab:
        raise InputError(
            f"{tokens.name} holds token ids {low} … {high}, but the model has d_vocab={d_vocab}. "
            "Was it tokenized for another model?"
        )


def _rows(context: int, options: TokenOptions) -> int:
    """Whole contexts within the limit."""
    if options.limit < context:
        raise InputError(f"max_tokens is {options.limit}, expected at least one context of {context}.")
    return options.limit // context


def _token_stream(documents: Iterable[str], tokenizer: Any, needed: int) -> list[int]:
    stream: list[int] = []
    for document in documents:
        stream += tokenizer(document, add_special_tokens=False, verbose=False)["input_ids"]
        if len(stream) >= needed:
            break
    return stream


def _read_ids(path: Path) -> np.ndarray:
    """The array in a ``.npy`` file, which is mapped first: a header that promises too much is found out unread."""
    try:
        return np.array(np.lib.format.open_memmap(path, mode="r"))
    except (ValueError, OSError, EOFError, TokenError) as error:
        raise InputError(f"{path} is not a plain .npy array: {error}.") from error


def _read_tensor(path: Path) -> np.ndarray:
    """The one tensor in a ``.safetensors`` file, whatever its name."""
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            if len(names) != 1:
                raise InputError(f"{path} holds {len(names)} tensors, expected one: token ids [seq pos].")
            return np.array(file.get_tensor(names[0]))
    except (SafetensorError, OSError, TypeError) as error:
        raise InputError(f"{path} is no .safetensors of token ids: {error}.") from error


def _read_documents(path: Path) -> Iterator[str]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in TEXT_SUFFIXES and file.is_file())
        if not files:
            raise InputError(f"{path} holds no text files. Expected some of {', '.join(TEXT_SUFFIXES)}.")
        for file in files:
            yield _read_text(file)
    elif path.suffix == ".jsonl":
        yield from _read_jsonl(path)
    else:
        yield _read_text(path)


def _read_jsonl(path: Path) -> Iterator[str]:
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _text_of(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f'{path}, line {number}: expected a JSON object with a text as "text", found {line[:60]!r}.'
            ) from error


def _text_of(document: Any) -> str:
    """The document's text; half a surrogate pair is no text."""
    text = document["text"]
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}")
    text.encode("utf-8")
    return text


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
