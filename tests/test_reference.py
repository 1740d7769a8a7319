"""The reference itself: against the model run with a hook, against libraries, and by hand."""

import numpy as np
import pytest
import torch

from tests import tiny
from tests.reference import statistics
from tests.reference.forward import Forward, Sae, activations, direction, read_sae, run
from tests.reference.groups import Feature, bottom, interval, top
from tests.reference.record import Truth
from tests.reference.settings import Settings
from tests.reference.windows import choose, count, window

SEPARATION = 3e-6
"""Least difference between what is ranked or compared with a bound, relative to the largest: above float32's error."""


@pytest.fixture(scope="module")
def forward(files: tiny.Tiny) -> Forward:
    return run(files.model, np.load(files.tokens), masked={tiny.BOS_ID})


@pytest.fixture(scope="module")
def saes(files: tiny.Tiny) -> dict[str, Sae]:
    return {"A": read_sae(files.sae_a), "B": read_sae(files.sae_b)}


@pytest.fixture(scope="module", params=["A", "B"])
def truth(request: pytest.FixtureRequest, forward: Forward, saes: dict[str, Sae]) -> Truth:
    return Truth(forward, saes, request.param, lambda feature: forward.positions, Settings())


@pytest.mark.parametrize("feature", [0, 1, tiny.ALWAYS, tiny.ZERO_DECODER])
def test_removing_a_feature_equals_a_hooked_run_of_the_model(truth: Truth, feature: int) -> None:
    forward, dense = truth.forward, truth.dense(feature)
    written = torch.from_numpy(dense[:, :, None] * truth.sae.W_dec[feature])
    mlp = forward.gpt2.transformer.h[0].mlp
    hook = mlp.act.register_forward_hook(lambda module, args, output: output - written)
    with torch.no_grad():
        ablated = forward.gpt2(torch.from_numpy(forward.tokens)).logits.log_softmax(-1).numpy()
    hook.remove()
    removal = truth.removal(feature)
    changes = np.array([[removal.change(seq, pos) for pos in range(tiny.CONTEXT)] for seq in range(tiny.SEQUENCES)])
    np.testing.assert_allclose(changes, forward.log_probs - ablated, rtol=0, atol=1e-10)


def test_the_logits_of_a_feature_are_what_the_last_modules_make_of_its_direction_alone(truth: Truth) -> None:
    gpt2, line = truth.forward.gpt2, torch.from_numpy(direction(truth.sae, 2, truth.forward))
    with torch.no_grad():
        ahead, behind = (gpt2.lm_head(gpt2.transformer.ln_f(sign * 1e6 * line)) for sign in (1, -1))
    expected = (ahead - behind) / 2 * line.std(correction=0)
    np.testing.assert_allclose(truth.logits(2), expected - expected.mean(), atol=1e-9)


def test_the_tiny_saes_hold_the_features_they_promise(truth: Truth) -> None:
    firings = (truth.activations[truth.name] > 0).sum((0, 1))
    positions = len(truth.forward.positions)
    assert (firings[tiny.DEAD], firings[tiny.ALWAYS], firings[tiny.ONCE]) == (0, positions, 1)
    assert positions - 20 < firings[tiny.MOSTLY] < positions
    assert not truth.logits(tiny.ZERO_DECODER).any()


def test_nothing_that_is_ranked_or_compared_hangs_on_rounding(truth: Truth) -> None:
    counts = truth.forward.counts
    for feature in range(tiny.D_SAE):
        values = np.unique(truth.dense(feature)[counts]) / max(truth.dense(feature).max(), 1e-9)
        inner_bounds = np.arange(1, 10) / 10
        assert np.diff(values).min(initial=1) > SEPARATION
        assert abs(values[:, None] - inner_bounds).min() > SEPARATION


def test_no_rank_in_a_table_hangs_on_rounding(truth: Truth) -> None:
    counts = truth.forward.counts
    for feature in range(tiny.D_SAE):
        values, logits = truth.dense(feature)[counts], truth.logits(feature)
        tables = [statistics.correlation(values, truth.forward.neurons[counts], 6)]
        tables += [statistics.correlation(values, dense[counts], 6) for dense in truth.activations.values()]
        ranked = [table.pearson for table in tables if table is not None]
        if feature != tiny.ZERO_DECODER:
            similar = statistics.similarity(truth.sae.W_dec, feature, 6)
            assert similar is not None
            ranked.append(similar.cosine)
            ranked += [np.sort(logits)[:11] / abs(logits).max(), np.sort(logits)[-11:] / abs(logits).max()]
        assert min(abs(np.diff(values)).min() for values in ranked) > SEPARATION


def test_pearson_equals_numpys() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 50))
    assert statistics.pearson(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_the_histogram_equals_numpys() -> None:
    values = np.random.default_rng(0).exponential(size=500)
    np.testing.assert_array_equal(statistics.histogram(values, 40).counts, np.histogram(values, 40)[0])


def test_a_histogram_of_equal_values_has_them_in_the_first_bin() -> None:
    histogram = statistics.histogram(np.full(3, 2.5), 4)
    assert (histogram.low, histogram.high, histogram.counts.tolist()) == (2.5, 2.5, [3, 0, 0, 0])


def test_a_window_is_clipped_at_the_ends() -> None:
    tokens = np.arange(12).reshape(2, 6)
    assert window(tokens, (1, 0), 2).tokens == (6, 7, 8)
    assert window(tokens, (1, 5), 2).tokens == (9, 10, 11)
    assert window(tokens, (0, 3), "full").tokens == (0, 1, 2, 3, 4, 5)


def test_a_window_that_overlaps_or_repeats_one_before_is_skipped() -> None:
    tokens = np.array([[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 9, 9, 9, 9]])
    chosen = choose([(0, 1), (0, 3), (0, 4), (1, 1), (1, 6)], 9, tokens, 1)
    assert [(each.seq, each.pos) for each in chosen] == [(0, 1), (0, 4), (1, 6)]
    assert count(chosen[0], [(0, 1), (1, 1), (1, 2)], tokens, 1) == 2


def small_feature() -> Feature:
    """Six tokens in a row: activations 0 4 1 0 2 3, all far enough apart for windows of one token."""
    positions = [(0, pos) for pos in range(6)]
    return Feature(np.arange(6)[None], np.array([[0.0, 4, 1, 0, 2, 3]]), positions, positions[::-1])


def test_top_is_by_activation_and_never_filled_up_with_silence() -> None:
    chosen = top(small_feature(), Settings(window=0))
    assert [each.pos for each in chosen.windows] == [1, 5, 4, 2]
    assert chosen.group.population == 4


def test_bottom_is_silence_in_random_order_then_the_smallest_activations() -> None:
    chosen = bottom(small_feature(), Settings(window=0))
    assert [each.pos for each in chosen.windows] == [3, 0, 2, 4, 5, 1]
    assert chosen.group.population == 6


def test_an_interval_is_open_below_and_closed_above() -> None:
    chosen = interval(small_feature(), 1, Settings(window=0, intervals=4))
    assert [each.pos for each in chosen.windows] == [4]


def test_positions_that_do_not_count_carry_no_activation(forward: Forward, saes: dict[str, Sae]) -> None:
    for sae in saes.values():
        assert not activations(sae, forward)[forward.tokens == tiny.BOS_ID].any()
        assert activations(sae, forward)[forward.tokens != tiny.BOS_ID, tiny.ALWAYS].all()
