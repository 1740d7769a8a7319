"""Windows: their bounds, and which of them read the same."""

from collections.abc import Hashable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.select.window import WindowShape, reading_classes
from featviz.sources.tokens import Tokens
from tests.reference.windows import window


def tokens_of(ids: np.ndarray) -> Tokens:
    return Tokens("x", ids, np.ones(ids.shape, dtype=bool))


@pytest.mark.parametrize(
    ("reach", "start", "length"),
    [
        (0, [0, 1, 2, 3, 4], [1, 1, 1, 1, 1]),
        (2, [0, 0, 0, 1, 2], [3, 4, 5, 4, 3]),
        (9, [0, 0, 0, 0, 0], [5, 5, 5, 5, 5]),
        (2**53 - 1, [0, 0, 0, 0, 0], [5, 5, 5, 5, 5]),
        (None, [0, 0, 0, 0, 0], [5, 5, 5, 5, 5]),
    ],
)
def test_windows_are_clipped_at_the_ends_of_their_sequence(
    reach: int | None, start: list[int], length: list[int]
) -> None:
    starts, lengths = WindowShape(reach, 5).bounds(np.arange(5, 10))
    assert (starts.tolist(), lengths.tolist()) == (start, length)


@pytest.mark.parametrize("reach", [None, 0, 1, 3])
def test_overlap_is_a_shared_position(reach: int | None) -> None:
    shape, ids = WindowShape(reach, 6), np.zeros((2, 6), int)
    windows = [window(ids, divmod(place, 6), "full" if reach is None else reach) for place in range(12)]
    for a in range(12):
        for b in range(12):
            assert shape.overlap(a, b) == windows[a].overlaps(windows[b])


def look(ids: np.ndarray, seq: int, pos: int, reach: int | None) -> Hashable:
    """What a window shows, and where its target stands in it."""
    shown = window(ids, (seq, pos), "full" if reach is None else reach)
    return shown.tokens, pos - shown.start


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 9), st.integers(1, 3), st.none() | st.integers(0, 12))
def test_places_are_in_one_class_exactly_if_their_windows_read_the_same(
    seed: int, sequences: int, context: int, vocabulary: int, reach: int | None
) -> None:
    ids = np.random.default_rng(seed).integers(0, vocabulary, (sequences, context))
    classes = reading_classes(tokens_of(ids), WindowShape(reach, context)).tolist()
    looks = [look(ids, *divmod(place, context), reach) for place in range(ids.size)]
    assert len(set(zip(classes, looks, strict=True))) == len(set(classes)) == len(set(looks))


def test_the_largest_ids_do_not_run_over() -> None:
    ids = np.array([[2**31 - 1, 2**31 - 2] * 40])
    classes = reading_classes(tokens_of(ids), WindowShape(30, 80))
    looks = [look(ids, 0, pos, 30) for pos in range(80)]
    assert len(set(classes.tolist())) == len(set(looks))
