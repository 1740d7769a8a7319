"""Choosing windows, against the reference by its written rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.select import Choice, Positions, select_groups
from featviz.settings import GroupSettings
from featviz.sources.tokens import Tokens
from tests.reference import groups as reference
from tests.reference.settings import Settings

MASKED = 0


def positions_of(ids: np.ndarray, group_settings: GroupSettings) -> Positions:
    return Positions(Tokens("x", ids, ids != MASKED, (MASKED,)), group_settings)


def chosen(feature: int, dense: np.ndarray, positions: Positions) -> Choice:
    place = np.flatnonzero(dense)
    return select_groups(feature, place, dense.ravel()[place], positions)


def shuffled(feature: int, positions: Positions) -> list[tuple[int, int]]:
    """The positions that count in the feature's random order."""
    order = positions.shuffle.read(feature, 0, len(positions.place))
    return [divmod(int(place), positions.tokens.context) for place in positions.place[order]]


def expected(feature: int, dense: np.ndarray, positions: Positions) -> list[reference.Chosen]:
    ids, wanted = positions.tokens.ids, positions.settings
    in_order = [divmod(int(place), ids.shape[1]) for place in positions.place]
    return reference.groups(
        reference.Feature(ids, dense, in_order, shuffled(feature, positions)),
        Settings(
            window="full" if wanted.reach is None else wanted.reach,
            top=wanted.top,
            bottom=wanted.bottom,
            intervals=wanted.intervals,
            per_interval=wanted.per_interval,
        ),
    )


def same(found: Choice, groups: list[reference.Chosen], context: int) -> None:
    assert found.groups == [each.group for each in groups]
    assert found.place.tolist() == [window.seq * context + window.pos for each in groups for window in each.windows]
    assert found.count.tolist() == [count for each in groups for count in each.counts]


sizes = st.integers(0, 6)


@settings(max_examples=300)
@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(1, 4), st.integers(1, 14), st.integers(1, 4)),
    st.builds(
        GroupSettings,
        reach=st.none() | st.integers(0, 9),
        top=sizes,
        bottom=sizes,
        intervals=st.integers(1, 5),
        per_interval=sizes,
        seed=st.integers(0, 5),
    ),
    st.sampled_from([0.0, 0.05, 0.3, 0.9, 1.0]),
)
def test_groups_are_those_of_the_reference(
    seed: int, shape: tuple[int, int, int], wanted: GroupSettings, density: float
) -> None:
    random = np.random.default_rng(seed)
    sequences, context, vocabulary = shape
    ids = random.integers(0, vocabulary + 1, (sequences, context))
    ids[0, 0] = 1
    levels = np.array([0.5, 1.0, 1.5, 4.0], dtype=np.float32)
    dense = random.choice(levels, ids.shape) * (random.random(ids.shape) < density) * (ids != MASKED)
    positions = positions_of(ids, wanted)
    feature = int(random.integers(0, 1000))
    same(chosen(feature, dense, positions), expected(feature, dense, positions), context)


@pytest.mark.parametrize("density", [0.001, 0.5, 0.999])
def test_silent_positions_are_found_however_rare(density: float) -> None:
    random = np.random.default_rng(0)
    ids = random.integers(1, 50, (10, 200))
    dense = random.exponential(size=ids.shape).astype(np.float32) * (random.random(ids.shape) < density)
    positions = positions_of(ids, GroupSettings(reach=1))
    same(chosen(7, dense, positions), expected(7, dense, positions), 200)


@pytest.mark.parametrize("intervals", [1, 3, 7, 10, 1000])
def test_a_value_on_a_bound_belongs_to_the_interval_below(intervals: int) -> None:
    values = np.arange(1, intervals + 1, dtype=np.float32)
    positions = positions_of(np.ones((1, intervals), int), GroupSettings(reach=0, intervals=intervals))
    groups = chosen(0, values[None], positions).groups[1:-1]
    assert [(group.index, group.population) for group in groups] == [(i, 1) for i in reversed(range(intervals))]


def test_a_feature_with_equal_activations_has_them_all_in_the_highest_interval() -> None:
    positions = positions_of(np.arange(1, 21).reshape(2, 10), GroupSettings(reach=0))
    groups = chosen(0, np.full((2, 10), 0.1, np.float32), positions).groups
    assert [group.population for group in groups] == [20, 20] + [0] * 9 + [20]


def test_a_dead_feature_has_no_groups() -> None:
    choice = chosen(0, np.zeros((2, 10), np.float32), positions_of(np.ones((2, 10), int), GroupSettings()))
    assert (choice.groups, len(choice.place), len(choice.count)) == ([], 0, 0)


def test_one_position_is_enough() -> None:
    choice = chosen(0, np.array([[2.0]], np.float32), positions_of(np.array([[5]]), GroupSettings()))
    assert [(group.kind, group.windows) for group in choice.groups[:2]] == [("top", 1), ("interval", 1)]


def test_other_seeds_draw_other_samples() -> None:
    ids = np.arange(1, 2001).reshape(10, 200)
    dense = np.random.default_rng(0).exponential(size=ids.shape).astype(np.float32)
    one, other = (chosen(0, dense, positions_of(ids, GroupSettings(reach=1, seed=seed))) for seed in (0, 1))
    assert one.place[:20].tolist() == other.place[:20].tolist()
    assert one.place[20:].tolist() != other.place[20:].tolist()
