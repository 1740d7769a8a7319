"""The fast path against the reference: every field of every record of both tiny SAEs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.bundle.codec.encode import encode_chunk
from featviz.pipeline.inputs import load_inputs
from featviz.records import Record
from tests import agreement, tiny
from tests.comparison import Compared, compare, fast_records, settings_of

SOME = (0, 1, 10, tiny.DEAD, tiny.ALWAYS, tiny.ONCE, tiny.ZERO_DECODER, tiny.MOSTLY)
"""Features that differ enough to try every option on."""


@pytest.fixture(params=["A", "B"])
def compared(request: pytest.FixtureRequest, both_paths: dict[str, Compared]) -> Compared:
    return both_paths[request.param]


def test_every_feature_has_its_record_in_order(compared: Compared) -> None:
    assert [record.feature for record in compared.fast] == list(range(tiny.D_SAE))


def test_firings_maximum_and_activation_histogram(compared: Compared) -> None:
    for fast, slow in compared:
        agreement.same_activations(fast, slow, compared.truth)


@pytest.mark.parametrize("table", ["neuron_alignment", "correlated_neurons", "similar_features"])
def test_tables_of_the_left_column(compared: Compared, table: str) -> None:
    same: dict[str, Callable[[Any, Any], None]] = {
        "neuron_alignment": agreement.same_alignment,
        "correlated_neurons": agreement.same_correlation,
        "similar_features": agreement.same_similarity,
    }
    for fast, slow in compared:
        same[table](getattr(fast, table), getattr(slow, table))


@pytest.mark.parametrize("other", ["A", "B"])
def test_correlated_features(compared: Compared, other: str) -> None:
    for fast, slow in compared:
        agreement.same_correlation(fast.correlated_features[other], slow.correlated_features[other])


def test_logit_table_and_histogram(compared: Compared) -> None:
    for fast, slow in compared:
        agreement.same_logits(fast, slow, compared.truth)


def test_groups_and_windows(compared: Compared) -> None:
    for fast, slow in compared:
        agreement.same_windows(fast, slow)


def test_effects(compared: Compared) -> None:
    for fast, slow in compared:
        agreement.same_effects(fast, slow, compared.truth)


@pytest.mark.parametrize(
    "changed",
    [
        {"window": 2},
        {"window": 0},
        {"window": "full"},
        {"top": 3, "bottom": 60, "intervals": 4, "per_interval": 2},
        {"top": 0, "bottom": 0, "per_interval": 0},
        {"seed": 7},
    ],
    ids=str,
)
def test_windows_under_other_settings(files: tiny.Tiny, changed: dict[str, Any]) -> None:
    for compared in compare(files, settings_of(files, **changed), SOME).values():
        for fast, slow in compared:
            agreement.same_windows(fast, slow)
            agreement.same_effects(fast, slow, compared.truth)


@pytest.mark.parametrize(
    "changed",
    [
        {"batch_size": 5},
        {"count_special": True},
        {"mask_ids": "221,285"},
        {"sink_norm": 1},
        {"processing": "folded"},
        {"histogram_bins": 7, "logit_tokens": 3, "effect_tokens": 2, "neighbours": 3},
    ],
    ids=str,
)
def test_whole_records_under_other_settings(files: tiny.Tiny, changed: dict[str, Any]) -> None:
    for compared in compare(files, settings_of(files, **changed), SOME).values():
        for fast, slow in compared:
            agreement.same_record(fast, slow, compared.truth)


@pytest.mark.parametrize("context", [2, 4])
def test_sequences_shorter_than_a_window(files: tiny.Tiny, tmp_path: Path, context: int) -> None:
    short = tmp_path / "short.npy"
    np.save(short, np.load(files.tokens)[:, :context])
    for compared in compare(files, settings_of(files, tokens=str(short)), SOME).values():
        for fast, slow in compared:
            agreement.same_windows(fast, slow)
            agreement.same_effects(fast, slow, compared.truth)


def test_a_first_batch_in_which_nothing_counts(files: tiny.Tiny, tmp_path: Path) -> None:
    padded, tokens = tmp_path / "padded.npy", np.load(files.tokens)
    np.save(padded, np.concatenate([np.full_like(tokens[:1], tiny.BOS_ID), tokens]))
    settings = settings_of(files, tokens=str(padded), batch_size=1)
    for compared in compare(files, settings, SOME).values():
        for fast, slow in compared:
            agreement.same_record(fast, slow, compared.truth)


def test_more_neighbours_than_there_are_give_all_that_exist(files: tiny.Tiny) -> None:
    record: Any = fast_records(settings_of(files, neighbours=1000))["A"][0]
    neurons, features = {*range(tiny.D_MLP)}, {*range(tiny.D_SAE)}
    assert {*record.neuron_alignment.neuron} == neurons
    assert {*record.correlated_neurons.index} == neurons - {tiny.CONSTANT_NEURON, tiny.SILENT_NEURON}
    assert {*record.correlated_features["A"].index} == features - {0, tiny.DEAD}
    assert {*record.correlated_features["B"].index} == features - {tiny.DEAD}
    assert {*record.similar_features.feature} == features - {0, tiny.ZERO_DECODER}


def test_the_same_build_gives_the_same_bytes(files: tiny.Tiny, both_paths: dict[str, Compared]) -> None:
    vocabulary = load_inputs(settings_of(files)).vocabulary
    again = fast_records(settings_of(files))

    def encoded(records: list[Record]) -> bytes:
        return encode_chunk("A", 0, records, vocabulary)

    for name, compared in both_paths.items():
        assert encoded(again[name]) == encoded(compared.fast)


def test_another_seed_draws_other_samples(files: tiny.Tiny, both_paths: dict[str, Compared]) -> None:
    other = fast_records(settings_of(files, seed=1))["A"][0]
    first = both_paths["A"].fast[0]
    assert not np.array_equal(other.windows.pos, first.windows.pos)
