"""Correlations from sums, against dense vectors."""

from collections.abc import Iterator

import numpy as np
import pytest

from featviz.capture.firings import FiringPiece, Firings, sort_firings
from featviz.capture.moments import NeuronMoments
from featviz.records import Correlation
from featviz.statistics import correlation
from featviz.statistics.correlation import Vectors, highest, neuron_correlations, top_correlations
from featviz.statistics.sums import Sums
from tests.agreement import same_correlation
from tests.reference import statistics

POSITIONS, FEATURES, NEURONS = 200, 12, 7
DEAD, ALWAYS, CONSTANT = 2, 3, 4


def some_features(seed: int, width: int = FEATURES) -> np.ndarray:
    """Features with ordinary and degenerate columns. [position feature]"""
    random = np.random.default_rng(seed)
    dense = random.exponential(size=(POSITIONS, width)) * (random.random((POSITIONS, width)) < 0.2)
    dense[:, DEAD], dense[:, CONSTANT] = 0, 0.7
    dense[:, ALWAYS] = 1 + random.random(POSITIONS)
    return dense.astype(np.float32)


def piece_of(dense: np.ndarray) -> FiringPiece:
    place, feature = np.nonzero(dense)
    return FiringPiece(feature, place, dense[place, feature])


def firings_of(dense: np.ndarray) -> Firings:
    return sort_firings([piece_of(dense)], dense.shape[1])


def dense64(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64)


def feature_correlations(rows: Firings, columns: Firings, n: int, k: int) -> Iterator[list[Correlation | None]]:
    """Of every feature."""
    vectors = Vectors.of(rows)
    others = vectors if rows is columns else Vectors.of(columns)
    return correlation.feature_correlations(vectors, others, range(rows.d_sae), n, k)


def flat(blocks: object) -> list[Correlation | None]:
    return [each for block in blocks for each in block]  # type: ignore[attr-defined]


@pytest.mark.parametrize("k", [1, 3, 100])
def test_features_of_another_sae(k: int) -> None:
    a, b = some_features(0), some_features(1, width=9)
    found = flat(feature_correlations(firings_of(a), firings_of(b), POSITIONS, k))
    for feature, table in enumerate(found):
        same_correlation(table, statistics.correlation(dense64(a)[:, feature], dense64(b), k))


@pytest.mark.parametrize("k", [1, 3, 100])
def test_features_of_the_same_sae_leave_themselves_out(k: int) -> None:
    a = some_features(0)
    firings = firings_of(a)
    for feature, table in enumerate(flat(feature_correlations(firings, firings, POSITIONS, k))):
        same_correlation(table, statistics.correlation(dense64(a)[:, feature], dense64(a), k, itself=feature))


def test_a_copy_of_an_sae_correlates_with_itself() -> None:
    one, other = firings_of(some_features(0)), firings_of(some_features(0))
    table = flat(feature_correlations(one, other, POSITIONS, 1))[0]
    assert table is not None
    assert (table.index.tolist(), table.pearson[0]) == ([0], pytest.approx(1))


@pytest.mark.parametrize("k", [1, 3, 100])
def test_neurons(k: int) -> None:
    a = some_features(0)
    neurons = np.random.default_rng(2).normal(3, 1, (POSITIONS, NEURONS)).astype(np.float32)
    neurons[:, 1], neurons[:, 2] = 0, 5
    neurons[:, 3] += a[:, 0]
    moments = NeuronMoments.start(neurons[:50], {"A": FEATURES})
    moments.add(neurons, {"A": piece_of(a)})
    found = flat(neuron_correlations(moments, "A", Sums.of_features(firings_of(a)), POSITIONS, k))
    for feature, table in enumerate(found):
        same_correlation(table, statistics.correlation(dense64(a)[:, feature], dense64(neurons), k))


def test_more_features_than_a_block() -> None:
    random = np.random.default_rng(0)
    dense = (random.exponential(size=(40, 700)) * (random.random((40, 700)) < 0.3)).astype(np.float32)
    firings = firings_of(dense)
    found = flat(feature_correlations(firings, firings, 40, 2))
    assert len(found) == 700
    for feature in (0, 511, 512, 699):
        same_correlation(found[feature], statistics.correlation(dense64(dense)[:, feature], dense64(dense), 2, feature))


def test_saes_that_never_fire_correlate_with_nothing() -> None:
    silent = firings_of(np.zeros((5, 3), np.float32))
    assert flat(feature_correlations(silent, silent, 5, 3)) == [None, None, None]


@pytest.mark.parametrize("n", [10, 10_000_000])
def test_a_feature_that_fires_once_among_many_tokens(n: int) -> None:
    """With one firing each at the same place, both features are multiples of each other."""
    firings = firings_of(np.array([[0, 0], [3, 5]], np.float32))
    for table in flat(feature_correlations(firings, firings, n, 1)):
        assert table is not None
        assert (table.pearson[0], table.cosine[0]) == (pytest.approx(1, abs=1e-12), pytest.approx(1, abs=1e-12))


def ranked(values: list[list[float]], k: int) -> list[list[int]]:
    columns, exists = highest(np.array(values, float), k)
    return [row[there].tolist() for row, there in zip(columns, exists, strict=True)]


def test_the_highest_come_first() -> None:
    assert ranked([[1, 3, 2], [-1, -3, -2]], 2) == [[1, 2], [0, 2]]


def test_ties_are_ranked_by_column() -> None:
    assert ranked([[1, 2, 1, 2]], 4) == [[1, 3, 0, 2]]


def test_what_does_not_exist_is_never_ranked() -> None:
    assert ranked([[np.nan, -1, np.nan, -2], [np.nan] * 4], 4) == [[1, 3], []]


def test_more_than_there_are_gives_each_once() -> None:
    assert ranked([[1, 3, 2]], 1000) == [[1, 2, 0]]


def test_a_row_where_nothing_exists_is_no_table() -> None:
    nothing = np.full((1, 3), np.nan)
    assert top_correlations(nothing, nothing, 2) == [None]


def test_a_cosine_that_does_not_exist_does_not_hide_a_correlation_that_does() -> None:
    [table] = top_correlations(np.array([[0.5]]), np.array([[np.nan]]), 2)
    assert table is not None
    assert np.isnan(table.cosine[0])


@pytest.mark.parametrize("density", [0.02, 0.2])
@pytest.mark.parametrize("own", [True, False])
def test_sparse_and_dense_features_with_many_ties(density: float, own: bool) -> None:
    rng = np.random.default_rng(0)
    one, other = ((rng.random((700, 90)).round(1) * (rng.random((700, 90)) < density)) for _ in range(2))
    other = one if own else other
    rows = firings_of(one.astype(np.float32))
    columns = rows if own else firings_of(other.astype(np.float32))
    wide, wide_other = dense64(one.astype(np.float32)), dense64(other.astype(np.float32))
    for feature, table in enumerate(flat(feature_correlations(rows, columns, 700, 5))):
        itself = feature if own else None
        same_correlation(table, statistics.correlation(wide[:, feature], wide_other, 5, itself=itself))


def test_negative_correlations_are_ranked_too() -> None:
    dense = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 3], [1, 0, 0]], np.float32)
    table = flat(feature_correlations(firings_of(dense), firings_of(dense), 4, 3))[0]
    same_correlation(table, statistics.correlation(dense64(dense)[:, 0], dense64(dense), 3))


def test_some_features_have_what_they_have_among_all() -> None:
    a, b = firings_of(some_features(0)), firings_of(some_features(1, width=9))
    some = flat(correlation.feature_correlations(Vectors.of(a), Vectors.of(b), range(5, 9), POSITIONS, 3))
    for table, expected in zip(some, flat(feature_correlations(a, b, POSITIONS, 3))[5:9], strict=True):
        assert table
        assert expected
        np.testing.assert_array_equal(table.index, expected.index)
        np.testing.assert_array_equal(table.pearson, expected.pearson)
        np.testing.assert_array_equal(table.cosine, expected.cosine)


def test_what_is_constant_but_for_rounding_has_no_deviation() -> None:
    dense = np.tile(np.random.default_rng(0).uniform(0.1, 9, 200).astype(np.float32), (POSITIONS, 1))
    assert np.isnan(Sums.of_features(firings_of(dense)).deviation(POSITIONS)).all()


def test_rounding_makes_no_correlation_larger_than_one() -> None:
    values = np.random.default_rng(0).exponential(size=(POSITIONS, 200))
    sums = Sums(values.sum(0), np.square(values).sum(0), np.zeros(200))
    for found in correlation.correlate(values.T @ values, sums, sums, POSITIONS):
        assert found.max() == 1
