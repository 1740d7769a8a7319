"""Pass 1 over the tiny model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from featviz.capture import Captured, CaptureSettings, capture
from featviz.capture.capture import has_neuron_basis
from featviz.errors import InputError
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.sources.model import LanguageModel
from tests.comparison import settings_of
from tests.tiny import SEQUENCES, Tiny


@pytest.fixture(scope="module")
def inputs(files: Tiny) -> Inputs:
    return load_inputs(settings_of(files))


def captured(inputs: Inputs, **settings: Any) -> Captured:
    return capture(inputs.model, inputs.saes, inputs.tokens, CaptureSettings(**settings))


@pytest.fixture(scope="module")
def whole(inputs: Inputs) -> Captured:
    return captured(inputs, batch_size=SEQUENCES)


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_the_batch_size_makes_no_difference_but_rounding(inputs: Inputs, whole: Captured, batch_size: int) -> None:
    other = captured(inputs, batch_size=batch_size)
    for name, firings in whole.firings.items():
        np.testing.assert_array_equal(other.firings[name].start, firings.start)
        np.testing.assert_array_equal(other.firings[name].place, firings.place)
        np.testing.assert_allclose(other.firings[name].value, firings.value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 5])
def test_the_number_of_threads_makes_no_difference_at_all(inputs: Inputs, threads: int) -> None:
    one, other = captured(inputs, batch_size=2), captured(inputs, batch_size=2, threads=threads)
    for name, firings in one.firings.items():
        np.testing.assert_array_equal(other.firings[name].value, firings.value)
    for hook, moments in one.neurons.items():
        np.testing.assert_array_equal(other.neurons[hook].square, moments.square)


def test_positions_that_do_not_count_never_fire(inputs: Inputs, whole: Captured) -> None:
    for firings in whole.firings.values():
        assert inputs.tokens.counts.ravel()[firings.place].all()


def test_every_sequence_is_told(inputs: Inputs) -> None:
    told: list[int] = []
    capture(inputs.model, inputs.saes, inputs.tokens, CaptureSettings(5), told.append)
    assert told == [5, 5, 2]


def test_saes_on_other_hooks_are_read_there(inputs: Inputs) -> None:
    a = inputs.saes["A"]
    residual = replace(a, W_enc=a.W_enc[:16], b_in=None, read_hook="blocks.0.hook_resid_post")
    both = capture(inputs.model, {"A": a, "R": residual}, inputs.tokens, CaptureSettings())
    assert len(both.firings["R"].place) > 0
    assert list(both.neurons) == ["blocks.0.mlp.hook_post"]
    assert list(both.neurons["blocks.0.mlp.hook_post"].cross) == ["A"]


@pytest.mark.parametrize(("hook", "expected"), [("blocks.3.mlp.hook_post", True), ("blocks.3.hook_resid_post", False)])
def test_neurons_are_the_mlps(hook: str, expected: bool) -> None:
    assert has_neuron_basis(hook) == expected


def test_activations_that_are_no_numbers_are_refused(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: LanguageModel, tokens: torch.Tensor, hooks: list[str]) -> dict[str, torch.Tensor]:
        return {hook: torch.full((*tokens.shape, 32), torch.nan) for hook in hooks}

    monkeypatch.setattr(LanguageModel, "run", broken)
    with pytest.raises(InputError, match=r"activations at blocks\.0\.mlp\.hook_post hold NaN"):
        captured(inputs)


def test_an_sae_that_overflows_is_refused(inputs: Inputs) -> None:
    huge = replace(inputs.saes["A"], W_enc=inputs.saes["A"].W_enc * 1e38)
    with pytest.raises(InputError, match="SAE sae_a: activations overflow float32"):
        capture(inputs.model, {"A": huge}, inputs.tokens, CaptureSettings())
