import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from featviz.errors import FeatureNotFound
from tests.synthetic import TINY, Corpus

KEYS = [
    "sae",
    "feature",
    "firings",
    "density",
    "max",
    "label",
    "neuron_alignment",
    "correlated_neurons",
    "correlated_features",
    "similar_features",
    "activation_histogram",
    "logit_table",
    "logit_histogram",
    "groups",
]


@pytest.fixture
def bundle(site: Path) -> Bundle:
    return Bundle.open(site)


def windows(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [window for group in shown["groups"] for window in group["windows"]]


def tokens(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [token for window in windows(shown) for token in window["tokens"]]


@pytest.mark.parametrize("feature", range(6))
def test_keys_are_those_of_the_format_page(bundle: Bundle, feature: int) -> None:
    assert list(show(bundle, feature)) == KEYS


@pytest.mark.parametrize("feature", range(6))
def test_is_json_without_nan(bundle: Bundle, feature: int) -> None:
    shown = show(bundle, feature)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_shows_the_first_sae_unless_told(bundle: Bundle) -> None:
    assert (show(bundle, 0)["sae"], show(bundle, 0, "B")["sae"]) == ("A", "B")


def test_density_is_the_share_of_positions_that_count(bundle: Bundle) -> None:
    assert show(bundle, 2)["density"] == 1
    assert show(bundle, 1)["density"] == 0


def test_a_dead_feature_has_no_groups(bundle: Bundle) -> None:
    shown = show(bundle, 1)
    assert (shown["firings"], shown["max"], shown["groups"]) == (0, None, [])


def test_statistics_that_do_not_exist_are_null(bundle: Bundle) -> None:
    shown = show(bundle, 3)
    assert shown["neuron_alignment"] is None
    assert shown["correlated_features"] == {
        "A": None,
        "B": {"feature": [0, 1, 2], "pearson": [None] * 3, "cosine": [None] * 3},
    }


def test_a_label_keeps_its_text(bundle: Bundle) -> None:
    assert show(bundle, 4)["label"] == {"text": "closing </script> tags & “quotes”", "score": 0.82, "source": "a test"}


def test_intervals_share_the_range_from_0_to_the_maximum(bundle: Bundle) -> None:
    shown = show(bundle, 0)
    intervals = [group for group in shown["groups"] if group["kind"] == "interval"]
    assert [group["index"] for group in intervals] == [3, 2, 1, 0]
    assert (intervals[-1]["low"], intervals[0]["high"]) == (0, shown["max"])
    assert all(above["low"] == below["high"] for above, below in pairwise(intervals))


def test_windows_hold_the_tokens_of_their_sequence(bundle: Bundle) -> None:
    corpus = Corpus(0, TINY)
    for window in windows(show(bundle, 0)):
        start, ids = window["start"], [token["id"] for token in window["tokens"]]
        assert ids == corpus.tokens[window["sequence"], start : start + len(ids)].tolist()


def test_targets_carry_their_activation(bundle: Bundle) -> None:
    shown = show(bundle, 0)
    for group in shown["groups"]:
        for window in group["windows"]:
            activation = window["tokens"][window["position"] - window["start"]]["activation"]
            assert group["kind"] == "bottom" or group["low"] < activation <= group["high"]


def test_positions_that_do_not_count_have_no_activation(bundle: Bundle) -> None:
    shown = [token for feature in range(6) for token in tokens(show(bundle, feature))]
    uncounted = [token for token in shown if token["activation"] is None]
    assert uncounted
    assert {token["text"] for token in uncounted} == {"<|bos|>"}


def test_tokens_without_effects_say_null(bundle: Bundle) -> None:
    untouched = [token for token in tokens(show(bundle, 0)) if token["loss_effect"] is None]
    assert untouched
    assert all(token["top"] is None and token["bottom"] is None for token in untouched)


def test_effects_are_two_lists_of_changes(bundle: Bundle) -> None:
    affected = [token for token in tokens(show(bundle, 2)) if token["loss_effect"] is not None]
    assert affected
    for token in affected:
        top, bottom = ([entry["change"] for entry in token[half]] for half in ("top", "bottom"))
        assert len(top) == len(bottom) == TINY.effect_tokens
        assert top == sorted(top, reverse=True)
        assert bottom == sorted(bottom)


def test_a_part_of_a_character_shows_its_bytes(bundle: Bundle) -> None:
    spelled = {(token["id"], token["text"], token.get("bytes")) for token in tokens(show(bundle, 2))}
    assert {(4, r"\xe2", "e2"), (5, r"\xe2", None)} <= spelled


def test_values_carry_no_noise_of_the_last_bits(bundle: Bundle) -> None:
    assert all(len(repr(token["activation"])) <= 12 for token in tokens(show(bundle, 0)))


def test_an_unknown_feature_is_refused(bundle: Bundle) -> None:
    with pytest.raises(FeatureNotFound, match="0 … 5"):
        show(bundle, 6)
