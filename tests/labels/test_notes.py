"""Notes exported from a site, as labels; ``tests/js/notes.test.mjs`` has the writing side."""

from pathlib import Path
from typing import Any

import pytest

from featviz.records import Label
from tests.labels.test_by_sae import read, refusal


def exported(notes: Any, version: Any = 1) -> dict[str, Any]:
    return {"format": "featviz-notes", "version": version, "notes": notes}


def test_the_text_of_a_note_becomes_a_label(tmp_path: Path) -> None:
    notes = {"A": {"7": {"star": True, "text": " decorators\n"}, "11": {"text": "ends"}}, "B": {}}
    assert read(tmp_path, exported(notes)).by_feature == {
        ("A", 7): Label("decorators", None, "notes"),
        ("A", 11): Label("ends", None, "notes"),
    }


@pytest.mark.parametrize("note", [{"star": True}, {"star": True, "text": ""}, {"star": False, "text": " \n"}])
def test_a_star_alone_is_no_label(tmp_path: Path, note: dict[str, Any]) -> None:
    assert read(tmp_path, exported({"A": {"7": note}})).by_feature == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (exported({"A": {"12": {"star": True}}}), '"12" is no feature of this SAE. Expected a number from 0 to 11'),
        (exported({"C": {"1": {"text": "x"}}}), 'labels SAE "C", but this site has A, B'),
        (exported({"A": {"1": "x"}}), 'A / 1: expected a note such as {"star": true'),
        (exported({"A": {"1": {"text": 3}}}), "A / 1: expected a note"),
        (exported({"A": []}), 'expected "notes": {"A"'),
        (exported([]), 'expected "notes": {"A"'),
        (exported({}, 2), "notes of version 2; this featviz reads version 1"),
        (exported({}, True), "notes of version True"),
    ],
)
def test_refuses(tmp_path: Path, content: Any, message: str) -> None:
    assert message in refusal(tmp_path, content)
