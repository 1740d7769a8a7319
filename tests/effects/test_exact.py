"""Exact effects, against whole forward passes of the Hugging Face model in float64."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.capture.firings import FiringPiece, Firings, sort_firings
from featviz.effects import Direct, EffectSettings, EffectTable, Pairs, Removed, directions, exact_effects
from featviz.errors import InputError
from featviz.pieces import Pieces
from featviz.sources.tokens import Tokens
from tests.families import FAMILIES, LAYERS, VOCABULARY, Case, log_probs, make_family, module_of

FIRST, FEATURES, SEQUENCES, CONTEXT = 4, 3, 5, 9
MIDDLE, LAST = "blocks.1.hook_resid_post", f"blocks.{LAYERS - 1}.hook_resid_post"


@pytest.fixture(scope="module", params=["gpt2", "gemma2"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp(request.param)
    make_family(request.param, folder)
    return Case(FAMILIES[request.param], folder)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    ids = np.random.default_rng(0).integers(1, VOCABULARY, (SEQUENCES, CONTEXT))
    return Tokens("random", ids, np.ones_like(ids, dtype=bool))


@pytest.fixture(scope="module")
def dense() -> np.ndarray:
    """Activations of the block's features, most of them zero. [seq pos feature]"""
    random = np.random.default_rng(1)
    shape = (SEQUENCES, CONTEXT, FEATURES)
    return (random.uniform(0.5, 2, shape) * (random.uniform(size=shape) < 0.3)).astype(np.float32)


@pytest.fixture(scope="module")
def firings(dense: np.ndarray) -> Firings:
    place, feature = dense.reshape(-1, FEATURES).nonzero()
    return sort_firings([FiringPiece(feature + FIRST, place, dense.reshape(-1, FEATURES)[place, feature])], 10)


@pytest.fixture(scope="module")
def pairs(dense: np.ndarray) -> Pairs:
    """Every place from a feature's first firing in a sequence on, but for the last."""
    began = dense.cumsum(1) > 0
    began[:, -1] = False
    place, row = began.reshape(-1, FEATURES).nonzero()
    return Pairs(place, row, np.arange(FIRST, FIRST + FEATURES), dense.reshape(-1, FEATURES)[place, row])


def decoder(width: int) -> Tensor:
    return torch.randn((FEATURES, width), generator=torch.Generator().manual_seed(2))


def exact(
    case: Case, tokens: Tokens, firings: Firings, pairs: Pairs, hook: str = MIDDLE, **settings: object
) -> EffectTable:
    removed = Removed(hook, decoder(case.model.hook_width(hook)), firings)
    walk = replace(EffectSettings(effect_tokens=VOCABULARY, batch_size=4), **settings)  # type: ignore[arg-type]
    return exact_effects(case.model, case.model.readout(), tokens, removed, pairs, walk)


def changes(table: EffectTable) -> np.ndarray:
    """Of all log-probabilities, clean minus ablated. [pair d_vocab]"""
    found = np.zeros((len(table.loss), VOCABULARY))
    np.put_along_axis(found, table.token[:, :VOCABULARY], table.value[:, :VOCABULARY], axis=1)
    return found


@pytest.mark.parametrize("part", ["hook_resid_pre", "hook_resid_post", "hook_mlp_out", "hook_attn_out", "attn.hook_z"])
def test_it_is_what_a_forward_pass_without_the_feature_predicts(
    case: Case, tokens: Tokens, dense: np.ndarray, firings: Firings, pairs: Pairs, part: str
) -> None:
    place, side = module_of(case.family, part)
    module = f"{case.family.layers}.1{place}"
    ids = torch.from_numpy(tokens.ids)
    clean = log_probs(case, ids, module, side, torch.zeros(()))
    rows = decoder(case.model.hook_width(f"blocks.1.{part}"))
    expected = np.zeros((len(pairs.place), VOCABULARY))
    for row in range(FEATURES):
        taken = torch.from_numpy(dense[:, :, row, None]).double() * rows[row]
        change = (clean - log_probs(case, ids, module, side, taken)).numpy().reshape(-1, VOCABULARY)
        expected[pairs.row == row] = change[pairs.place[pairs.row == row]]
    table = exact(case, tokens, firings, pairs, f"blocks.1.{part}")
    np.testing.assert_allclose(changes(table), expected, atol=1e-4)
    target = tokens.ids.ravel()[pairs.place + 1]
    np.testing.assert_allclose(table.loss, -expected[np.arange(len(target)), target], atol=1e-4)


def test_at_the_last_residual_it_is_the_direct_effect(
    case: Case, tokens: Tokens, firings: Firings, pairs: Pairs
) -> None:
    readout, settings = case.model.readout(), EffectSettings(effect_tokens=VOCABULARY)
    direction = directions(decoder(16), case.model.to_final_residual(LAST), readout)
    direct = Direct(case.model, readout, tokens, direction, pairs, settings).effects()
    found = exact(case, tokens, firings, pairs, LAST)
    np.testing.assert_allclose(found.loss, direct.loss, atol=1e-4)
    np.testing.assert_allclose(changes(found), changes(direct), atol=1e-4)


@pytest.mark.parametrize("batch_size", [3, 100])
def test_the_batch_size_makes_no_difference_but_rounding(
    case: Case, tokens: Tokens, firings: Firings, pairs: Pairs, batch_size: int
) -> None:
    found = exact(case, tokens, firings, pairs, batch_size=batch_size)
    np.testing.assert_allclose(changes(found), changes(exact(case, tokens, firings, pairs)), atol=1e-5)


def test_nothing_to_remove(case: Case, tokens: Tokens, firings: Firings, pairs: Pairs) -> None:
    none = replace(pairs, place=pairs.place[:0], row=pairs.row[:0], activation=pairs.activation[:0])
    assert exact(case, tokens, firings, none, effect_tokens=5).token.shape == (0, 10)


def test_what_is_in_the_store_is_not_computed_again_and_the_rest_is_the_same_to_the_bit(
    case: Case, tokens: Tokens, firings: Firings, pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featviz.effects.table.SAVE_EVERY_SECONDS", -1.0)
    whole = exact(case, tokens, firings, pairs)
    store = Pieces(tmp_path)
    exact(case, tokens, firings, pairs, store=store)
    pieces = sorted(tmp_path.rglob("*.npz"))
    assert len(pieces) > 2
    for piece in pieces[2:]:
        piece.unlink()
    told: list[float] = []
    removed = Removed(MIDDLE, decoder(16), firings)
    walk = EffectSettings(effect_tokens=VOCABULARY, batch_size=4, store=store)
    again = exact_effects(case.model, case.model.readout(), tokens, removed, pairs, walk, told.append)
    assert (sum(told), told[0] > 0) == (len(pairs.place), True)
    np.testing.assert_array_equal(again.token, whole.token)
    np.testing.assert_array_equal(again.value.astype(np.float32), whole.value.astype(np.float32))


def test_a_decoder_that_overflows_is_told(case: Case, tokens: Tokens, firings: Firings, pairs: Pairs) -> None:
    removed = Removed(MIDDLE, decoder(16) * 1e38, firings)
    with pytest.raises(InputError, match="Removing a feature gives NaN or an infinite number"):
        exact_effects(case.model, case.model.readout(), tokens, removed, pairs, EffectSettings())


def test_the_blocks_before_the_hook_run_once_a_sequence(
    case: Case, tokens: Tokens, firings: Firings, pairs: Pairs
) -> None:
    rows: list[list[int]] = [[], []]
    handles = [
        case.model.bridge.blocks[number].mlp.register_forward_hook(
            lambda module, args, output, seen=seen: seen.append(len(output))
        )
        for number, seen in enumerate(rows)
    ]
    exact(case, tokens, firings, pairs)
    for handle in handles:
        handle.remove()
    passes = len(np.unique(pairs.place // CONTEXT * FEATURES + pairs.row))
    assert sum(rows[1]) == sum(rows[0]) + passes
