"""The files of an index: how its entries are dealt out to shards, and the bytes of a shard."""

from typing import NamedTuple

import numpy as np

from featviz.bundle.codec.binary import Cursor, text_field, varints
from featviz.bundle.codec.compression import SMALLEST, compress, decompress
from featviz.bundle.parts.postings import CLASSES, Kind, Postings, pack
from featviz.bundle.parts.rice import decode_runs, encode_runs, run_bits
from featviz.bundle.parts.spelling import search_key
from featviz.errors import BundleError

MAGIC = b"FVS\x01"
BEST = 1000
"""Postings of an entry under one facet that its shard holds; the others overflow."""
SHARD_BYTES = 32 * 2**10
"""What a shard holds, so that a query costs few bytes."""
GROUP_BYTES = 60 * 2**10
"""Entries of one search key are torn apart where they would fill more than this."""
ENTRY_BYTES = 4
"""What an entry's counts take, roughly."""


class Place(NamedTuple):
    """Which file it is: of which SAE and index, a shard or an overflow file, and which entries it holds."""

    sae: str
    features: int
    """d_sae."""
    kind: Kind
    overflow: bool
    first: int
    entries: int


def split_best(postings: Postings) -> tuple[np.ndarray, np.ndarray]:
    """Packed postings that stand in shards, and those that overflow."""
    group = postings.entry * len(postings.kind.facets) + postings.facet
    first = np.flatnonzero(np.diff(group, prepend=-1))
    place = np.arange(group.size) - np.repeat(first, np.diff(first, append=group.size))
    return postings.packed[place < BEST], postings.packed[place >= BEST]


def first_entries(best: Postings, features: int, shard_bytes: int = SHARD_BYTES) -> np.ndarray:
    """The entry at which each shard begins; one is closed before it grows beyond ``shard_bytes``, more or less."""
    sizes = _entry_bytes(best, features)
    keys = [search_key(spelling.text) for spelling in best.entries]
    groups = np.flatnonzero([key != before for key, before in zip(keys, [None, *keys], strict=False)])
    firsts, filled = list[int](), shard_bytes + 1.0
    for unit in _units(groups, sizes):
        size = float(sizes[unit.start : unit.stop].sum())
        if filled + size > shard_bytes:
            firsts.append(unit.start)
            filled = 0.0
        filled += size
    return np.array(firsts, dtype=np.int64)


def _units(groups: np.ndarray, sizes: np.ndarray) -> list[range]:
    """Runs of entries that stay together: those of one key, unless they are too many."""
    units = []
    for first, end in zip(groups.tolist(), [*groups[1:].tolist(), sizes.size], strict=False):
        whole = sizes[first:end].sum() <= GROUP_BYTES
        units += [range(first, end)] if whole else [range(entry, entry + 1) for entry in range(first, end)]
    return units


def _entry_bytes(best: Postings, features: int) -> np.ndarray:
    per_entry = len(best.kind.facets) * CLASSES
    counts = _counts(best, 0, len(best.entries)).reshape(-1)
    bits = run_bits(counts, best.feature, features).reshape(-1, per_entry)
    return bits.sum(axis=1) / 8 + ENTRY_BYTES


def _counts(postings: Postings, first: int, entries: int) -> np.ndarray:
    """[entry facet class]"""
    shape = (entries, len(postings.kind.facets), CLASSES)
    run = np.ravel_multi_index((postings.entry - first, postings.facet, postings.strength), shape)
    return np.bincount(run, minlength=int(np.prod(shape))).reshape(shape)


def encode_shard(place: Place, packed: np.ndarray) -> bytes:
    """The file that holds some postings, increasing."""
    postings = Postings(place.kind, [], packed)
    counts = _counts(postings, place.first, place.entries)
    head = np.array([place.kind.number, place.overflow, place.first, place.entries])
    content = [
        MAGIC,
        text_field(place.sae),
        varints(head),
        varints(counts.transpose(1, 2, 0)),
        encode_runs(counts.reshape(-1), postings.feature, place.features),
    ]
    return compress(b"".join(content), SMALLEST)


def decode_shard(data: bytes, place: Place) -> np.ndarray:
    """The packed postings in a file that must be the one that ``place`` says."""
    cursor = Cursor(decompress(data, MAGIC[:3]), MAGIC)
    found = (cursor.text(), *cursor.varints(4).tolist())
    expected = (place.sae, place.kind.number, int(place.overflow), place.first, place.entries)
    if found != expected:
        raise BundleError(f"it is the file of (SAE, index, overflow, first entry, entries) {found}, not of {expected}")
    shape = (len(place.kind.facets), CLASSES, place.entries)
    counts = cursor.varints(int(np.prod(shape))).reshape(shape).transpose(2, 0, 1)
    features = decode_runs(counts.reshape(-1), cursor.rest(), place.features)
    entry, facet, strength = (np.repeat(each.reshape(-1), counts.reshape(-1)) for each in np.indices(counts.shape))
    return pack(entry + place.first, facet, strength, features)
