"""What a decoder row says by itself: the neurons it writes to and the rows most like it."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from torch import Tensor

from featviz.records import NeuronAlignment, Similarity
from featviz.statistics.cosines import Cosines
from featviz.threads import in_order


def neuron_alignments(W_dec: Float[Tensor, "feature neuron"], k: int) -> list[NeuronAlignment]:
    """The k largest entries of each row by absolute value, ties by neuron, with their share of the row's L1 norm."""
    from featviz.kernels.ranking import largest

    rows = W_dec.cpu().numpy()
    size = np.abs(rows)
    _, neurons, _ = largest(size, np.float32(1), min(k, rows.shape[1]))
    values = np.take_along_axis(rows, neurons, 1).astype(np.float64)
    l1 = size.sum(1, keepdims=True, dtype=np.float64)
    shares = np.abs(values) / np.where(l1 > 0, l1, np.nan)
    return [NeuronAlignment(*row) for row in zip(neurons, values, shares, strict=True)]


def similar_features(
    W_dec: Float[Tensor, "feature d_out"], features: range, k: int, block: int = 256
) -> Iterator[list[Similarity | None]]:
    """Each one's most similar decoder rows by cosine, itself left out, block by block; ``None`` for a zero row."""
    cosines = Cosines.of(W_dec)

    def best_of(first: int) -> list[Similarity | None]:
        columns, best = cosines.highest(range(first, min(first + block, features.stop)), k)
        return [_similarity(*row) for row in zip(columns, best.astype(np.float64), best > -np.inf, strict=True)]

    yield from in_order(best_of, features[::block])


def _similarity(index: np.ndarray, value: np.ndarray, exists: np.ndarray) -> Similarity | None:
    return Similarity(index[exists], np.clip(value[exists], -1, 1)) if exists.any() else None
