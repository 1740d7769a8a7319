"""Whether a record of the fast path is the true one: choices and integers exactly, numbers within float32's reach."""

import numpy as np

from featviz.records import Correlation, Histogram, NeuronAlignment, Record, Similarity
from tests.reference.record import Truth

ACTIVATION = 1e-5
"""Relative to the feature's largest activation."""
STATISTIC = 1e-5
"""Of correlations, cosines and shares, absolute."""
LOGIT = 1e-5
"""Relative to the feature's largest logit."""
EFFECT = 1e-4
"""Of log-probabilities, in nats."""


def same_record(found: Record, expected: Record, truth: Truth) -> None:
    """Every field."""
    assert found.feature == expected.feature
    same_activations(found, expected, truth)
    same_neighbours(found, expected)
    same_logits(found, expected, truth)
    same_windows(found, expected)
    same_effects(found, expected, truth)


def same_activations(found: Record, expected: Record, truth: Truth) -> None:
    """The number of firings, the maximum and the histogram."""
    values = truth.dense(expected.feature)
    tolerance = ACTIVATION * values.max()
    assert (found.firings, found.max is None) == (expected.firings, expected.max is None)
    np.testing.assert_allclose(found.max or 0, expected.max or 0, rtol=0, atol=tolerance)
    same_histogram(found.activation_histogram, expected.activation_histogram, values[values > 0], tolerance)


def same_neighbours(found: Record, expected: Record) -> None:
    """All tables of the left column."""
    same_alignment(found.neuron_alignment, expected.neuron_alignment)
    same_correlation(found.correlated_neurons, expected.correlated_neurons)
    assert list(found.correlated_features) == list(expected.correlated_features)
    for sae, correlation in expected.correlated_features.items():
        same_correlation(found.correlated_features[sae], correlation)
    same_similarity(found.similar_features, expected.similar_features)


def same_logits(found: Record, expected: Record, truth: Truth) -> None:
    """The table's tokens in the same order, and the histogram."""
    logits = truth.logits(expected.feature)
    tolerance = LOGIT * abs(logits).max()
    for end in ("negative", "positive"):
        fast, slow = getattr(found.logit_table, end), getattr(expected.logit_table, end)
        np.testing.assert_array_equal(fast.token, slow.token)
        np.testing.assert_allclose(fast.logit, slow.logit, rtol=0, atol=tolerance)
    same_histogram(found.logit_histogram, expected.logit_histogram, logits, tolerance)


def same_alignment(found: NeuronAlignment | None, expected: NeuronAlignment | None) -> None:
    """Both absent, or the same neurons with the very same values."""
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_array_equal(found.neuron, expected.neuron)
        np.testing.assert_array_equal(found.value, expected.value)
        np.testing.assert_allclose(found.share, expected.share, rtol=0, atol=STATISTIC)


def same_similarity(found: Similarity | None, expected: Similarity | None) -> None:
    """Both absent, or the same features in the same order."""
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_array_equal(found.feature, expected.feature)
        np.testing.assert_allclose(found.cosine, expected.cosine, rtol=0, atol=STATISTIC)


def same_correlation(found: Correlation | None, expected: Correlation | None) -> None:
    """Both absent, or the same indices in the same order."""
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_array_equal(found.index, expected.index)
        np.testing.assert_allclose(found.pearson, expected.pearson, rtol=0, atol=STATISTIC)
        np.testing.assert_allclose(found.cosine, expected.cosine, rtol=0, atol=STATISTIC)


def same_histogram(found: Histogram | None, expected: Histogram | None, values: np.ndarray, tolerance: float) -> None:
    """The counts are those of ``values``, where a value within ``tolerance`` of an edge may stand on either side."""
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    low, high, bins = expected.low, expected.high, len(expected.counts)
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=0, atol=tolerance)
    assert (len(found.counts), found.counts.sum()) == (bins, len(values))
    if low == high:
        np.testing.assert_array_equal(found.counts, expected.counts)
        return
    for edge, below in zip(low + (high - low) * np.arange(1, bins) / bins, np.cumsum(found.counts), strict=False):
        assert (values < edge - tolerance).sum() <= below <= (values < edge + tolerance).sum()


def same_windows(found: Record, expected: Record) -> None:
    """The same groups of the same windows."""
    assert found.groups == expected.groups
    for column in ("seq", "pos", "start", "length", "count", "tokens", "activation_at", "uncounted"):
        np.testing.assert_array_equal(getattr(found.windows, column), getattr(expected.windows, column), err_msg=column)
    activation = expected.windows.activation
    np.testing.assert_allclose(found.windows.activation, activation, rtol=0, atol=ACTIVATION * (expected.max or 0))


def same_effects(found: Record, expected: Record, truth: Truth) -> None:
    """The same affected tokens; among changes equal within the tolerance any tokens with those changes will do."""
    fast, slow = found.windows.effects, expected.windows.effects
    np.testing.assert_array_equal(fast.at, slow.at)
    np.testing.assert_allclose(fast.loss, slow.loss, rtol=0, atol=EFFECT)
    np.testing.assert_allclose(fast.value, slow.value, rtol=0, atol=EFFECT)
    removal, places = truth.removal(expected.feature), shown(expected)
    for at, tokens, values in zip(fast.at, fast.token, fast.value, strict=True):
        seq, pos = places[at]
        np.testing.assert_allclose(removal.change(seq, pos - 1)[tokens], values, rtol=0, atol=EFFECT)
        assert all(len(set(half)) == len(half) for half in np.split(tokens, 2))


def shown(record: Record) -> list[tuple[int, int]]:
    """(sequence, position) of every token of all windows."""
    windows = zip(record.windows.seq, record.windows.start, record.windows.length, strict=True)
    return [(int(seq), int(pos)) for seq, start, length in windows for pos in range(start, start + length)]
