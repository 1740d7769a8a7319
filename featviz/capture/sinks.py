"""Attention sinks: positions whose activations are many times as long as others', which would drown every statistic."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from featviz.capture.capture import sequence_batches
from featviz.errors import InputError
from featviz.sources.model import LanguageModel
from featviz.sources.tokens import Tokens


def without_sinks(model: LanguageModel, hooks: Sequence[str], tokens: Tokens, factor: int, batch_size: int) -> Tokens:
    """The tokens where no position counts whose norm at one of the hooks exceeds ``factor`` times the median there.

    The median is that of the positions that count before.
    """
    counts = tokens.counts.copy()
    for norm in _norms(model, hooks, tokens, batch_size):
        counts &= norm <= factor * np.median(norm[tokens.counts])
    if not counts.any():
        raise InputError(f"sink_norm is {factor}: no position of {tokens.name} counts then. Give a larger one, or 0.")
    return replace(tokens, counts=counts)


def _norms(
    model: LanguageModel, hooks: Sequence[str], tokens: Tokens, batch_size: int
) -> list[Float[np.ndarray, "seq pos"]]:
    """The length of every position's activation, hook by hook."""
    norms = [np.zeros(tokens.ids.shape, dtype=np.float32) for _ in hooks]
    for first, ids in sequence_batches(tokens, batch_size):
        seen = model.run(ids, hooks)
        for hook, norm in zip(hooks, norms, strict=True):
            norm[first : first + len(ids)] = seen[hook].norm(dim=-1).cpu().numpy()
    return norms
