"""From documents to the fixed-length token contexts that the demo model reads."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from featviz.demo.corpus import Document

BOS = "<|endoftext|>"
"""The one special token. It starts every context, and pads the last one of a document."""

BOS_ID = 0
CONTEXT_SIZE = 128


def load_tokenizer(model_folder: Path) -> Tokenizer:
    """The model's tokenizer, without transformers around it."""
    return Tokenizer.from_file(str(model_folder / "tokenizer.json"))


def document_contexts(tokenizer: Tokenizer, documents: Iterable[Document]) -> np.ndarray:
    """All documents as contexts [seq pos]; a context holds one document's tokens only, and BOS after its end."""
    return np.concatenate([as_contexts(ids) for ids in encode(tokenizer, documents)])


def packed_contexts(tokenizer: Tokenizer, documents: Iterable[Document], limit: int) -> np.ndarray:
    """The first `limit` contexts [limit pos] of the documents laid end to end, as `featviz demo` cuts them."""
    return as_contexts(np.concatenate(encode(tokenizer, documents)))[:limit]


def token_stream(tokenizer: Tokenizer, documents: Iterable[Document]) -> np.ndarray:
    """All documents in one row of token ids, a BOS before each."""
    return np.concatenate([np.append(BOS_ID, ids) for ids in encode(tokenizer, documents)]).astype(np.int64)


def encode(tokenizer: Tokenizer, documents: Iterable[Document]) -> list[np.ndarray]:
    """Each document's token ids, without special tokens."""
    encodings = tokenizer.encode_batch([text for _, text in documents], add_special_tokens=False)
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]


def as_contexts(ids: np.ndarray) -> np.ndarray:
    """A row of ids as contexts [seq pos]: BOS, the next 127 ids; the last one filled up with BOS."""
    body = CONTEXT_SIZE - 1
    padded = np.full(-(-len(ids) // body) * body, BOS_ID)
    padded[: len(ids)] = ids
    return np.pad(padded.reshape(-1, body), ((0, 0), (1, 0)), constant_values=BOS_ID)


def epoch(stream: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The whole stream once, as contexts [seq pos] in random order, cut at a new random offset each time."""
    contexts = as_contexts(stream[rng.integers(CONTEXT_SIZE) :])[:-1]
    return rng.permutation(contexts)


def endless_batches(stream: np.ndarray, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """Training batches [batch pos] without end, epoch after epoch."""
    rng = np.random.default_rng(seed)
    while True:
        contexts = epoch(stream, rng)
        for start in range(0, len(contexts) - batch_size + 1, batch_size):
            yield contexts[start : start + batch_size]
