"""Running sums of neurons, against sums over everything at once."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.capture.firings import FiringPiece
from featviz.capture.moments import NeuronMoments

TOKENS, NEURONS, FEATURES = 30, 3, 4


def activations(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Neurons and features: [token neuron] and [token feature]."""
    random = np.random.default_rng(seed)
    neurons = random.normal(5, 2, (TOKENS, NEURONS)).astype(np.float32)
    features = random.exponential(size=(TOKENS, FEATURES)) * (random.random((TOKENS, FEATURES)) < 0.3)
    return neurons, features.astype(np.float32)


def summed(neurons: np.ndarray, features: np.ndarray, bounds: list[int]) -> NeuronMoments:
    """The moments, batch by batch."""
    moments = NeuronMoments.start(neurons[bounds[0] : bounds[1]], {"A": features.shape[1]})
    for low, high in itertools.pairwise(bounds):
        row, feature = np.nonzero(features[low:high])
        moments.add(neurons[low:high], {"A": FiringPiece(feature, row, features[low:high][row, feature])})
    return moments


@given(st.integers(0, 2**32), st.lists(st.integers(1, TOKENS - 1), max_size=5, unique=True))
def test_it_does_not_matter_where_the_tokens_are_split(seed: int, cuts: list[int]) -> None:
    neurons, features = activations(seed)
    moments = summed(neurons, features, [0, *sorted(cuts), TOKENS])
    wide, dense = neurons.astype(np.float64), features.astype(np.float64)
    np.testing.assert_allclose(moments.total + TOKENS * moments.shift, wide.sum(0))
    np.testing.assert_allclose(moments.square, np.square(wide - moments.shift).sum(0))
    np.testing.assert_allclose(moments.cross["A"], dense.T @ (wide - moments.shift), atol=1e-12)


def test_a_small_deviation_on_a_large_mean_loses_no_digits() -> None:
    random = np.random.default_rng(0)
    neurons = random.normal(3000, 3, (1 << 20, 1)).astype(np.float32)
    moments = summed(neurons, np.zeros((1 << 20, 1), np.float32), list(range(0, (1 << 20) + 1, 1 << 17)))
    variance = moments.square / (1 << 20) - np.square(moments.total / (1 << 20))
    assert variance[0] == pytest.approx(neurons.astype(np.float64).var(), rel=1e-10)


def test_the_sums_survive_being_put_on_disk() -> None:
    moments = summed(*activations(0), [0, TOKENS])
    again = NeuronMoments.from_arrays(moments.arrays())
    assert again.arrays().keys() == moments.arrays().keys()
    for name, array in moments.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
