"""Firings that went to disk shard by shard, against those that were sorted in memory."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.capture import runs
from featviz.capture.firings import FiringPiece, Firings
from featviz.capture.runs import Run, Slice, merged, run_of, slice_of, stretches
from featviz.pieces import Pieces

D_SAE, PLACES = 9, 40
CUTS = st.lists(st.integers(1, PLACES - 1), max_size=6, unique=True)


def some_firings(seed: int) -> FiringPiece:
    """Place by place; features 2 and 8 are dead."""
    random = np.random.default_rng(seed)
    dense = random.exponential(size=(PLACES, D_SAE)) * (random.random((PLACES, D_SAE)) < random.random(D_SAE))
    dense[:, [2, 8]] = 0
    place, feature = np.nonzero(dense)
    return FiringPiece(feature, place, dense[place, feature].astype(np.float32))


@contextmanager
def on_disk(firings: FiringPiece, cuts: list[int]) -> Iterator[tuple[Pieces, list[Run]]]:
    with tempfile.TemporaryDirectory() as folder:
        store, found = Pieces(Path(folder)), []
        for low, high in itertools.pairwise([0, *sorted(cuts), PLACES]):
            store.save(f"runs/{low}", run_of({"A": firings.between(low, high).sorted(D_SAE)}, low))
            columns = store.columns(f"runs/{low}")
            assert columns
            found.append(Run(low, high - low, columns, "A"))
        yield store, found


@pytest.fixture(autouse=True, scope="module", params=[1, 20, 10**6])
def at_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Blocks of one feature and slices of one shard, of several, and of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "MERGED_FIRINGS", request.param)
        patch.setattr(runs, "SLICE_FIRINGS", request.param)
        yield


@given(st.integers(0, 2**32), CUTS)
def test_merged_runs_are_what_sorting_in_memory_gives(seed: int, cuts: list[int]) -> None:
    firings = some_firings(seed)
    with on_disk(firings, cuts) as (store, found):
        store.save("firings/A", merged(found, D_SAE))
        columns = store.columns("firings/A")
        assert columns
        whole, expected = Firings.on_disk(columns), firings.sorted(D_SAE)
        for name in ("start", "place", "value"):
            np.testing.assert_array_equal(getattr(whole, name), getattr(expected, name))
            assert getattr(whole, name).dtype == getattr(expected, name).dtype


@given(st.integers(0, 2**32), CUTS)
def test_slices_hold_every_firing_place_by_place(seed: int, cuts: list[int]) -> None:
    firings = some_firings(seed)
    with on_disk(firings, cuts) as (_, found):
        slices = [slice_of(part) for part in stretches(found)]
    assert [each.first_place for each in slices][:1] == [0]
    assert sum(len(each.start) - 1 for each in slices) == PLACES
    by_place = [(place, *_at(each, place - each.first_place)) for each in slices for place in _places(each)]
    for place, feature, value in by_place:
        here = firings.place == place
        assert feature.tolist() == firings.feature[here].tolist()
        assert value.tolist() == firings.value[here].tolist()


def _places(part: Slice) -> range:
    return range(part.first_place, part.first_place + len(part.start) - 1)


def _at(part: Slice, row: int) -> tuple[np.ndarray, np.ndarray]:
    run = slice(part.start[row], part.start[row + 1])
    return part.feature[run], part.value[run]


def test_what_was_read_from_disk_can_be_let_go_and_read_again() -> None:
    firings = some_firings(0)
    with on_disk(firings, [7]) as (store, found):
        store.save("firings/A", merged(found, D_SAE))
        columns = store.columns("firings/A")
        assert columns
        whole = Firings.on_disk(columns)
        before = whole.value.copy()
        whole.release()
        np.testing.assert_array_equal(whole.value, before)
