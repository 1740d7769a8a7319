"""Tokens: documents or ids, as equal contexts with one mask for every statistic."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from jaxtyping import Bool, Int
from safetensors import SafetensorError, safe_open

from featviz.errors import InputError
from featviz.provenance import sha256_of_bytes
from featviz.sources.documents import DocumentOptions, read_documents
from featviz.sources.vocabulary import special_ids


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
    """Let BOS, EOS, chat markers and other special tokens count in the statistics; padding never does."""
    mask: tuple[int, ...] = ()
    """Further token ids that do not count."""
    pack: bool = True
    """Join documents and cut them into contexts; else one document a context, cut or padded."""
    documents: DocumentOptions = field(default_factory=DocumentOptions)


def read_tokens(place: Path | str, tokenizer: Any, options: TokenOptions) -> Tokens:
    """Read ``.npy`` or ``.safetensors`` ids [seq pos], or documents of any kind that `read_documents` knows."""
    path = Path(place)
    name = path.resolve().name
    if path.suffix == ".npy" and path.is_file():
        return from_ids(name, _read_ids(path), tokenizer, options)
    if path.suffix == ".safetensors" and path.is_file():
        return from_ids(name, _read_tensor(path), tokenizer, options)
    documents = read_documents(place, options.documents)
    return replace(from_documents(documents.name, documents, tokenizer, options), revision=documents.revision)


def from_documents(name: str, documents: Iterable[str], tokenizer: Any, options: TokenOptions) -> Tokens:
    """Tokenized documents as contexts, each beginning with BOS if that is asked for and there is one."""
    bos = [tokenizer.bos_token_id] if options.bos and tokenizer.bos_token_id is not None else []
    body = options.context - len(bos)
    if body < 1:
        raise InputError(f"context is {options.context}, expected at least {1 + len(bos)}.")
    cut = _packed if options.pack else _padded
    return cut(name, documents, tokenizer, options, bos)


def _packed(name: str, documents: Iterable[str], tokenizer: Any, options: TokenOptions, bos: list[int]) -> Tokens:
    """Documents joined and cut; the rest that fills no context is dropped."""
    body, rows = options.context - len(bos), _rows(options.context, options)
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


def _padded(name: str, documents: Iterable[str], tokenizer: Any, options: TokenOptions, bos: list[int]) -> Tokens:
    """One document a context, the rest of it cut off or the room behind it padded; empty ones are left out."""
    rows, bodies = _rows(options.context, options), list[list[int]]()
    for document in documents:
        body = _token_ids(document, tokenizer)[: options.context - len(bos)]
        bodies += [bos + body] if body else []
        if len(bodies) == rows:
            break
    if not bodies:
        raise InputError(f"{name} has no document with a token in it.")
    padding = next(each for each in (tokenizer.pad_token_id, tokenizer.eos_token_id, 0) if each is not None)
    ids = np.full((len(bodies), options.context), padding, dtype=np.int64)
    real = np.zeros(ids.shape, dtype=bool)
    for row, body in enumerate(bodies):
        ids[row, : len(body)], real[row, : len(body)] = body, True
    return from_ids(name, ids, tokenizer, options, real)


def from_ids(
    name: str,
    ids: np.ndarray,
    tokenizer: Any,
    options: TokenOptions,
    real: Bool[np.ndarray, "seq pos"] | None = None,
) -> Tokens:
    """Contexts that are tokenized already, any integers [seq pos]; whole contexts are kept up to the limit.

    ``real`` is false where there is padding.
    """
    if ids.ndim != 2 or ids.size == 0 or not np.issubdtype(ids.dtype, np.integer):
        raise InputError(
            f"{name} holds {ids.dtype} of shape {list(ids.shape)}, "
            "expected integers [seq pos] with at least one context."
        )
    ids = ids[: _rows(ids.shape[1], options)].astype(np.int64)
    masked = tuple(sorted({*options.mask, *(() if options.count_special else special_ids(tokenizer))}))
    counts = ~np.isin(ids, masked)
    if real is not None:
        counts &= real
    if not counts.any():
        raise InputError(f"{name} has no position that counts: all its tokens are special ones ({list(masked)}).")
    return Tokens(name, ids, counts, masked)


def check_tokenizer(tokenizer: Any, model: str, d_vocab: int) -> None:
    """Raise if the tokenizer makes ids of text that the model does not have; some add special tokens past the end."""
    added = set(tokenizer.get_added_vocab().values())
    last = max((number for number in tokenizer.get_vocab().values() if number not in added), default=0)
    if last >= d_vocab:
        raise InputError(
            f"The tokenizer of {model} has token ids up to {last}, but the model has d_vocab={d_vocab}. "
            "Is the tokenizer in its folder another model's?"
        )


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
        stream += _token_ids(document, tokenizer)
        if len(stream) >= needed:
            break
    return stream


def _token_ids(document: str, tokenizer: Any) -> list[int]:
    ids: list[int] = tokenizer(document, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def _read_ids(path: Path) -> np.ndarray:
    return np.array(mapped_ids(path))


def mapped_ids(path: Path) -> np.ndarray:
    """The array in a ``.npy`` file, mapped: a header that promises too much is found out unread."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
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
