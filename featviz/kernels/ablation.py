"""Ablation in one pass over the vocabulary for each pair, a block of tokens at a time."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled
from featviz.kernels.prefetch import ask_for, ask_for_entries
from featviz.kernels.ranking import keep

BLOCK = 2048
"""Tokens whose changes are held at once: 8 KiB, and as much of each row they are made of, in the first cache."""
SUMMED = 512
"""Tokens of a block whose exponentials are added up in float32; while they are, memory is asked for as many more."""
SCANNED = 64
"""Tokens of a block that are looked at together for changes beyond the bounds."""
SLACK = 1e-5
"""The bound that candidates give is lowered by this share of what they are differences of: a compiler may round the
same formula in two ways."""
_LOG2_E = np.float32(1.442695040888963)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_LEAST, _LARGEST = np.float32(-87.0), np.float32(88.0)


@compiled(fastmath=REASSOCIATE)
def _exp(x: Any) -> Any:
    """exp(x) within 2 ulp of float32 for x in [-87, 88], and its value at the nearer end for all others.

    Cody and Waite's reduction x = n ln 2 + r and the minimax polynomial of degree 7 of Cephes (Moshier 1992).
    """
    x = x if x > _LEAST else _LEAST
    x = x if x < _LARGEST else _LARGEST
    n = np.floor(x * _LOG2_E + np.float32(0.5))
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * (r * r) + r + np.float32(1)
    bits = (np.int32(n) + np.int32(127)) << np.int32(23)
    return p * np.int32(bits).view(np.float32)


@compiled(nogil=True, fastmath=REASSOCIATE)
def _logits(raw: Any, bias: Any, scale: Any, cap: Any, logits: Any) -> None:
    """Write cap(raw / scale + bias)."""
    for i in range(len(logits)):
        logits[i] = raw[i] / scale + bias[i]
    if cap > 0:
        for i in range(len(logits)):
            logits[i] = _capped(logits[i], cap)


@compiled(fastmath=REASSOCIATE)
def _capped(x: Any, cap: Any) -> Any:
    """cap * tanh(x / cap), by the exponential of a negative number."""
    e = _exp(np.float32(-2) * abs(x) / cap)
    tanh = (np.float32(1) - e) / (np.float32(1) + e)
    return cap * (tanh if x >= 0 else -tanh)


@compiled(nogil=True, fastmath=REASSOCIATE)
def _sum_exp(values: Any) -> Any:
    total = np.float32(0)
    for i in range(len(values)):
        total += _exp(values[i])
    return total


@compiled(nogil=True)
def read_logits(clean: Any, scale: Any) -> Any:
    """Write the logits in place of the log-probabilities; returns the sums of their exponentials."""
    raw, bias, cap, log_prob, logits = clean
    total = np.zeros(len(scale))
    for row in range(len(scale)):
        for first in range(0, raw.shape[1], BLOCK):
            part = slice(first, first + BLOCK)
            found = log_prob[row, part]
            _logits(raw[row, part], bias[part], scale[row], cap, found)
            if cap > 0:
                logits[row, part] = found
            total[row] += _sum_exp(found)
    return total


@compiled(nogil=True, fastmath=REASSOCIATE)
def _plain_change(raw: Any, logits: Any, of_feature: Any, of_clean: Any, low: Any, high: Any, change: Any) -> Any:
    """Clean minus ablated logits; returns whether one is not within the bounds."""
    beyond = False
    for i in range(len(change)):
        value = logits[i] * of_feature + raw[i] * of_clean
        change[i] = value
        beyond |= (value >= high) | (value <= low)
    return beyond


@compiled(nogil=True, fastmath=REASSOCIATE)
def _capped_change(
    raw: Any, logits: Any, clean: Any, bias: Any, cap: Any, of_feature: Any, of_clean: Any,
    low: Any, high: Any, change: Any,
) -> Any:  # fmt: skip
    beyond = False
    for i in range(len(change)):
        value = clean[i] - _capped(raw[i] * of_clean - logits[i] * of_feature + bias[i], cap)
        change[i] = value
        beyond |= (value >= high) | (value <= low)
    return beyond


@compiled(nogil=True)
def _change(clean: Any, feature: Any, pair: Any, bounds: Any, first: Any, change: Any) -> Any:
    """Write the changes of the logits from ``first`` on; returns whether one is not within the bounds."""
    raw, bias, cap, _, logits = clean
    place, of_feature, of_clean = pair
    end = first + len(change)
    if cap > 0:
        return _capped_change(
            raw[place, first:end], feature[first:end], logits[place, first:end], bias[first:end], cap,
            of_feature, of_clean, bounds[0], bounds[1], change,
        )  # fmt: skip
    return _plain_change(raw[place, first:end], feature[first:end], of_feature, of_clean, bounds[0], bounds[1], change)


@compiled(nogil=True, fastmath=REASSOCIATE)
def _sum_ablated(log_prob: Any, change: Any) -> Any:
    total = np.float32(0)
    for i in range(len(change)):
        total += _exp(log_prob[i] - change[i])
    return total


@compiled(nogil=True, fastmath=REASSOCIATE)
def _one_change(clean: Any, feature: Any, pair: Any, token: Any) -> Any:
    """Clean minus ablated logit of one token, and how large what it is the difference of is."""
    raw, bias, cap, _, logits = clean
    place, of_feature, of_clean = pair
    ours, its = feature[token] * of_feature, raw[place, token] * of_clean
    if cap > 0:
        return logits[place, token] - _capped(its - ours + bias[token], cap), cap
    return ours + its, abs(ours) + abs(its)


@compiled(nogil=True)
def _bound(clean: Any, feature: Any, pair: Any, candidates: Any, sign: Any, values: Any, tokens: Any) -> Any:
    """A number that as many of sign * change reach as are looked for; -inf where the candidates are too few."""
    kept, largest = 0, np.float32(0)
    for token in candidates:
        change, size = _one_change(clean, feature, pair, token)
        kept, largest = keep(sign * change, token, kept, values, tokens), max(largest, size)
    if kept < len(values):
        return np.float32(-np.inf)
    return np.float32(values[kept - 1] - SLACK * largest)


@compiled(nogil=True)
def _beyond(change: Any, first: Any, low: Any, high: Any) -> Any:
    """Whether one of ``SCANNED`` changes from ``first`` on is not within the bounds.

    ``first`` has no sign: no index needs to be told from one that counts from the end. What an earlier block left
    behind the last change may be beyond them, too: then these few are looked at one by one for nothing.
    """
    found = False
    for i in range(SCANNED):
        value = change[first + np.uint64(i)]
        found |= (value >= high) | (value <= low)
    return found


@compiled(nogil=True)
def ablate(clean: Any, rows: Any, terms: Any, found: Any) -> Any:
    """Fill in what is to be found of each pair; false where some changes are not numbers."""
    logits, highest, lowest = rows
    places, features, of_feature, of_clean = terms
    total, value, token = found
    d_vocab, k, room = logits.shape[1], value.shape[1] // 2, np.empty(BLOCK, np.float32)
    for n in range(len(places)):
        feature, pair = logits[features[n]], (places[n], of_feature[n], of_clean[n])
        next_feature = features[min(n + 1, len(places) - 1)]
        following = logits[next_feature]
        ask_for_entries(following, highest[next_feature])
        ask_for_entries(following, lowest[next_feature])
        most, most_at, least, least_at = value[n, :k], token[n, :k], value[n, k:], token[n, k:]
        high = _bound(clean, feature, pair, highest[features[n]], np.float32(1), most, most_at)
        low = -_bound(clean, feature, pair, lowest[features[n]], np.float32(-1), least, least_at)
        ablated, n_most, n_least = 0.0, 0, 0
        for first in range(0, d_vocab, BLOCK):
            change = room[: min(BLOCK, d_vocab - first)]
            beyond = _change(clean, feature, pair, (low, high), first, change)
            row, ahead = (feature, first + BLOCK) if first + BLOCK < d_vocab else (following, 0)
            for some in range(0, len(change), SUMMED):
                ask_for(row, ahead + some, min(ahead + some + SUMMED, d_vocab))
                part = slice(first + some, min(first + some + SUMMED, d_vocab))
                ablated += _sum_ablated(clean[3][places[n], part], change[some : some + SUMMED])
            for some in range(0, len(change) if beyond else 0, SCANNED):
                if _beyond(room, np.uint64(some), low, high):
                    for i in range(some, min(some + SCANNED, len(change))):
                        if change[i] >= high:
                            n_most = keep(change[i], first + i, n_most, most, most_at)
                        if change[i] <= low:
                            n_least = keep(-change[i], first + i, n_least, least, least_at)
        if n_most < k or n_least < k:
            return False
        total[n] = ablated
        for i in range(k):
            least[i] = -least[i]
    return True
