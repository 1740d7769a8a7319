"""A chunk's own string table: the tokens its records mention, the most frequent first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from featviz.bundle.codec.columns import integers
from featviz.errors import BundleError
from featviz.records import Record, Vocabulary


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a chunk knows of its tokens, by vocabulary id."""

    text: dict[int, str]
    partial: dict[int, bytes] = field(default_factory=dict)
    """The bytes of tokens that are not valid UTF-8 by themselves."""
    special: frozenset[int] = frozenset()


class StringTable:
    """From vocabulary ids to indices of the chunk's table, which are short for frequent tokens."""

    def __init__(self, records: Iterable[Record], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        counts = _occurrences(records, len(vocabulary))
        used = np.flatnonzero(counts)
        self.ids = used[np.lexsort((used, -counts[used]))]
        self._index = np.full(len(vocabulary), -1, dtype=np.int64)
        self._index[self.ids] = np.arange(self.ids.size)

    def indices(self, ids: np.ndarray) -> np.ndarray:
        """The table's indices of vocabulary ids, flat."""
        indices: np.ndarray = self._index[integers(ids)]
        return indices

    def encode(self) -> dict[str, Any]:
        """The chunk's ``tokens`` object."""
        ids = self.ids.tolist()
        text, partial, special = self._vocabulary.text, self._vocabulary.partial, self._vocabulary.special
        return {
            "id": ids,
            "text": [text[token] for token in ids],
            "bytes": {str(index): partial[token].hex() for index, token in enumerate(ids) if token in partial},
            "special": [index for index, token in enumerate(ids) if token in special],
        }


def _occurrences(records: Iterable[Record], d_vocab: int) -> np.ndarray:
    columns = [integers(column) for record in records for column in _token_columns(record)]
    ids = np.concatenate(columns) if columns else np.empty(0, dtype=np.int64)
    if ids.size and (ids.min() < 0 or ids.max() >= d_vocab):
        wrong = ids[(ids < 0) | (ids >= d_vocab)][0]
        raise BundleError(f"token id {wrong} is not in the vocabulary, whose ids run from 0 to {d_vocab - 1}")
    return np.bincount(ids, minlength=d_vocab)


def _token_columns(record: Record) -> tuple[np.ndarray, ...]:
    table, windows = record.logit_table, record.windows
    logits = () if table is None else (table.negative.token, table.positive.token)
    return *logits, windows.tokens, windows.effects.token
