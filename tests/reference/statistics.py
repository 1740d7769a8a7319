"""The left and the middle column: textbook formulas on dense vectors."""

import math

import numpy as np

from featviz.records import Correlation, Histogram, LogitTable, NeuronAlignment, Similarity, TokenLogits
from tests.reference.forward import Forward, double


def pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation in two passes; NaN where either vector is constant."""
    if x.min() == x.max() or y.min() == y.max():
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum()))


def cosine(x: np.ndarray, y: np.ndarray) -> float:
    """Cosine of the angle; NaN where either vector is zero."""
    if not x.any() or not y.any():
        return math.nan
    return float((x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum()))


def highest(values: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k highest values, highest first, ties by index; what does not exist (NaN) is left out."""
    order = np.argsort(-values, kind="stable")
    return np.asarray(order[~np.isnan(values[order])][:k])


def correlation(x: np.ndarray, others: np.ndarray, k: int, itself: int | None = None) -> Correlation | None:
    """The k columns of ``others`` [position column] that move with ``x`` most."""
    correlations = np.array([pearson(x, other) for other in others.T])
    if itself is not None:
        correlations[itself] = math.nan
    index = highest(correlations, k)
    cosines = np.array([cosine(x, others[:, each]) for each in index])
    return Correlation(index, correlations[index], cosines) if len(index) else None


def similarity(W_dec: np.ndarray, feature: int, k: int) -> Similarity | None:
    """The k other decoder rows with the highest cosine."""
    cosines = np.array([cosine(W_dec[feature], row) for row in W_dec])
    cosines[feature] = math.nan
    index = highest(cosines, k)
    return Similarity(index, cosines[index]) if len(index) else None


def alignment(row: np.ndarray, k: int) -> NeuronAlignment:
    """The k entries of a decoder row that are largest in absolute value."""
    neuron = highest(abs(row), k)
    norm = abs(row).sum()
    share = abs(row[neuron]) / norm if norm else np.full(len(neuron), math.nan)
    return NeuronAlignment(neuron, row[neuron], share)


def histogram(values: np.ndarray, bins: int) -> Histogram:
    """Counts in [edge, next edge), the last bin closed; equal values all stand in the first bin."""
    low, high = float(values.min()), float(values.max())
    edges = [low + (high - low) * number / bins for number in range(bins)]
    counts = np.zeros(bins, int)
    for value in values:
        counts[max(number for number, edge in enumerate(edges) if value >= edge) if high > low else 0] += 1
    return Histogram(low, high, counts)


def logits(direction: np.ndarray, forward: Forward) -> np.ndarray:
    """The direction through LayerNorm's centring and gain and the unembedding, minus the mean. [d_vocab]"""
    centred = direction - direction.mean()
    row = double(forward.gpt2.lm_head.weight) @ (centred * double(forward.gpt2.transformer.ln_f.weight))
    return np.asarray(row - row.mean())


def logit_table(row: np.ndarray, k: int) -> LogitTable:
    """The k lowest and the k highest logits, ties by token id."""
    negative, positive = highest(-row, k), highest(row, k)
    return LogitTable(TokenLogits(negative, row[negative]), TokenLogits(positive, row[positive]))
