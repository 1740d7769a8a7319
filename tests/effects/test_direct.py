"""Pass 2 over the tiny model."""

import gc
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.capture import CaptureSettings, Firings, capture
from featviz.capture.capture import LetGo, nobody_else
from featviz.effects import (
    Claim,
    Direct,
    EffectSettings,
    EffectTable,
    Pairs,
    ablation,
    direct,
    directions,
    logits,
    partial,
)
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.sources.model import FINAL_RESIDUAL
from tests.comparison import settings_of
from tests.tiny import CONTEXT, HOOK, Tiny

FIRST = 10
"""The features of the block: 10 … 19."""


@pytest.fixture(scope="module")
def inputs(files: Tiny) -> Inputs:
    return load_inputs(settings_of(files))


@pytest.fixture(scope="module")
def direction(inputs: Inputs) -> Tensor:
    way = inputs.model.to_final_residual(HOOK)
    return directions(inputs.saes["A"].W_dec[FIRST : FIRST + 10], way, inputs.model.readout())


@pytest.fixture(scope="module")
def firings(inputs: Inputs) -> Firings:
    return capture(inputs.model, inputs.saes, inputs.tokens, CaptureSettings()).firings["A"]


@pytest.fixture(scope="module")
def pairs(firings: Firings) -> Pairs:
    """Every firing of the block that does not end its sequence."""
    row, place, value = (
        np.concatenate(columns)
        for columns in zip(*((np.full(len(of[0]), row), *of) for row, of in enumerate(_runs(firings))), strict=True)
    )
    kept = place % CONTEXT < CONTEXT - 1
    order = np.lexsort((row[kept], place[kept]))
    return Pairs(place[kept][order], row[kept][order], np.arange(FIRST, FIRST + 10), value[kept][order])


def _runs(firings: Firings) -> list[tuple[np.ndarray, np.ndarray]]:
    return [firings.of(FIRST + row) for row in range(10)]


def effects(inputs: Inputs, direction: Tensor, pairs: Pairs, settings: EffectSettings) -> EffectTable:
    return Direct(inputs.model, inputs.model.readout(), inputs.tokens, direction, pairs, settings).effects()


@pytest.fixture(scope="module")
def table(inputs: Inputs, direction: Tensor, pairs: Pairs) -> EffectTable:
    return effects(inputs, direction, pairs, EffectSettings())


def test_every_pair_is_removed_from_its_own_place(
    inputs: Inputs, direction: Tensor, pairs: Pairs, table: EffectTable
) -> None:
    ids = torch.from_numpy(inputs.tokens.ids)
    residual = inputs.model.run(ids, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1)[pairs.place]
    taken = torch.from_numpy(pairs.activation)[:, None] * direction[pairs.row]
    readout = inputs.model.readout()
    change = readout.logits(residual).log_softmax(-1) - readout.logits(residual - taken).log_softmax(-1)
    target = ids.flatten()[pairs.place + 1]
    np.testing.assert_allclose(table.loss, -change[np.arange(len(target)), target], atol=1e-4)
    np.testing.assert_allclose(table.value, change.gather(1, torch.from_numpy(table.token)), atol=1e-4)
    np.testing.assert_allclose(table.value[:, :5], change.topk(5).values, atol=1e-4)
    np.testing.assert_allclose(table.value[:, 5:], change.topk(5, largest=False).values, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_the_batch_size_makes_no_difference_but_rounding(
    inputs: Inputs, direction: Tensor, pairs: Pairs, table: EffectTable, batch_size: int
) -> None:
    other = effects(inputs, direction, pairs, EffectSettings(batch_size=batch_size))
    np.testing.assert_allclose(other.loss, table.loss, atol=1e-5)
    np.testing.assert_allclose(other.value, table.value, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 5])
def test_the_number_of_threads_makes_no_difference_at_all(
    inputs: Inputs, direction: Tensor, pairs: Pairs, table: EffectTable, threads: int
) -> None:
    other = effects(inputs, direction, pairs, EffectSettings(threads=threads))
    same(other, table)


def test_what_else_is_removed_makes_no_difference_at_all(
    inputs: Inputs, direction: Tensor, pairs: Pairs, table: EffectTable
) -> None:
    some = np.arange(0, len(pairs.place), 3)
    fewer = replace(pairs, place=pairs.place[some], row=pairs.row[some], activation=pairs.activation[some])
    found = effects(inputs, direction, fewer, EffectSettings())
    np.testing.assert_array_equal(found.loss, table.loss[some])
    np.testing.assert_array_equal(found.value, table.value[some])


def test_nothing_to_remove(inputs: Inputs, direction: Tensor, pairs: Pairs) -> None:
    none = replace(pairs, place=pairs.place[:0], row=pairs.row[:0], activation=pairs.activation[:0])
    found = effects(inputs, direction, none, EffectSettings())
    assert (found.loss.shape, found.token.shape) == ((0,), (0, 10))


def test_more_tokens_than_the_vocabulary_give_all_of_it(inputs: Inputs, direction: Tensor, pairs: Pairs) -> None:
    one = replace(pairs, place=pairs.place[:1], row=pairs.row[:1], activation=pairs.activation[:1])
    found = effects(inputs, direction, one, EffectSettings(effect_tokens=1000))
    assert sorted(found.token[0, :300].tolist()) == list(range(300))


def test_every_pair_is_told(inputs: Inputs, direction: Tensor, pairs: Pairs) -> None:
    told: list[float] = []
    what = (inputs.model, inputs.model.readout(), inputs.tokens)
    Direct(*what, direction, pairs, EffectSettings()).effects(told.append)
    assert sum(told) == pytest.approx(len(pairs.place))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of 60 tokens, and a shard for every few sequences."""
    monkeypatch.setattr(partial, "ROW_BYTES", 4 * 10 * 60)
    monkeypatch.setattr(partial, "LEAST_SLICE", 50)
    monkeypatch.setattr(direct, "SHARD_BYTES", 4 * 16 * CONTEXT * 6)


@pytest.fixture
def split(inputs: Inputs, direction: Tensor, pairs: Pairs, tmp_path: Path, small_pieces: None) -> Direct:
    settings = EffectSettings(batch_size=3, store=Pieces(tmp_path))
    return Direct(inputs.model, inputs.model.readout(), inputs.tokens, direction, pairs, settings)


def test_shards_and_slices_make_no_difference_but_rounding(split: Direct, table: EffectTable) -> None:
    assert [len(group) for group in split.groups] == [1, 1, 1, 2]
    found = split.effects()
    np.testing.assert_allclose(found.loss, table.loss, atol=1e-5)
    np.testing.assert_allclose(found.value, table.value, atol=1e-5)
    assert (found.token != table.token).mean() < 0.01, "near ties alone may be ranked otherwise"


def test_the_rows_of_a_slice_are_let_go_whatever_held_the_frames_of_their_use(
    split: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As numba does when it compiles: it keeps exceptions, whose frames hold those of its callers."""
    read_out, remove, rows, alive = logits.logit_rows, ablation.ablate, list[ReferenceType[object]](), list[bool]()

    def noting(*given: Any) -> object:
        alive.extend(each() is not None for each in rows)
        rows.append(ref(made := read_out(*given)))
        return made

    def compiling(*given: Any) -> object:
        if len(rows) == 1:
            cycle: list[object] = [sys._getframe()]
            cycle.append(cycle)
        return remove(*given)

    monkeypatch.setattr(direct, "logit_rows", noting)
    monkeypatch.setattr(direct, "ablate", compiling)
    direct.drop_frames.cache_clear()
    gc.disable()
    try:
        split.effects()
    finally:
        gc.enable()
    assert len(alive) > 4
    assert not any(alive)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_pieces_that_others_have_computed_are_not_computed_again(
    split: Direct, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = replace(split, settings=replace(split.settings, store=None)).effects()
    shares = [split.share(every(workers, me)) for me in range(workers)]
    assert max(shares) - min(shares) <= 1
    assert sum(shares) == len(list(tmp_path.glob("groups/*/*.npz"))) > 4
    monkeypatch.setattr(type(split.model), "run", None)
    same(split.effects(), alone)
    same(split.effects(), alone)


def test_a_stop_loses_no_more_than_a_piece_and_changes_nothing(split: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = replace(split, settings=replace(split.settings, store=None)).effects()
    read, tiles = ablation.read_positions, 0

    def stopping(*given: object) -> object:
        nonlocal tiles
        tiles += 1
        if tiles % 7 == 0:
            raise KeyboardInterrupt
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(direct, "read_positions", stopping)
    for _ in range(100):
        try:
            found = split.effects()
            break
        except KeyboardInterrupt:
            continue
    assert tiles > 7
    same(found, alone)


def every(workers: int, me: int) -> Claim:
    """Claims each piece whose turn it is."""
    number = count()

    def claim(name: str) -> LetGo | None:
        return nobody_else(name, wait=False) if next(number) % workers == me else None

    return claim


def same(one: EffectTable, other: EffectTable) -> None:
    for column in ("loss", "token", "value"):
        np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
