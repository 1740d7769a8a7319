"""Runs of feature numbers as bits: the lists of a search index, Rice-coded. ``format.md`` lays the bytes out."""

import numpy as np

from featviz.bundle.codec.columns import integers
from featviz.errors import BundleError


def rice_parameters(counts: np.ndarray, features: int) -> np.ndarray:
    """k of runs of ``counts`` features each: the largest with 16 · count · 2^k <= 11 · features, or 0."""
    ratio = 11 * features // (16 * np.maximum(integers(counts), 1))
    return np.maximum(np.frexp(ratio.astype(np.float64))[1] - 1, 0).astype(np.int64)


def encode_runs(counts: np.ndarray, members: np.ndarray, features: int) -> bytes:
    """Runs one after the other, each of strictly increasing feature numbers: remainders, then quotients."""
    gaps = _gaps(counts, members)
    k = np.repeat(rice_parameters(counts, features), counts)
    return _pack(_remainder_bits(gaps, k)) + _pack(_unary_bits(gaps >> k), fill=1)


def decode_runs(counts: np.ndarray, data: bytes, features: int) -> np.ndarray:
    """The inverse of ``encode_runs``; ``data`` must be all there and nothing more."""
    counts = integers(counts)
    if counts.sum() > 8 * len(data):
        raise BundleError(f"its counts promise {counts.sum()} postings; {len(data)} bytes cannot hold them")
    k = np.repeat(rice_parameters(counts, features), counts)
    size = -(-int(k.sum()) // 8)
    remainders = _read_remainders(data[:size], k)
    ends = np.flatnonzero(_unpack(data[size:]) == 0)
    if ends.size != k.size or len(data) - size != -(-int(ends[-1] + 1 if ends.size else 0) // 8):
        raise BundleError(f"its lists do not hold the {k.size} postings that its counts promise")
    gaps = ((np.diff(ends, prepend=-1) - 1) << k) + remainders
    members = _members(counts, gaps)
    if members.size and members.max() >= features:
        raise BundleError(f"a posting names feature {members.max()}; the SAE has {features}")
    return members


def run_bits(counts: np.ndarray, members: np.ndarray, features: int) -> np.ndarray:
    """How many bits each run takes."""
    gaps = _gaps(counts, members)
    k = np.repeat(rice_parameters(counts, features), counts)
    ends = np.cumsum(np.concatenate([[0], (gaps >> k) + 1 + k]))
    return np.diff(ends[np.concatenate([[0], np.cumsum(counts)])])


def _gaps(counts: np.ndarray, members: np.ndarray) -> np.ndarray:
    """How many features lie between each and the one before it in its run."""
    members = integers(members)
    gaps = np.diff(members, prepend=-1) - 1
    first = _firsts(counts)
    gaps[first] = members[first]
    return gaps


def _members(counts: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    total = np.cumsum(gaps + 1)
    first = _firsts(counts)
    before = np.concatenate([[0], total])[first]
    return total - 1 - np.repeat(before, counts[counts > 0])


def _firsts(counts: np.ndarray) -> np.ndarray:
    """Where each run that has members begins."""
    counts = integers(counts)
    return (np.cumsum(counts) - counts)[counts > 0]


def _remainder_bits(gaps: np.ndarray, k: np.ndarray) -> np.ndarray:
    first = np.cumsum(k) - k
    bits = np.zeros(int(k.sum()), dtype=np.uint8)
    for bit in range(int(k.max(initial=0))):
        has = k > bit
        bits[first[has] + bit] = (gaps[has] >> bit) & 1
    return bits


def _read_remainders(data: bytes, k: np.ndarray) -> np.ndarray:
    bits, first = _unpack(data), np.cumsum(k) - k
    if bits.size < k.sum():
        raise BundleError("it ends within its lists")
    values = np.zeros(k.size, dtype=np.int64)
    for bit in range(int(k.max(initial=0))):
        has = k > bit
        values[has] |= bits[first[has] + bit].astype(np.int64) << bit
    return values


def _unary_bits(quotients: np.ndarray) -> np.ndarray:
    """Each as that many ones and a zero."""
    bits = np.ones(int((quotients + 1).sum()), dtype=np.uint8)
    bits[np.cumsum(quotients + 1) - 1] = 0
    return bits


def _pack(bits: np.ndarray, fill: int = 0) -> bytes:
    """Bits into bytes, the lowest bit of a byte first; the last byte filled up."""
    padding = np.full(-bits.size % 8, fill, dtype=np.uint8)
    return np.packbits(np.concatenate([bits, padding]), bitorder="little").tobytes()


def _unpack(data: bytes) -> np.ndarray:
    return np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
