"""Direct effects in models of five families, against the Hugging Face model itself, in float64."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.effects import Direct, EffectSettings, Pairs, directions
from featviz.errors import InputError
from featviz.sources.tokens import Tokens
from tests.families import FAMILIES, HEADS, LAYERS, VOCABULARY, Case, Family, log_probs, make_family, module_of

LAST, MIDDLE = LAYERS - 1, 1
FEATURES = 3


CASES = [(name, how) for name in FAMILIES for how in ("none", "folded")]


def of_each(hooks: Callable[[Family], list[str]]) -> pytest.MarkDecorator:
    """Every family with each of the hooks that there are for it; with folded weights every third."""
    each = [(case, hook) for case in CASES for hook in hooks(FAMILIES[case[0]])[:: 1 if case[1] == "none" else 3]]
    return pytest.mark.parametrize(
        ("case", "hook"), each, indirect=["case"], ids=[f"{'-'.join(case)}-{hook}" for case, hook in each]
    )


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name, processing = request.param
    folder = tmp_path_factory.mktemp(name)
    make_family(name, folder)
    return Case(FAMILIES[name], folder, processing)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    ids = np.random.default_rng(0).integers(1, VOCABULARY, (2, 7))
    return Tokens("random", ids, np.ones_like(ids, dtype=bool))


@pytest.fixture(scope="module")
def pairs(tokens: Tokens) -> Pairs:
    """Every feature at every position but the last of each sequence, with some activation."""
    place = np.flatnonzero(np.arange(tokens.ids.size) % tokens.context < tokens.context - 1).repeat(FEATURES)
    activation = np.random.default_rng(1).uniform(0.5, 2, len(place)).astype(np.float32)
    return Pairs(place, np.tile(np.arange(FEATURES), len(place) // FEATURES), np.arange(FEATURES), activation)


def decoder(width: int) -> Tensor:
    return torch.randn((FEATURES, width), generator=torch.Generator().manual_seed(2))


def direct(case: Case, hook: str, tokens: Tokens, pairs: Pairs) -> np.ndarray:
    """What featviz finds: the changes of all log-probabilities, clean minus ablated. [pair d_vocab]"""
    readout, way = case.model.readout(), case.model.to_final_residual(hook)
    direction = directions(decoder(case.model.hook_width(hook)), way, readout)
    table = Direct(case.model, readout, tokens, direction, pairs, EffectSettings(effect_tokens=VOCABULARY)).effects()
    changes = np.zeros((len(pairs.place), VOCABULARY))
    np.put_along_axis(changes, table.token[:, :VOCABULARY], table.value[:, :VOCABULARY], axis=1)
    target = tokens.ids.ravel()[pairs.place + 1]
    np.testing.assert_allclose(table.loss, -changes[np.arange(len(target)), target], atol=1e-6)
    return changes


def by_forward_passes(case: Case, tokens: Tokens, pairs: Pairs, module: str, side: str, rows: Tensor) -> np.ndarray:
    """For each pair a whole sequence, with a d taken out of one module's input or output at its position."""
    pair, (seq, pos) = np.arange(len(pairs.place)), np.divmod(pairs.place, tokens.context)
    ids = torch.from_numpy(tokens.ids[seq])
    taken = torch.zeros((*ids.shape, rows.shape[1]), dtype=torch.float64)
    taken[pair, pos] = torch.from_numpy(pairs.activation)[:, None] * rows[pairs.row]
    clean, without = (log_probs(case, ids, module, side, each * taken) for each in (0, 1))
    return (clean - without)[pair, pos].numpy()


def written(case: Case, hook: str) -> Tensor:
    """What one unit of each feature adds to the residual stream, from the Hugging Face weights. [feature d_model]"""
    rows = decoder(case.model.hook_width(hook)).double()
    number, part = int(hook.split(".")[1]), hook.split(".", 2)[2]
    names = {"mlp.hook_post": case.family.mlp_write, "attn.hook_z": case.family.attention_write}
    if part not in names:
        return rows
    module = case.layer(number).get_submodule(names[part])
    with torch.no_grad():
        return module(rows) - module(torch.zeros_like(rows))


def of_layer(number: int, *parts: str) -> list[str]:
    return [f"blocks.{number}.{part}" for part in parts]


def last_writers(family: Family) -> list[str]:
    """Hooks after which nothing but the final norm and the unembedding follows."""
    inner = [] if family.post_norms else ["mlp.hook_out", "mlp.hook_post"]
    attention = ["hook_attn_out", "attn.hook_z"] if family.parallel else []
    return of_layer(LAST, "hook_resid_post", "hook_mlp_out", *inner, *attention)


@of_each(last_writers)
def test_at_the_end_the_direct_effect_is_that_of_a_whole_forward_pass(
    case: Case, hook: str, tokens: Tokens, pairs: Pairs
) -> None:
    place, side = module_of(case.family, hook.split(".", 2)[2])
    rows = decoder(case.model.hook_width(hook)).double()
    expected = by_forward_passes(case, tokens, pairs, f"{case.family.layers}.{LAST}{place}", side, rows)
    np.testing.assert_allclose(direct(case, hook, tokens, pairs), expected, atol=1e-4)


def middle_hooks(family: Family) -> list[str]:
    """Hooks in the middle that have a direct path."""
    inner = [] if family.post_norms else ["mlp.hook_out", "mlp.hook_post", "attn.hook_out", "attn.hook_z"]
    between = [] if family.parallel else ["hook_resid_mid"]
    parts = ["hook_resid_pre", *between, "hook_resid_post", "hook_mlp_out", "hook_attn_out", *inner]
    return of_layer(MIDDLE, *parts)


@of_each(middle_hooks)
def test_in_the_middle_the_direct_effect_is_the_direct_path_by_hand(
    case: Case, hook: str, tokens: Tokens, pairs: Pairs
) -> None:
    expected = by_forward_passes(case, tokens, pairs, case.family.norm, "input", written(case, hook))
    np.testing.assert_allclose(direct(case, hook, tokens, pairs), expected, atol=1e-4)


@pytest.mark.parametrize("hook", of_layer(MIDDLE, "mlp.hook_out", "mlp.hook_post", "attn.hook_out", "attn.hook_z"))
@pytest.mark.parametrize("case", [("gemma2", "none"), ("gemma2", "folded")], indirect=True, ids="-".join)
def test_a_hook_before_a_norm_that_ends_a_sublayer_is_refused(case: Case, hook: str) -> None:
    after = "hook_mlp_out" if "mlp" in hook else "hook_attn_out"
    with pytest.raises(InputError, match=f'no direct path from hook "{hook}".*An SAE of blocks.1.{after} or'):
        case.model.to_final_residual(hook)


@pytest.mark.parametrize("case", [("neox", "none"), ("llama", "none")], indirect=True, ids="-".join)
def test_attention_z_is_as_wide_as_all_heads(case: Case) -> None:
    assert case.model.hook_width("blocks.1.attn.hook_z") == HEADS * case.family.d_head
