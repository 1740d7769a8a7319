"""The store of nonzero activations, against the dense table."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.capture.firings import FiringPiece, Firings, sort_firings

DENSE = np.array(
    [
        [0, 0, 2, 0, 1],
        [0, 0, 0, 0, 0],
        [3, 4, 0, 5, 0],
        [0, 0, 0, 0, 0.5],
    ],
    dtype=np.float32,
)
"""[feature place]"""


def piece_of(dense: np.ndarray, first: int = 0) -> FiringPiece:
    """The firings of consecutive places, place by place as an encoder finds them."""
    place, feature = np.nonzero(dense.T)
    return FiringPiece(feature, place + first, dense.T[place, feature])


def firings_of(dense: np.ndarray) -> Firings:
    return sort_firings([piece_of(dense)], len(dense))


@pytest.fixture
def firings() -> Firings:
    return firings_of(DENSE)


def test_each_feature_has_its_run_in_order_of_place(firings: Firings) -> None:
    for feature, row in enumerate(DENSE):
        place, value = firings.of(feature)
        np.testing.assert_array_equal(place, np.flatnonzero(row))
        np.testing.assert_array_equal(value, row[row > 0])


def test_counts(firings: Firings) -> None:
    assert firings.count.tolist() == [2, 0, 3, 1]
    assert firings.d_sae == 4


def test_an_sae_that_never_fires() -> None:
    firings = firings_of(np.zeros((3, 5), np.float32))
    assert firings.count.tolist() == [0, 0, 0]
    assert firings.lookup(np.array([0, 2]), np.array([1, 4])).tolist() == [0, 0]


def test_lookup_of_every_feature_at_every_place(firings: Firings) -> None:
    feature, place = np.indices(DENSE.shape).reshape(2, -1)
    np.testing.assert_array_equal(firings.lookup(feature, place), DENSE.ravel())


def test_lookup_of_dead_features_alone(firings: Firings) -> None:
    assert firings.lookup(np.array([1, 1]), np.array([0, 4])).tolist() == [0, 0]


def test_lookup_of_nothing(firings: Firings) -> None:
    assert firings.lookup(np.empty(0, int), np.empty(0, int)).tolist() == []


@given(st.integers(0, 2**32), st.lists(st.integers(1, 19), max_size=4))
def test_it_does_not_matter_where_the_places_are_split(seed: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    dense = (random.exponential(size=(6, 20)) * (random.random((6, 20)) < 0.3)).astype(np.float32)
    bounds = [0, *sorted(cuts), 20]
    pieces = [piece_of(dense[:, low:high], low) for low, high in itertools.pairwise(bounds)]
    split, whole = sort_firings(pieces, 6), firings_of(dense)
    for column in ("start", "place", "value"):
        np.testing.assert_array_equal(getattr(split, column), getattr(whole, column))


def test_whether_a_feature_fires_between_two_places() -> None:
    firings = sort_firings([FiringPiece(np.array([1, 1, 3]), np.array([2, 7, 0]), np.ones(3, np.float32))], 4)
    queries = [(1, 0, 2, False), (1, 0, 3, True), (1, 3, 7, False), (1, 3, 8, True), (2, 0, 10, False), (3, 0, 1, True)]
    feature, low, high, expected = (np.array(column) for column in zip(*queries, strict=True))
    assert firings.any_between(feature, low, high).tolist() == expected.tolist()
