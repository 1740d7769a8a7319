"""Mistakes that dashboards of this kind have made before: one test each."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from featviz.capture.capture import CaptureSettings, capture
from featviz.capture.firings import FiringPiece, sort_firings
from featviz.capture.moments import NeuronMoments
from featviz.pipeline.inputs import load_inputs
from featviz.records import Group, Record
from featviz.select.groups import Positions, select_groups
from featviz.settings import GroupSettings
from featviz.sources.tokens import Tokens
from featviz.statistics.correlation import neuron_correlations
from featviz.statistics.sums import Sums
from tests import tiny
from tests.agreement import shown
from tests.comparison import Compared, settings_of
from tests.reference import statistics


@pytest.fixture(params=["A", "B"])
def compared(request: pytest.FixtureRequest, both_paths: dict[str, Compared]) -> Compared:
    return both_paths[request.param]


@pytest.fixture
def alive(compared: Compared) -> list[Record]:
    return [record for record in compared.fast if record.firings]


def windows_of(record: Record) -> Iterator[tuple[Group, slice]]:
    """Each group with its run of windows."""
    first = 0
    for group in record.groups:
        yield group, slice(first, first + group.windows)
        first += group.windows


def targets(record: Record, compared: Compared) -> np.ndarray:
    """True activation of every window's target."""
    return np.asarray(compared.truth.dense(record.feature)[record.windows.seq, record.windows.pos])


def test_b_is_encoded_with_its_own_biases(files: tiny.Tiny) -> None:
    inputs = load_inputs(settings_of(files))
    a = inputs.saes["A"]
    b = replace(a, b_enc=a.b_enc + 0.25)
    firings = capture(inputs.model, {"A": a, "B": b}, inputs.tokens, CaptureSettings(4)).firings
    places, values = firings["A"].of(0)
    beside = firings["B"].lookup(np.zeros_like(places), places)
    np.testing.assert_allclose(beside, values + 0.25, rtol=1e-5)


def correlated(neurons: np.ndarray, activation: np.ndarray, batch: int) -> list[tuple[int, float]]:
    """(neuron, Pearson) of one feature, highest first, summed batch by batch."""
    moments, pieces = NeuronMoments.start(neurons[:batch], {"A": 1}), []
    for first in range(0, len(neurons), batch):
        fires = np.flatnonzero(activation[first : first + batch])
        piece = FiringPiece(np.zeros_like(fires), fires, activation[first + fires])
        moments.add(neurons[first : first + batch], {"A": piece})
        pieces.append(replace(piece, place=first + fires))
    [[table]] = neuron_correlations(moments, "A", Sums.of_features(sort_firings(pieces, 1)), len(neurons), 3)
    return [] if table is None else list(zip(table.index.tolist(), table.pearson.tolist(), strict=True))


def test_pearson_of_a_small_deviation_on_a_large_mean_over_many_tokens() -> None:
    random = np.random.default_rng(0)
    activation = random.exponential(size=1 << 21).astype(np.float32) * (random.random(1 << 21) < 0.01)
    noise = random.normal(size=1 << 21)
    neuron = (3000 + 3 * (noise + 0.7 * activation)).astype(np.float32)
    expected = statistics.pearson(activation.astype(float), neuron.astype(float))
    [(_, found)] = correlated(neuron[:, None], activation, 1 << 16)
    assert expected > 0.05
    assert found == pytest.approx(expected, abs=1e-7)


def test_pearson_of_a_nearly_constant_column() -> None:
    activation = np.zeros(1000, np.float32)
    activation[[3, 700]] = 1
    neuron = np.full(1000, 1000, np.float32)
    neuron[700] = np.nextafter(neuron[700], np.float32(np.inf))
    expected = statistics.pearson(activation.astype(float), neuron.astype(float))
    [(_, found)] = correlated(neuron[:, None], activation, 128)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 3000.7])
def test_a_constant_column_is_left_out_and_never_ranks_first(value: float) -> None:
    random = np.random.default_rng(0)
    neurons = np.stack([np.full(1000, value), random.normal(size=1000)], axis=1).astype(np.float32)
    activation = np.maximum(random.normal(size=1000), 0).astype(np.float32)
    assert [neuron for neuron, _ in correlated(neurons, activation, 128)] == [1]


def test_the_first_token_of_a_window_is_affected_by_the_position_before_it(compared: Compared) -> None:
    affected = 0
    for record in compared.fast:
        dense, counts = compared.truth.dense(record.feature), compared.truth.forward.counts
        firsts = np.cumsum(record.windows.length) - record.windows.length
        for flat, seq, start in zip(firsts, record.windows.seq, record.windows.start, strict=True):
            expected = start > 0 and counts[seq, start] and dense[seq, start - 1] > 0
            assert (flat in record.windows.effects.at) == expected
            affected += expected
    assert affected > 100


def test_the_first_position_of_a_sequence_is_never_affected(alive: list[Record]) -> None:
    for record in alive:
        positions = np.array([pos for _, pos in shown(record)])
        assert positions[record.windows.effects.at].min(initial=1) > 0


def test_tokens_that_do_not_count_carry_nothing(alive: list[Record]) -> None:
    for record in alive:
        windows = record.windows
        assert (windows.tokens[windows.uncounted] == tiny.BOS_ID).all()
        assert not np.isin(windows.uncounted, windows.activation_at).any()
        assert not np.isin(windows.uncounted, windows.effects.at).any()


def test_the_token_after_one_that_does_not_count_is_not_affected(alive: list[Record], compared: Compared) -> None:
    counts = compared.truth.forward.counts
    for record in alive:
        places = shown(record)
        assert all(counts[seq, pos - 1] for seq, pos in (places[flat] for flat in record.windows.effects.at))


def test_no_two_windows_of_a_group_overlap(alive: list[Record]) -> None:
    for record in alive:
        places = np.array(shown(record)) @ [tiny.CONTEXT, 1]
        ends = np.concatenate([[0], np.cumsum(record.windows.length)])
        for _, run in windows_of(record):
            inside = places[ends[run.start] : ends[run.stop]]
            assert len(np.unique(inside)) == len(inside)


def test_no_two_windows_of_a_group_read_the_same(alive: list[Record]) -> None:
    for record in alive:
        windows = record.windows
        tokens = np.split(windows.tokens, np.cumsum(windows.length)[:-1])
        texts = [(tuple(text), pos) for text, pos in zip(tokens, windows.pos - windows.start, strict=True)]
        for _, run in windows_of(record):
            assert len(set(texts[run])) == len(texts[run])


def test_both_ends_of_a_sequence_can_be_shown(alive: list[Record]) -> None:
    shown_positions = {int(pos) for record in alive for pos in record.windows.pos[: record.groups[0].windows]}
    assert shown_positions == set(range(1, tiny.CONTEXT))


def test_the_highest_interval_holds_the_maximum_wherever_it_stands(alive: list[Record]) -> None:
    for record in alive:
        highest = record.groups[1]
        assert highest.index == 9
        assert (highest.population or 0) >= highest.windows >= 1


def test_every_firing_is_in_one_interval(alive: list[Record]) -> None:
    for record in alive:
        populations = [group.population or 0 for group in record.groups if group.kind == "interval"]
        assert sum(populations) == record.firings


def test_an_activation_on_a_bound_is_in_the_interval_below_it() -> None:
    ids = np.arange(8).reshape(1, 8)
    positions = Positions(Tokens("bounds", ids, ids > 0), GroupSettings(reach=0, intervals=4))
    values = np.array([0.5, 1.0, 2.0, 3.0, 4.0], np.float32)
    groups = select_groups(0, np.array([1, 2, 4, 5, 7]), values, positions).groups
    assert [(group.index, group.population) for group in groups[1:-1]] == [(3, 1), (2, 1), (1, 1), (0, 2)]


def test_only_firings_are_shown_outside_the_bottom_group(alive: list[Record], compared: Compared) -> None:
    for record in alive:
        values = targets(record, compared)
        for group, run in windows_of(record):
            assert group.kind == "bottom" or values[run].all()


def test_a_dead_feature_shows_no_windows_and_no_range(compared: Compared) -> None:
    dead = compared.fast[tiny.DEAD]
    assert (dead.firings, dead.max, dead.activation_histogram) == (0, None, None)
    assert (dead.groups, len(dead.windows.seq), len(dead.windows.tokens)) == ([], 0, 0)


def test_a_dead_feature_correlates_with_nothing(compared: Compared) -> None:
    dead = compared.fast[tiny.DEAD]
    assert (dead.correlated_neurons, dead.correlated_features) == (None, {"A": None, "B": None})


def test_equal_values_do_not_widen_the_histogram(compared: Compared) -> None:
    once = compared.fast[tiny.ONCE]
    histogram = once.activation_histogram
    assert histogram is not None
    assert (histogram.low, histogram.high, histogram.counts.tolist()) == (once.max, once.max, [1] + [0] * 39)
