"""Postings: which features are found under which spelling or word, by which facet, how strongly."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import numpy as np

from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.parts.spelling import Spelling, label_words, pack_spellings, spellings, unpack_spellings
from featviz.records import Record, Vocabulary
from featviz.records.targets import top_targets

CLASSES = 3
"""Strength classes; 0 is the strongest."""
TARGETS = 8
"""Spellings a feature is said to fire on, at most."""
SHORT_LABEL, MEDIUM_LABEL = 3, 8
"""Different words of a label, at most, for its words to be in class 0 and 1."""


class Kind(NamedTuple):
    """One of the two indexes."""

    name: str
    number: int
    facets: tuple[str, ...]


TOKENS = Kind("tokens", 0, ("fires_on", "promotes", "suppresses"))
WORDS = Kind("words", 1, ("label",))
KINDS = (TOKENS, WORDS)

FEATURE_BITS, CLASS_BITS, FACET_BITS = 32, 2, 2
PART = 2**20
"""Postings that are recoded at once."""
ENTRY_SHIFT = FEATURE_BITS + CLASS_BITS + FACET_BITS


@dataclass(frozen=True)
class Postings:
    """An index in memory: its entries in their order, and each posting as one integer, increasing."""

    kind: Kind
    entries: list[Spelling]
    packed: np.ndarray
    """Entry, facet, class and feature, the entry in the highest bits."""

    @property
    def entry(self) -> np.ndarray:
        return self.packed >> ENTRY_SHIFT

    @property
    def facet(self) -> np.ndarray:
        return self.packed >> (FEATURE_BITS + CLASS_BITS) & ((1 << FACET_BITS) - 1)

    @property
    def strength(self) -> np.ndarray:
        return self.packed >> FEATURE_BITS & ((1 << CLASS_BITS) - 1)

    @property
    def feature(self) -> np.ndarray:
        return self.packed & ((1 << FEATURE_BITS) - 1)


def pack(entry: np.ndarray, facet: np.ndarray, strength: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """Columns of postings as integers in the order of the index."""
    return ((entry << FACET_BITS | facet) << CLASS_BITS | strength) << FEATURE_BITS | feature


class Collector:
    """Collects the postings of one index, feature by feature."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._terms: dict[Spelling, int] = {}
        self._packed = array("q")

    def add(self, facet: str, strength: Iterable[int], terms: Iterable[Spelling], feature: int) -> None:
        """The feature stands under each of the terms, in the class beside it."""
        number = self._kind.facets.index(facet)
        for term, each in zip(terms, strength, strict=False):
            entry = self._terms.setdefault(term, len(self._terms))
            self._packed.append(((entry << FACET_BITS | number) << CLASS_BITS | each) << FEATURE_BITS | feature)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was collected, for `merge`."""
        packed = np.array(self._packed, dtype=np.int64)
        return {f"{self._kind.name}.term": pack_spellings(self._terms), f"{self._kind.name}.posting": packed}

    def merge(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in what another one of the same index has collected."""
        terms = [
            self._terms.setdefault(term, len(self._terms))
            for term in unpack_spellings(arrays[f"{self._kind.name}.term"])
        ]
        packed = arrays[f"{self._kind.name}.posting"]
        entry, rest = packed >> ENTRY_SHIFT, packed & (1 << ENTRY_SHIFT) - 1
        self._packed.frombytes((np.array(terms, dtype=np.int64)[entry] << ENTRY_SHIFT | rest).tobytes())

    def postings(self) -> Postings:
        """All of them, in order; of a feature that stands twice under an entry and facet, the stronger one."""
        entries = sorted(self._terms, key=Spelling.order)
        rank = np.empty(len(entries), dtype=np.int64)
        rank[[self._terms[spelling] for spelling in entries]] = np.arange(len(entries))
        packed = np.array(self._packed, dtype=np.int64)
        for part in np.array_split(packed, 1 + packed.size // PART):
            part[:] = part & (1 << ENTRY_SHIFT) - 1 | rank[part >> ENTRY_SHIFT] << ENTRY_SHIFT
        return Postings(self._kind, entries, _strongest(packed))


def _strongest(packed: np.ndarray) -> np.ndarray:
    """Sorted, and of those of one entry, facet and feature the first class; at a million features this takes memory."""
    parts = np.array_split(packed, 1 + packed.size // PART)
    for part in parts:
        part[:] = _class_last(part)
    packed.sort()
    kept = np.concatenate([[True], packed[1:] >> CLASS_BITS != packed[:-1] >> CLASS_BITS])[: packed.size]
    for part in parts:
        part[:] = _class_before_feature(part)
    found = packed[kept]
    found.sort()
    return found


def _class_last(packed: np.ndarray) -> np.ndarray:
    above, strength = packed >> FEATURE_BITS + CLASS_BITS, packed >> FEATURE_BITS & (1 << CLASS_BITS) - 1
    return (above << FEATURE_BITS | packed & (1 << FEATURE_BITS) - 1) << CLASS_BITS | strength


def _class_before_feature(packed: np.ndarray) -> np.ndarray:
    above, feature = packed >> FEATURE_BITS + CLASS_BITS, packed >> CLASS_BITS & (1 << FEATURE_BITS) - 1
    return (above << CLASS_BITS | packed & (1 << CLASS_BITS) - 1) << FEATURE_BITS | feature


class RecordPostings:
    """The postings of one SAE's records, seen block by block."""

    def __init__(self) -> None:
        self._tokens, self._words = Collector(TOKENS), Collector(WORDS)

    def see(self, records: Iterable[Record], vocabulary: Vocabulary | Tokens) -> None:
        """Take in what some records are found by."""
        for record in records:
            if record.firings:
                self._see_tokens(record, vocabulary)
            if record.label:
                self.see_label(record.feature, record.label.text)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was seen, without labels, for `add`."""
        return self._tokens.arrays()

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in what another one has seen."""
        self._tokens.merge(arrays)

    def absorb(self, later: "RecordPostings") -> None:
        """Take in what another has seen of later records."""
        self._tokens.merge(later._tokens.arrays())
        self._words.merge(later._words.arrays())

    def see_label(self, feature: int, text: str) -> None:
        """Take in the words that a feature is found by."""
        words = [Spelling(word) for word in label_words(text)]
        self._words.add("label", repeat(_label_class(len(words))), words, feature)

    def postings(self) -> tuple[Postings, Postings]:
        """Those of tokens, those of words."""
        return self._tokens.postings(), self._words.postings()

    def _see_tokens(self, record: Record, vocabulary: Vocabulary | Tokens) -> None:
        targets = spellings(vocabulary, top_targets(record).tolist())
        commonest = Counter(targets).most_common(TARGETS)
        shares = (_share_class(windows, len(targets)) for _, windows in commonest)
        self._tokens.add("fires_on", shares, (spelling for spelling, _ in commonest), record.feature)
        table = record.logit_table
        for facet, logits in (("promotes", table.positive), ("suppresses", table.negative)) if table else ():
            moved = spellings(vocabulary, logits.token.tolist())
            self._tokens.add(facet, _rank_classes(), moved, record.feature)


def _share_class(windows: int, total: int) -> int:
    return 0 if 2 * windows >= total else 1 if 4 * windows >= total else 2


def _rank_classes() -> Iterator[int]:
    yield from (0, 1, 1)
    yield from repeat(2)


def _label_class(words: int) -> int:
    return 0 if words <= SHORT_LABEL else 1 if words <= MEDIUM_LABEL else 2
