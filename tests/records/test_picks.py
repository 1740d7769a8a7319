"""Features for a first look."""

from dataclasses import replace

import numpy as np
import pytest

from featviz.records import Group, LogitTable, Record, TokenLogits
from featviz.records.picks import FEWEST_FIRINGS, WANTED, Picks
from tests.synthetic import synthetic_records


@pytest.fixture(scope="module")
def plain() -> Record:
    return synthetic_records(1)[0]


def pick(records: list[Record]) -> list[int]:
    picks = Picks()
    picks.see(records)
    return picks.best()


def record(plain: Record, feature: int, targets: list[int], logit: float = 1.0, firings: int = 100) -> Record:
    """A feature with one top window, of one token, for each target."""
    ones, zeros = np.ones(len(targets), int), np.zeros(len(targets), int)
    windows = replace(plain.windows, pos=zeros, start=zeros, length=ones, tokens=np.array(targets))
    logits = TokenLogits(np.array([0]), np.array([logit]))
    return replace(
        plain,
        feature=feature,
        firings=firings,
        groups=[Group("top", len(targets), firings)] if targets else [],
        windows=windows,
        logit_table=LogitTable(logits, logits),
    )


def test_the_clearest_feature_of_each_token_comes_first(plain: Record) -> None:
    features = [record(plain, 0, [7, 7, 8, 9]), record(plain, 1, [7, 7, 7, 9]), record(plain, 2, [5, 5, 5, 5])]
    assert pick(features) == [2, 1]


def test_what_it_promotes_weighs_too(plain: Record) -> None:
    assert pick([record(plain, 0, [7, 8], logit=9.0), record(plain, 1, [5, 5])]) == [0, 1]


def test_among_equals_the_first_feature_is_taken(plain: Record) -> None:
    assert pick([record(plain, 3, [7]), record(plain, 4, [7])]) == [3]


def test_rare_features_are_left_out(plain: Record) -> None:
    features = [record(plain, 0, [7], firings=FEWEST_FIRINGS - 1), record(plain, 1, [8], firings=FEWEST_FIRINGS)]
    assert pick(features) == [1]


def test_features_that_show_no_top_windows_are_left_out(plain: Record) -> None:
    assert pick([record(plain, 0, [])]) == []
    assert pick([replace(record(plain, 0, [7]), groups=[Group("top", 0, 100)])]) == []


def test_there_are_never_too_many(plain: Record) -> None:
    assert len(pick([record(plain, feature, [feature]) for feature in range(50)])) == WANTED
