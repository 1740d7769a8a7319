"""Ablation on a GPU in one pass over the vocabulary for each pair, compiled by Triton."""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"
import triton
import triton.language as tl

BLOCK = 2048
"""Tokens at once."""


@triton.jit
def _capped(x, cap):
    """cap * tanh(x / cap), by the exponential of a negative number."""
    e = tl.exp(-2 * tl.abs(x) / cap)
    tanh = (1 - e) / (1 + e)
    return cap * tl.where(x >= 0, tanh, -tanh)


@triton.jit
def ablate(
    logits, raw, log_prob, clean, bias, place, row, of_feature, of_clean, change, total,
    d_vocab, cap, CAPPED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write the changes of one pair's logits and the sum of its ablated exponentials."""
    pair = tl.program_id(0).to(tl.int64)
    at, feature = tl.load(place + pair) * d_vocab, tl.load(row + pair) * d_vocab
    beta, alpha = tl.load(of_feature + pair), tl.load(of_clean + pair)
    sums = tl.zeros([BLOCK], tl.float32)
    for first in range(0, d_vocab, BLOCK):
        token = first + tl.arange(0, BLOCK)
        inside = token < d_vocab
        known = tl.load(raw + at + token, inside, 0.0)
        own = tl.load(logits + feature + token, inside, 0.0)
        if CAPPED:
            ablated = known * alpha - own * beta + tl.load(bias + token, inside, 0.0)
            found = tl.load(clean + at + token, inside, 0.0) - _capped(ablated, cap)
        else:
            found = own * beta + known * alpha
        tl.store(change + pair * d_vocab + token, found, inside)
        sums += tl.exp(tl.load(log_prob + at + token, inside, -float("inf")) - found)
    tl.store(total + pair, tl.sum(sums, 0))
