import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from featviz.bundle.codec.columns import differences, from_differences, from_scaled, scaled, significant
from featviz.bundle.format import STEPS
from featviz.errors import BundleError

floats = arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32, allow_nan=False, allow_infinity=False))


@given(floats)
def test_a_scaled_column_is_off_by_half_a_step_at_most(column: np.ndarray) -> None:
    scale, steps = scaled(column)
    assert (np.abs(from_scaled(scale, steps) - column) <= scale / 2 * (1 + 1e-9)).all()


@given(floats)
def test_scaled_integers_stay_within_the_steps(column: np.ndarray) -> None:
    _, steps = scaled(column)
    assert np.abs(steps).max(initial=0) in ((0, STEPS) if column.any() else (0,))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_scaled_column_refuses_what_is_not_finite(value: float) -> None:
    with pytest.raises(BundleError, match="NaN or an infinite"):
        scaled(np.array([1.0, value]))


@given(st.sets(st.integers(0, 10**9)))
def test_differences_come_back(positions: set[int]) -> None:
    column = np.array(sorted(positions), dtype=np.int64)
    assert (from_differences(differences(column)) == column).all()


def test_differences_as_the_format_page_shows_them() -> None:
    assert differences(np.array([3, 4, 11])).tolist() == [3, 1, 7]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-300, max_value=1e300))
def test_six_significant_digits(value: float) -> None:
    assert abs(significant(value) - value) <= 5e-6 * value


def test_rounded_numbers_are_short() -> None:
    assert repr(significant(1 / 3)) == "0.333333"
