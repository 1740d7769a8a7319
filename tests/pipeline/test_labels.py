"""Labels: the forms that are read, and everything that is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.pipeline.labels import Labels, read_labels
from featviz.records import Label
from tests.synthetic import synthetic_records

WIDTHS = {"A": 12, "B": 3}


def read(folder: Path, content: Any) -> Labels:
    path = folder / "labels.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_labels(str(path), WIDTHS)


def refusal(folder: Path, content: Any) -> str:
    with pytest.raises(InputError) as refused:
        read(folder, content)
    message = str(refused.value)
    assert str(folder / "labels.json") in message
    assert len(message) < 300
    return message


def test_no_path_is_no_labels() -> None:
    assert read_labels("", WIDTHS).by_feature == {}


def test_a_label_is_a_text_or_an_object(tmp_path: Path) -> None:
    labels = read(tmp_path, {"A": {"7": "decorators", "11": {"text": "<b>", "score": 1, "source": "me"}}, "B": {}})
    assert labels.by_feature == {("A", 7): Label("decorators"), ("A", 11): Label("<b>", 1.0, "me")}


def test_what_is_null_is_not_there(tmp_path: Path) -> None:
    labels = read(tmp_path, {"B": {"2": {"text": "", "score": None, "source": None}}})
    assert labels.by_feature == {("B", 2): Label("")}


def test_labels_are_put_on_the_features_they_name() -> None:
    labels = Labels({("A", 1): Label("one")})
    records = [labels.put_on("A", record) for record in synthetic_records(2)]
    assert [record.label for record in records] == [None, Label("one")]
    assert labels.put_on("B", records[0]).label is None


@pytest.mark.parametrize("feature", ["12", "-1", "07", "1.0", "x", "", "٣", "9" * 5000])
def test_a_feature_that_the_sae_does_not_have_is_refused(tmp_path: Path, feature: str) -> None:
    assert "is no feature of this SAE. Expected a number from 0 to 11" in refusal(tmp_path, {"A": {feature: "x"}})


def test_an_sae_that_the_site_does_not_have_is_refused(tmp_path: Path) -> None:
    assert 'labels SAE "a", but this site has A, B' in refusal(tmp_path, {"a": {"1": "x"}})


@pytest.mark.parametrize("content", ['{"A": {"1": "x", "1": "y"}}', '{"A": {}, "A": {"1": "y"}}'])
def test_what_is_there_twice_is_refused(tmp_path: Path, content: str) -> None:
    assert "is there twice" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"[" * 100_000], ids=["empty", "cut", "binary", "deep"])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "are not JSON" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [[], "text", {"A": []}, {"A": "x"}, None])
def test_what_is_no_object_is_refused(tmp_path: Path, content: Any) -> None:
    assert "expected {" in refusal(tmp_path, json.dumps(content))


@pytest.mark.parametrize("label", [7, None, [], {}, {"label": "x"}])
def test_a_label_without_text_is_refused(tmp_path: Path, label: Any) -> None:
    assert "A / 1: expected a text, or an object" in refusal(tmp_path, {"A": {"1": label}})


@pytest.mark.parametrize("label", ['"\\ud800"', '{"text": 7}', '{"text": "\\udfff"}'])
def test_a_text_that_cannot_be_written_is_refused(tmp_path: Path, label: str) -> None:
    assert "A / 1: text is" in refusal(tmp_path, f'{{"A": {{"1": {label}}}}}')


@pytest.mark.parametrize("score", ["NaN", "-Infinity", "1" + "0" * 400, '"1"', "true", "[]"])
def test_a_score_that_is_no_number_is_refused(tmp_path: Path, score: str) -> None:
    message = refusal(tmp_path, f'{{"A": {{"1": {{"text": "x", "score": {score}}}}}}}')
    assert "A / 1: score is" in message


def test_a_source_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "A / 1: source is 7" in refusal(tmp_path, {"A": {"1": {"text": "x", "source": 7}}})


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"A": {"1": {"text": "x", "scor": 0.5}}})
    assert 'unknown key "scor". Did you mean score?' in message


@pytest.mark.parametrize(("name", "expected"), [("nothing.json", "do not exist"), (".", "cannot be read")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read_labels(str(tmp_path / name), WIDTHS)
