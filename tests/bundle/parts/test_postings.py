from dataclasses import replace

import numpy as np
import pytest

from featviz.bundle.parts.postings import TOKENS, Collector, Postings, RecordPostings
from featviz.bundle.parts.spelling import Spelling
from featviz.records import Group, Label, Record, TokenLogits, Vocabulary

Found = set[tuple[str, str, int, int]]


def plain(postings: Postings) -> Found:
    """Text, facet, class and feature of each."""
    columns = (postings.entry, postings.facet, postings.strength, postings.feature)
    return {
        (postings.entries[entry].text, postings.kind.facets[facet], strength, feature)
        for entry, facet, strength, feature in zip(*(column.tolist() for column in columns), strict=True)
    }


def found_by(record: Record, vocabulary: Vocabulary) -> tuple[Found, Found]:
    seen = RecordPostings()
    seen.see([record], vocabulary)
    tokens, words = seen.postings()
    return plain(tokens), plain(words)


def firing_on(record: Record, targets: list[int]) -> Record:
    """The record with top windows of one token each."""
    n = len(targets)
    ones, zeros, none = np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64), np.empty(0, dtype=np.int64)
    windows = replace(
        record.windows,
        seq=zeros,
        pos=zeros,
        start=zeros,
        length=ones,
        count=ones,
        tokens=np.array(targets),
        activation_at=none,
        activation=np.empty(0),
        uncounted=none,
    )
    return replace(record, groups=[Group("top", n, n)], windows=windows)


@pytest.fixture
def letters() -> Vocabulary:
    return Vocabulary([*"abcdefghijkl", "a", *"~" * 60])


def fires_on(record: Record, vocabulary: Vocabulary) -> dict[str, int]:
    """Strength classes by token."""
    return {text: strength for text, facet, strength, _ in found_by(record, vocabulary)[0] if facet == "fires_on"}


def test_classes_of_targets_are_by_their_share(records: list[Record], letters: Vocabulary) -> None:
    record = firing_on(records[0], [0, 1, 1, 2, 0, 0, 0, 0, 3, 3, 3, 1])
    assert fires_on(record, letters) == {"a": 1, "b": 1, "c": 2, "d": 1}
    assert fires_on(firing_on(records[0], [0, 1]), letters) == {"a": 0, "b": 0}


def test_at_most_eight_targets_the_commonest_and_then_the_first(records: list[Record], letters: Vocabulary) -> None:
    record = firing_on(records[0], [9, 8, 7, 6, 5, 4, 3, 2, 1, 2])
    assert set(fires_on(record, letters)) == set("jihgfedc")


def test_targets_that_look_the_same_count_as_one(records: list[Record], letters: Vocabulary) -> None:
    assert fires_on(firing_on(records[0], [0, 12, 1, 2]), letters) == {"a": 0, "b": 1, "c": 1}


def test_classes_of_moved_tokens_are_by_rank(records: list[Record], letters: Vocabulary) -> None:
    table = records[0].logit_table
    assert table
    five = TokenLogits(np.array([4, 3, 2, 1, 0]), np.arange(5.0))
    none = TokenLogits(np.empty(0, dtype=np.int64), np.empty(0))
    record = replace(firing_on(records[0], [11]), logit_table=replace(table, positive=five, negative=none))
    found = {each for each in found_by(record, letters)[0] if each[1] != "fires_on"}
    assert found == {(text, "promotes", strength, 0) for text, strength in zip("edcba", (0, 1, 1, 2, 2), strict=True)}


def test_a_dead_feature_promotes_nothing(records: list[Record], vocabulary: Vocabulary) -> None:
    assert found_by(records[1], vocabulary) == (set(), set())


@pytest.mark.parametrize(
    ("label", "strength"), [("one two, one! three", 0), ("one two three four", 1), ("a b c d e f g h i one", 2)]
)
def test_classes_of_words_are_by_the_length_of_the_label(
    records: list[Record], vocabulary: Vocabulary, label: str, strength: int
) -> None:
    words = found_by(replace(records[1], label=Label(label)), vocabulary)[1]
    assert ("one", "label", strength, 1) in words
    assert {each[2] for each in words} == {strength}


def test_of_two_postings_the_stronger_one_stays() -> None:
    collector = Collector(TOKENS)
    collector.add("promotes", [2, 1], [Spelling("a"), Spelling("a")], 7)
    assert plain(collector.postings()) == {("a", "promotes", 1, 7)}
