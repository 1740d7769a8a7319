"""Histograms of any data."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featviz.records import Histogram
from featviz.statistics.histogram import histogram, row_histograms

KINDS = ["one row", "rows of a tensor"]


def of(values: np.ndarray, bins: int, kind: str) -> Histogram:
    """By either function."""
    if kind == "one row":
        found = histogram(values, bins)
        assert found is not None
        return found
    return row_histograms(torch.from_numpy(np.stack([values, values])), bins)[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-38, 1e-6, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_counts_are_those_of_numpy_at_any_scale(kind: str, scale: float, dtype: type) -> None:
    values: np.ndarray = (np.random.default_rng(0).normal(size=500) * scale).astype(dtype)
    found = of(values, 40, kind)
    counts, edges = np.histogram(values.astype(np.float64), 40)
    np.testing.assert_array_equal(found.counts, counts)
    assert (found.low, found.high) == (edges[0], edges[-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, -2.5, 1e-45, 3e38])
def test_equal_values_all_stand_in_the_first_bin(kind: str, value: float) -> None:
    found = of(np.full(7, value, np.float32), 4, kind)
    assert found.low == found.high == np.float32(value)
    assert found.counts.tolist() == [7, 0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_neighbouring_floats_are_told_apart(kind: str) -> None:
    values = np.array([1, np.nextafter(np.float32(1), np.float32(2))], np.float32)
    assert of(values, 4, kind).counts.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_widest_range_of_float32(kind: str) -> None:
    largest = np.finfo(np.float32).max
    assert of(np.array([-largest, 0, largest], np.float32), 2, kind).counts.tolist() == [1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_bins_are_closed_below_and_the_last_one_above(kind: str) -> None:
    assert of(np.arange(5, dtype=np.float32), 4, kind).counts.tolist() == [1, 1, 1, 2]


def test_without_data_there_is_none() -> None:
    assert histogram(np.empty(0, np.float32), 4) is None


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=50), st.integers(1, 60))
def test_every_value_is_counted_once_by_both(values: list[float], bins: int) -> None:
    one, other = (of(np.array(values, np.float32), bins, kind) for kind in KINDS)
    assert one.counts.sum() == len(values)
    np.testing.assert_array_equal(one.counts, other.counts)


def test_rows_have_their_own_ranges() -> None:
    one, other = row_histograms(torch.tensor([[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]), 2)
    assert (one.low, one.high, one.counts.tolist()) == (0, 2, [1, 2])
    assert (other.low, other.high, other.counts.tolist()) == (5, 5, [3, 0])
