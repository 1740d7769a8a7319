"""Pass 1 that is shared through a store ends with the same arrays, whoever ran which shard."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.capture import Captured, CaptureSettings, ShardedCapture, capture, runs, shards, sums
from featviz.capture.capture import LetGo
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs, load_inputs
from tests.comparison import settings_of
from tests.tiny import SEQUENCES, Tiny

BATCH = 2
SHARDS = SEQUENCES // BATCH


@pytest.fixture(scope="module")
def inputs(files: Tiny) -> Inputs:
    return load_inputs(settings_of(files))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_PLACES", 1)


@pytest.fixture(scope="module")
def whole(inputs: Inputs) -> Captured:
    """In one shard, in memory."""
    return capture(inputs.model, inputs.saes, inputs.tokens, CaptureSettings(BATCH))


def sharded(inputs: Inputs, folder: Path, say: Callable[[str], None] = print, **settings: Any) -> ShardedCapture:
    walk = CaptureSettings(BATCH, store=Pieces(folder, say), **settings)
    return ShardedCapture(inputs.model, inputs.saes, inputs.tokens, walk)


def silent(sequences: int) -> None:
    """Nobody is told."""


def wanted(inputs: Inputs) -> dict[str, range]:
    return {name: range(sae.d_sae) for name, sae in inputs.saes.items()}


def same(found: ShardedCapture, whole: Captured) -> None:
    for name, firings in found.firings().items():
        for column in ("start", "place", "value"):
            np.testing.assert_array_equal(getattr(firings, column), getattr(whole.firings[name], column))


def same_sums(found: Any, whole: Captured) -> None:
    assert found.keys() == whole.neurons.keys()
    for hook, moments in found.items():
        for name, array in moments.arrays().items():
            np.testing.assert_array_equal(array, whole.neurons[hook].arrays()[name])


def test_shards_end_as_one_shard_does(inputs: Inputs, tmp_path: Path, whole: Captured) -> None:
    one = sharded(inputs, tmp_path)
    assert len(one.shards) == SHARDS
    same_sums(one.run(silent, wanted(inputs)), whole)
    same(one, whole)


def busy_at(*numbers: int) -> Callable[[str, bool], LetGo | None]:
    """The claims of a process beside another that is at the pieces with these numbers until somebody waits for them."""
    at = {f"runs/{number * BATCH}-{(number + 1) * BATCH}" for number in numbers}

    def claim(name: str, wait: bool) -> LetGo | None:
        return (lambda: None) if wait or name not in at else None

    return claim


def test_what_another_has_left_undone_is_done_in_the_end(inputs: Inputs, tmp_path: Path, whole: Captured) -> None:
    told: list[int] = []
    one = sharded(inputs, tmp_path, claim=busy_at(0, 3))
    one.run(told.append)
    assert sum(told) == SEQUENCES
    same(one, whole)


@pytest.mark.parametrize("workers", [2, 4])
def test_each_begins_with_its_share(inputs: Inputs, tmp_path: Path, workers: int) -> None:
    begun: list[list[str]] = []
    for number in range(workers):
        names: list[str] = []

        def claim(name: str, wait: bool, names: list[str] = names) -> LetGo | None:
            names.append(name)
            return lambda: None

        sharded(inputs, tmp_path / str(number), share=(number, workers), claim=claim).run(silent)
        begun.append(names[: len(range(number, SHARDS, workers))])
    pieces = [shard.piece for shard in sharded(inputs, tmp_path).shards]
    assert begun == [pieces[number::workers] for number in range(workers)]
    assert sorted(itertools.chain(*begun)) == sorted(pieces)


def test_sums_that_are_asked_for_later_are_those_taken_on_the_way(
    inputs: Inputs, tmp_path: Path, whole: Captured
) -> None:
    one = sharded(inputs, tmp_path)
    assert one.run(silent) == {}
    assert one.summed(wanted(inputs)) == {}
    same_sums(one.sums(silent, wanted(inputs)), whole)
    same_sums(sharded(inputs, tmp_path).summed(wanted(inputs)), whole)


def test_sums_of_some_features_are_theirs_among_all(inputs: Inputs, tmp_path: Path, whole: Captured) -> None:
    one = sharded(inputs, tmp_path)
    one.run(silent)
    [(hook, moments)] = one.sums(silent, {"B": range(3, 9)}).items()
    assert moments.cross.keys() == {"B"}
    np.testing.assert_array_equal(moments.cross["B"], whole.neurons[hook].cross["B"][3:9])


def test_interrupted_sums_go_on_without_running_the_model_where_they_were(
    inputs: Inputs, tmp_path: Path, whole: Captured, model_runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "SAVE_EVERY_SECONDS", -1.0)
    stopped = sharded(inputs, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(stop_after(3), wanted(inputs))
    model_runs.clear()
    same_sums(sharded(inputs, tmp_path).run(silent, wanted(inputs)), whole)
    assert sum(model_runs) == SEQUENCES - 3 * BATCH


def stop_after(batches: int) -> Callable[[int], None]:
    told: list[int] = []

    def stop(sequences: int) -> None:
        told.append(sequences)
        if len(told) == batches:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("damaged", [0, 2])
def test_a_damaged_run_is_told_once_and_made_again(
    inputs: Inputs, tmp_path: Path, whole: Captured, model_runs: list[int], damaged: int
) -> None:
    sharded(inputs, tmp_path).run(silent)
    for merged in (tmp_path / "firings").glob("*.npz"):
        merged.unlink()
    path = tmp_path / f"{sharded(inputs, tmp_path).shards[damaged].piece}.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    said: list[str] = []
    model_runs.clear()
    again = sharded(inputs, tmp_path, said.append)
    again.run(silent)
    assert said == [f"{path} is damaged: what it held is computed again."]
    assert model_runs == [BATCH]
    same(again, whole)


def test_damaged_firings_are_merged_again_without_the_model(
    inputs: Inputs, tmp_path: Path, whole: Captured, model_runs: list[int]
) -> None:
    sharded(inputs, tmp_path).run(silent)
    path = tmp_path / "firings" / "A.npz"
    path.write_bytes(path.read_bytes()[:-40])
    said: list[str] = []
    model_runs.clear()
    again = sharded(inputs, tmp_path, said.append)
    again.run(silent)
    assert len(said) == 1
    assert model_runs == []
    same(again, whole)


def test_slices_that_cannot_be_held_lie_on_disk(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sharded(inputs, tmp_path)
    one.run(silent)
    [held] = one.slices("A")
    monkeypatch.setattr(runs, "SLICE_FIRINGS", 1)
    several = one.slices("A")
    assert len(several) == SHARDS
    np.testing.assert_array_equal(np.concatenate([each.feature for each in several]), held.feature)
    np.testing.assert_array_equal(np.concatenate([each.value for each in several]), held.value)
    assert len(list((tmp_path / "placed" / "A").glob("*.npz"))) == SHARDS
