"""The model behind the bridge."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.effects.logits import centred, directions, logit_rows
from featviz.errors import InputError
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from tests.tiny import D_MLP, HOOK, Tiny


@pytest.fixture(scope="module")
def folded(files: Tiny) -> LanguageModel:
    return LanguageModel.load(str(files.model), "folded")


@pytest.fixture(scope="module")
def ids(files: Tiny) -> Tensor:
    return torch.from_numpy(np.load(files.tokens)[:3])


def test_it_knows_its_sizes(model: LanguageModel) -> None:
    sizes = (model.name, model.architecture, model.n_layers, model.d_model, model.d_vocab, model.n_ctx)
    assert sizes == ("model", "GPT2LMHeadModel", 1, 16, 300, 32)


def test_running_without_the_unembedding_gives_the_same_activations(model: LanguageModel, ids: Tensor) -> None:
    hooks = [HOOK, "blocks.0.attn.hook_z", "blocks.0.hook_resid_mid", FINAL_RESIDUAL]
    found = model.run(ids, hooks)
    _, cache = model.bridge.run_with_cache(ids)
    for hook in hooks:
        assert torch.equal(found[hook], cache[hook].flatten(2))


def test_running_asks_for_no_logits(model: LanguageModel, ids: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: Any, **options: Any) -> None:
        raise AssertionError("the unembedding ran")

    monkeypatch.setattr(type(model.bridge.unembed), "forward", forbidden)
    assert model.run(ids, [HOOK])[HOOK].shape == (3, 24, D_MLP)


def test_both_processings_give_the_same_predictions(model: LanguageModel, folded: LanguageModel, ids: Tensor) -> None:
    one, other = (each.logits(ids).log_softmax(-1) for each in (model, folded))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_both_processings_give_the_same_logits_of_a_feature(model: LanguageModel, folded: LanguageModel) -> None:
    decoder = torch.randn((4, D_MLP), generator=torch.Generator().manual_seed(0))
    one, other = (
        centred(logit_rows(directions(decoder, each.to_final_residual(HOOK), readout), readout).logits)
        for each, readout in ((each, each.readout()) for each in (model, folded))
    )
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_the_readout_gives_the_models_logits(model: LanguageModel, ids: Tensor) -> None:
    found = model.readout().logits(model.run(ids, [FINAL_RESIDUAL])[FINAL_RESIDUAL])
    torch.testing.assert_close(found, model.logits(ids), rtol=1e-4, atol=1e-4)


def test_the_way_of_an_mlp_neuron_is_its_row_of_the_output_matrix(model: LanguageModel) -> None:
    way = model.to_final_residual(HOOK)
    expected = model.bridge.original_model.transformer.h[0].mlp.c_proj.weight
    torch.testing.assert_close(way, expected.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["hook_resid_pre", "hook_resid_post", "hook_mlp_out", "hook_attn_out"])
def test_the_way_of_what_is_added_to_the_residual_is_the_identity(model: LanguageModel, name: str) -> None:
    assert model.hook_width(f"blocks.0.{name}") == 16
    assert model.to_final_residual(f"blocks.0.{name}") is None


@pytest.mark.parametrize("hook", ["blocks.0.attn.hook_q", "blocks.0.mlp.hook_pre", "hook_embed", "ln_final.hook_in"])
def test_a_hook_without_a_known_way_is_refused(model: LanguageModel, hook: str) -> None:
    with pytest.raises(InputError, match=f'No direct path from hook "{hook}".*blocks.N.mlp.hook_post'):
        model.to_final_residual(hook)


def test_an_unknown_hook_names_the_nearest(model: LanguageModel) -> None:
    with pytest.raises(InputError, match=r'no hook "blocks.0.mlp.hook_pots". Did you mean blocks.0.mlp.hook_post\?'):
        model.hook_width("blocks.0.mlp.hook_pots")


def test_a_hook_of_heads_is_as_wide_as_all_heads(model: LanguageModel) -> None:
    assert model.hook_width("blocks.0.attn.hook_z") == 16


class Scaled(LanguageModel):
    """A model that does something after its unembedding that we do not know of."""

    def logits(self, tokens: Tensor) -> Tensor:
        return 2 * super().logits(tokens)


def test_a_model_that_ends_otherwise_is_refused(model: LanguageModel) -> None:
    with pytest.raises(InputError, match="not one of norm, unembedding and soft cap"):
        Scaled("scaled", model.bridge).readout()
