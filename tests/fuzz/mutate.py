"""Damage of every kind, drawn from a seeded generator."""

import json
from copy import deepcopy
from random import Random
from typing import Any

import zstandard

from featviz.bundle.codec.compression import ZSTD_MAGIC, compress, decompress
from featviz.errors import BundleError

EXTREMES: list[Any] = [
    *(0, -1, 1, 255, 2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63)),
    *(0.5, -0.0, 1e308, 1e-320, None, True, False, "", "a", "../../etc/passwd", "/etc/passwd", "\0", "\ud800", "NaN"),
    *("__proto__", "constructor", "x" * 300, "9" * 40, [], {}, [[]], [None], {"": None}, [0] * 1000, [1e308] * 3),
]
BYTES = [b"\0", b"\xff", b"{", b"}", b"[", b'"', b"\\", b"\xed\xa0\x80", b"1e999", b"NaN", b"[" * 5000, b"\x80" * 6]


def mutant(data: bytes, others: list[bytes], rng: Random) -> bytes:
    """A damaged copy; compressed files are damaged within as often as without."""
    if data.startswith(ZSTD_MAGIC) and rng.random() < 0.7:
        inside = mutant(unpacked(data), [unpacked(other) for other in others], rng)
        return compress(inside, 1)
    if data[:1] == b"{" and rng.random() < 0.7:
        return with_other_json(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data = rng.choice((flipped, cut, inserted, removed, doubled))(data, rng) if data else inserted(data, rng)
    if others and rng.random() < 0.1:
        other = rng.choice(others)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return data


def unpacked(data: bytes) -> bytes:
    """What is in a compressed file of the seeds, whatever it begins with."""
    try:
        return decompress(data, b"")
    except (BundleError, zstandard.ZstdError):
        return data


def flipped(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randrange(len(data))]


def inserted(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((*BYTES, rng.randbytes(rng.randrange(1, 9)))) + data[at:]


def removed(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 9) :]


def doubled(data: bytes, rng: Random) -> bytes:
    first, last = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    return data[:last] + data[first:]


def with_other_json(data: bytes, rng: Random) -> bytes:
    """Well-formed JSON with one to three values that are others, gone, or swapped."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return flipped(data, rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        change(content, rng)
    text = json.dumps(content)
    return text.encode("utf-8", "surrogatepass")


def change(content: Any, rng: Random) -> None:
    """One change, somewhere in a nest of objects and lists."""
    holder = content
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = rng.choice(keys)
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner) or rng.random() < 0.15:
            break
        holder = inner
    kind = rng.random()
    if kind < 0.15:
        del holder[key]
    elif kind < 0.25 and isinstance(holder, list):
        holder.insert(key, extreme(rng))
    elif kind < 0.35 and isinstance(holder, dict):
        holder[str(rng.choice(EXTREMES))] = inner
    elif kind < 0.5 and type(inner) is int:
        holder[key] = inner + rng.choice((-1, 1, 2, 1000, 2**32))
    else:
        holder[key] = extreme(rng)


def extreme(rng: Random) -> Any:
    """A value of its own, so that a later change leaves the others alone."""
    return deepcopy(rng.choice(EXTREMES))
