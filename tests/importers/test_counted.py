"""N from what dashboards print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.errors import InputError
from featviz.importers.counted import positions_counted

firings = st.lists(st.integers(1, 500_000), min_size=1, max_size=50)


def printed(counts: list[int], positions: int) -> list[tuple[int, float]]:
    return [(count, float(f"{100 * count / positions:.3f}") / 100) for count in counts]


@given(firings)
def test_what_is_stated_counts_where_the_densities_agree(counts: list[int]) -> None:
    assert positions_counted(printed(counts, 524_288), 524_288) == (524_288, "stated")


def test_what_is_stated_is_not_believed_against_the_densities() -> None:
    found, how = positions_counted(printed([50_000, 1000], 524_288), 400_000)
    assert how == "estimated"
    assert abs(found - 524_288) < 100


@given(st.lists(st.integers(1000, 500_000), min_size=1, max_size=50))
def test_an_estimate_prints_the_same_densities(counts: list[int]) -> None:
    found, how = positions_counted(printed(counts, 524_288), None)
    assert how == "estimated"
    assert all(abs(count / found - density) < 1e-5 for count, density in printed(counts, 524_288))


def test_an_estimate_has_no_more_digits_than_it_is_good_for() -> None:
    assert positions_counted([(26, 5e-5)], None) == (500_000, "estimated")


def test_it_is_at_least_the_firings() -> None:
    assert positions_counted([(1000, 0.5), (3000, 0.99)], None)[0] >= 3000


@pytest.mark.parametrize("densities", [[], [(3, 0.0)]])
def test_without_densities_it_must_be_given(densities: list[tuple[int, float]]) -> None:
    with pytest.raises(InputError, match="Say how many with --counted"):
        positions_counted(densities, None)
