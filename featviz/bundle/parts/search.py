"""The search index of one SAE: a vocabulary, shards of postings, and what overflows them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from featviz.bundle.codec.columns import differences
from featviz.bundle.codec.compression import SMALLEST, compress, decompress
from featviz.bundle.codec.document import document
from featviz.bundle.codec.fields import Fields
from featviz.bundle.format import FORMAT_VERSION, overflow_name, shard_name, vocabulary_name
from featviz.bundle.parts.postings import ENTRY_SHIFT, KINDS, Kind, Postings
from featviz.bundle.parts.shards import SHARD_BYTES, Place, decode_shard, encode_shard, first_entries, split_best
from featviz.bundle.parts.spelling import Spelling, decode_spellings, encode_spellings
from featviz.errors import BundleError

Read = Callable[[str], bytes]
"""The bytes of a file of the release, by its name."""


@dataclass(frozen=True)
class Contents:
    """What the vocabulary says of one index."""

    kind: Kind
    entries: list[Spelling]
    postings: np.ndarray
    """How many each entry has."""
    shards: np.ndarray
    """The first entry of each shard."""
    overflow: np.ndarray
    """The entries that have an overflow file."""


def search_files(
    sae: str, features: int, indexes: tuple[Postings, ...], shard_bytes: int = SHARD_BYTES
) -> Iterator[tuple[str, bytes]]:
    """Every file of an index, by its name below the release."""
    contents = []
    for postings in indexes:
        best, over = split_best(postings)
        shards = first_entries(Postings(postings.kind, postings.entries, best), features, shard_bytes)
        overflow = np.unique(Postings(postings.kind, [], over).entry)
        counts = np.bincount(postings.entry, minlength=len(postings.entries))
        contents.append(Contents(postings.kind, postings.entries, counts, shards, overflow))
        for name, place in _places(sae, features, contents[-1]):
            yield name, encode_shard(place, _within(place, over if place.overflow else best))
    yield vocabulary_name(sae), compress(_vocabulary_json(sae, features, contents), SMALLEST)


def read_search(sae: str, features: int, read: Read) -> tuple[Postings, ...]:
    """The whole index, every file of it checked against the vocabulary."""
    return tuple(_read_index(sae, features, each, read) for each in read_vocabulary(sae, features, read))


def search_names(sae: str, features: int, read: Read) -> Iterator[str]:
    """The names of the files that an index is made of: the vocabulary, and those that it calls for."""
    yield vocabulary_name(sae)
    for contents in read_vocabulary(sae, features, read):
        yield from (name for name, _ in _places(sae, features, contents))


def read_vocabulary(sae: str, features: int, read: Read) -> list[Contents]:
    """What the vocabulary says of each index."""
    return _read(read, vocabulary_name(sae), lambda data: _decode_vocabulary(data, sae, features))


def _decode_vocabulary(data: bytes, sae: str, features: int) -> list[Contents]:
    fields = document(decompress(data), "vocabulary", sae)
    if fields.integer("features") != features:
        fields.fail("features", f"expected {features}, found {fields.integer('features')}")
    return [_contents(kind, fields.fields(kind.name)) for kind in KINDS]


def _contents(kind: Kind, fields: Fields) -> Contents:
    fields.same_length("text", "postings")
    entries = decode_spellings(fields)
    shards, overflow = (fields.positions(key, len(entries)) for key in ("shards", "overflow"))
    if shards[:1].tolist() != [0][: len(entries)]:
        fields.fail("shards", "expected the first shard to begin at entry 0")
    return Contents(kind, entries, fields.integers("postings", low=1), shards, overflow)


def _vocabulary_json(sae: str, features: int, contents: list[Contents]) -> bytes:
    document: dict[str, Any] = {"format": FORMAT_VERSION, "sae": sae, "features": features}
    for each in contents:
        document[each.kind.name] = encode_spellings(each.entries) | {
            "postings": each.postings,
            "shards": differences(each.shards),
            "overflow": differences(each.overflow),
        }
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _places(sae: str, features: int, contents: Contents) -> Iterator[tuple[str, Place]]:
    """The files of one index: their names and what they hold."""
    kind, first = contents.kind, contents.shards.tolist()
    for shard, (start, end) in enumerate(zip(first, [*first[1:], len(contents.entries)], strict=False)):
        yield shard_name(sae, kind.name, shard), Place(sae, features, kind, False, start, end - start)
    for number, entry in enumerate(contents.overflow.tolist()):
        yield overflow_name(sae, kind.name, number), Place(sae, features, kind, True, entry, 1)


def _within(place: Place, packed: np.ndarray) -> np.ndarray:
    ends = np.array([place.first, place.first + place.entries]) << ENTRY_SHIFT
    low, high = np.searchsorted(packed, ends)
    return packed[low:high]


def _read_index(sae: str, features: int, contents: Contents, read: Read) -> Postings:
    parts = [np.zeros(0, dtype=np.int64)]
    for name, place in _places(sae, features, contents):
        parts.append(_read(read, name, lambda data, place=place: decode_shard(data, place)))  # type: ignore[misc]
    found = Postings(contents.kind, contents.entries, np.sort(np.concatenate(parts)))
    counts = np.bincount(found.entry, minlength=len(contents.entries))
    for entry in np.flatnonzero(counts != contents.postings)[:1]:
        raise BundleError(
            f"{vocabulary_name(sae)}: {contents.kind.name} entry {entry} has {contents.postings[entry]} postings, "
            f"but its files hold {counts[entry]}"
        )
    return found


def _read(read: Read, name: str, decode: Callable[[bytes], Any]) -> Any:
    try:
        return decode(read(name))
    except BundleError as error:
        raise BundleError(f"{name}: {error}") from error
