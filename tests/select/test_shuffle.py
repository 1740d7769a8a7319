"""The random order is fair: to positions, to features and to seeds."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from featviz.select.shuffle import Shuffle

LEAST_P = 1e-4
"""Uniform draws fall below this once in ten thousand seeds; the draws below are fixed."""


def first_drawn(seed: int, positions: int, feature: int, count: int = 1) -> tuple[int, ...]:
    return tuple(Shuffle(seed, positions).read(feature, 0, count).tolist())


def test_every_feature_comes_to_every_position_once() -> None:
    shuffle = Shuffle(3, 101)
    for feature in (0, 1, 2047):
        read = np.concatenate([shuffle.read(feature, first, 10) for first in range(0, 110, 10)])
        np.testing.assert_array_equal(np.sort(read), np.arange(101))


def test_turns_are_the_order_in_which_a_feature_reads() -> None:
    shuffle = Shuffle(3, 101)
    np.testing.assert_array_equal(shuffle.turn(7, shuffle.read(7, 0, 101)), np.arange(101))


@pytest.mark.parametrize("seed", [0, 1])
def test_features_start_everywhere_alike(seed: int) -> None:
    starts = [Shuffle(seed, 64).start(feature) for feature in range(16_384)]
    assert chisquare(np.bincount(starts, minlength=64)).pvalue > LEAST_P


def test_neighbouring_features_start_independently() -> None:
    starts = [Shuffle(0, 8).start(feature) for feature in range(16_384)]
    pairs = [8 * left + right for left, right in pairwise(starts)]
    assert chisquare(np.bincount(pairs, minlength=64)).pvalue > LEAST_P


def test_over_seeds_a_feature_draws_every_ordered_pair_alike() -> None:
    drawn = [first_drawn(seed, 6, feature=11, count=2) for seed in range(9_000)]
    counts = np.unique(np.array(drawn) @ [6, 1], return_counts=True)[1]
    assert len(counts) == 30
    assert chisquare(counts).pvalue > LEAST_P


def test_the_order_does_not_depend_on_which_features_were_asked_before() -> None:
    asked, fresh = Shuffle(5, 50), Shuffle(5, 50)
    asked.read(1, 0, 50)
    np.testing.assert_array_equal(asked.read(2, 0, 50), fresh.read(2, 0, 50))
