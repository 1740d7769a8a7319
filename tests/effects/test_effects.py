"""Pass 2 over the tiny model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from featviz.capture import CaptureSettings, Firings, capture
from featviz.effects import EffectSettings, EffectTable, LogitRows, Pairs, logit_rows, token_effects
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
def rows(inputs: Inputs) -> LogitRows:
    way = inputs.model.to_final_residual(HOOK)
    return logit_rows(inputs.saes["A"].W_dec[FIRST : FIRST + 10], way, inputs.model.readout())


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
    return Pairs(place[kept][order], row[kept][order], FIRST, value[kept][order])


def _runs(firings: Firings) -> list[tuple[np.ndarray, np.ndarray]]:
    return [firings.of(FIRST + row) for row in range(10)]


def effects(inputs: Inputs, rows: LogitRows, pairs: Pairs, settings: EffectSettings) -> EffectTable:
    return token_effects(inputs.model, inputs.model.readout(), inputs.tokens, rows, pairs, settings)


@pytest.fixture(scope="module")
def table(inputs: Inputs, rows: LogitRows, pairs: Pairs) -> EffectTable:
    return effects(inputs, rows, pairs, EffectSettings())


def test_every_pair_is_removed_from_its_own_place(
    inputs: Inputs, rows: LogitRows, pairs: Pairs, table: EffectTable
) -> None:
    ids = torch.from_numpy(inputs.tokens.ids)
    residual = inputs.model.run(ids, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1)[pairs.place]
    taken = torch.from_numpy(pairs.activation)[:, None] * rows.direction[pairs.row]
    readout = inputs.model.readout()
    change = readout.logits(residual).log_softmax(-1) - readout.logits(residual - taken).log_softmax(-1)
    target = ids.flatten()[pairs.place + 1]
    np.testing.assert_allclose(table.loss, -change[np.arange(len(target)), target], atol=1e-4)
    np.testing.assert_allclose(table.value, change.gather(1, torch.from_numpy(table.token)), atol=1e-4)
    np.testing.assert_allclose(table.value[:, :5], change.topk(5).values, atol=1e-4)
    np.testing.assert_allclose(table.value[:, 5:], change.topk(5, largest=False).values, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_the_batch_size_makes_no_difference_but_rounding(
    inputs: Inputs, rows: LogitRows, pairs: Pairs, table: EffectTable, batch_size: int
) -> None:
    other = effects(inputs, rows, pairs, EffectSettings(batch_size=batch_size))
    np.testing.assert_allclose(other.loss, table.loss, atol=1e-5)
    np.testing.assert_allclose(other.value, table.value, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 5])
def test_the_number_of_threads_makes_no_difference_at_all(
    inputs: Inputs, rows: LogitRows, pairs: Pairs, table: EffectTable, threads: int
) -> None:
    other = effects(inputs, rows, pairs, EffectSettings(threads=threads))
    for column in ("loss", "token", "value"):
        np.testing.assert_array_equal(getattr(other, column), getattr(table, column))


def test_what_else_is_removed_makes_no_difference_at_all(
    inputs: Inputs, rows: LogitRows, pairs: Pairs, table: EffectTable
) -> None:
    some = np.arange(0, len(pairs.place), 3)
    fewer = replace(pairs, place=pairs.place[some], row=pairs.row[some], activation=pairs.activation[some])
    found = effects(inputs, rows, fewer, EffectSettings())
    np.testing.assert_array_equal(found.loss, table.loss[some])
    np.testing.assert_array_equal(found.value, table.value[some])


def test_nothing_to_remove(inputs: Inputs, rows: LogitRows, pairs: Pairs) -> None:
    none = replace(pairs, place=pairs.place[:0], row=pairs.row[:0], activation=pairs.activation[:0])
    found = effects(inputs, rows, none, EffectSettings())
    assert (found.loss.shape, found.token.shape) == ((0,), (0, 10))


def test_more_tokens_than_the_vocabulary_give_all_of_it(inputs: Inputs, rows: LogitRows, pairs: Pairs) -> None:
    one = replace(pairs, place=pairs.place[:1], row=pairs.row[:1], activation=pairs.activation[:1])
    found = effects(inputs, rows, one, EffectSettings(effect_tokens=1000))
    assert sorted(found.token[0, :300].tolist()) == list(range(300))


def test_every_pair_is_told(inputs: Inputs, rows: LogitRows, pairs: Pairs) -> None:
    told: list[int] = []
    token_effects(inputs.model, inputs.model.readout(), inputs.tokens, rows, pairs, EffectSettings(), told.append)
    assert sum(told) == len(pairs.place)
