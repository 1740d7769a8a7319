"""What is collected of some features and merged is what is collected of all at once."""

from featviz.bundle.parts.collect import Parts
from featviz.records import Record
from featviz.records.picks import Picks
from tests.synthetic import synthetic_records, synthetic_vocabulary

RECORDS, VOCABULARY, SAES = synthetic_records(24), synthetic_vocabulary(), ("A", "B")
LABELS = {record.feature: record.label.text for record in RECORDS if record.label}


def seen(records: list[Record]) -> Parts:
    parts = Parts("A", SAES)
    parts.see(records, VOCABULARY)
    return parts


def merged(bounds: tuple[range, ...]) -> Parts:
    parts = Parts("A", SAES)
    for part in bounds:
        parts.add(seen([RECORDS[feature] for feature in part]).arrays())
    parts.see_labels(LABELS)
    return parts


def test_overview_and_search_index_are_those_of_all_records() -> None:
    whole, parts = seen(RECORDS), merged((range(7), range(7, 8), range(8, 24)))
    assert parts.overview(24).encode() == whole.overview(24).encode()
    for found, expected in zip(parts.postings(), whole.postings(), strict=True):
        assert found.entries == expected.entries
        assert found.packed.tolist() == expected.packed.tolist()


def test_labels_are_not_among_what_is_merged() -> None:
    assert LABELS
    parts = Parts("A", SAES)
    parts.add(seen(RECORDS).arrays())
    assert parts.overview(24).labels == {}
    assert parts.postings()[1].entries == []


def test_picks_are_those_of_all_records() -> None:
    whole, picks = Picks(), Picks()
    whole.see(RECORDS)
    for part in (RECORDS[12:], RECORDS[:12]):
        some = Picks()
        some.see(part)
        picks.add(some.arrays())
    assert picks.best() == whole.best() != []
