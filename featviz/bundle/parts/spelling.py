"""Tokens by their look: what makes two of them one, how they are ordered, and the words of a label."""

import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import orjson

from featviz.bundle.codec.fields import Fields
from featviz.bundle.codec.tokens import Tokens
from featviz.records import Vocabulary

LEADING = " ▁\n\r\t"
"""Characters at a token's start that its search key leaves out."""


class Spelling(NamedTuple):
    """What a reader can know of a token without its id."""

    text: str
    part: bytes | None = None
    """Its bytes, if it is a part of a character."""
    special: bool = False

    def order(self) -> tuple[str, str, bytes, bool]:
        """Where it stands in a table of spellings."""
        return search_key(self.text), self.text, b"" if self.part is None else b"\0" + self.part, self.special


def search_key(text: str) -> str:
    """The text in lower case, without the white space that it starts with; variants of a token share their key."""
    return (text.lstrip(LEADING) or text).lower()


def label_words(text: str) -> list[str]:
    """The different words of a label, sorted: longest runs of letters, marks and digits in lower case."""
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text.lower())
    return sorted(set(spaced.split()))


def spellings(vocabulary: Vocabulary | Tokens, tokens: Iterable[int]) -> list[Spelling]:
    """How each of the tokens looks."""
    text, partial, special = vocabulary.text, vocabulary.partial, vocabulary.special
    return [Spelling(text[token], partial.get(token), token in special) for token in tokens]


def encode_spellings(table: list[Spelling]) -> dict[str, Any]:
    """A table of spellings as JSON."""
    return {
        "text": [spelling.text for spelling in table],
        "bytes": {str(index): each.part.hex() for index, each in enumerate(table) if each.part is not None},
        "special": [index for index, spelling in enumerate(table) if spelling.special],
    }


def pack_spellings(table: Iterable[Spelling]) -> np.ndarray:
    """Spellings in any order as an array of bytes, to be kept beside other arrays."""
    rows = [(each.text, None if each.part is None else each.part.hex(), each.special) for each in table]
    return np.frombuffer(orjson.dumps(rows), dtype=np.uint8)


def unpack_spellings(packed: np.ndarray) -> list[Spelling]:
    """What `pack_spellings` was given."""
    rows = orjson.loads(packed.tobytes())
    return [Spelling(text, None if part is None else bytes.fromhex(part), special) for text, part, special in rows]


def decode_spellings(fields: Fields) -> list[Spelling]:
    """The table of spellings in an object, which must be in its order."""
    text, parts = fields.texts("text"), fields.fields("bytes")
    special = set(fields.integers("special", high=len(text) - 1).tolist())
    bytes_ = {parts.index(key, len(text)): parts.hexadecimal(key) for key in parts.names()}
    table = [Spelling(each, bytes_.get(index), index in special) for index, each in enumerate(text)]
    order = [spelling.order() for spelling in table]
    for index in range(1, len(order)):
        if order[index - 1] >= order[index]:
            fields.fail("text", f"entry {index}, {text[index]!r}, stands after {text[index - 1]!r}: out of order")
    return table
