"""Labels: the forms that are read, and everything that is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.labels.labels import LONGEST, Labels, Subject, Subjects
from featviz.labels.read import read_labels
from featviz.records import Label

SUBJECTS = Subjects.of([Subject("A", 12), Subject("B", 3)])


def read(folder: Path, content: Any) -> Labels:
    path = folder / "labels.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_labels(str(path), SUBJECTS)


def refusal(folder: Path, content: Any) -> str:
    with pytest.raises(InputError) as refused:
        read(folder, content)
    message = str(refused.value)
    assert str(folder / "labels.json") in message
    assert len(message) < 300
    return message


def test_no_path_is_no_labels() -> None:
    assert read_labels("", SUBJECTS).by_feature == {}


def test_a_label_is_a_text_or_an_object(tmp_path: Path) -> None:
    labels = read(tmp_path, {"A": {"7": "decorators", "11": {"text": "<b>", "score": 1, "source": "me"}}, "B": {}})
    assert labels.by_feature == {("A", 7): Label("decorators"), ("A", 11): Label("<b>", 1.0, "me")}


def test_what_is_null_is_not_there(tmp_path: Path) -> None:
    labels = read(tmp_path, {"B": {"2": {"text": "", "score": None, "source": None}}})
    assert labels.by_feature == {("B", 2): Label("")}


def test_an_sae_has_the_labels_that_name_it() -> None:
    labels = Labels({("A", 1): Label("one"), ("B", 1): Label("two")})
    assert (labels.of("A"), labels.of("C")) == ({1: Label("one")}, {})


def test_the_features_alone_are_those_of_the_only_sae(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"7": "decorators"}', encoding="utf-8")
    only = Subjects.of([Subject("mine", 12)])
    assert read_labels(tmp_path / "labels.json", only).by_feature == {("mine", 7): Label("decorators")}


def test_the_features_alone_are_those_of_the_sae_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"2": "ends"}', encoding="utf-8")
    asked = Subjects.of(SUBJECTS.by_name.values(), "B")
    assert read_labels(tmp_path / "labels.json", asked).by_feature == {("B", 2): Label("ends")}


def test_the_features_alone_are_refused_where_they_could_be_of_several_saes(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"7": "decorators"})
    assert "does not say of which SAE its features are, and this site has A, B" in message
    assert "featviz labels --sae" in message


def test_an_unknown_sae_that_is_asked_for_is_refused() -> None:
    with pytest.raises(InputError, match=r'--sae labels SAE "a", but this site has A'):
        Subjects.of([Subject("A", 12)], "a")


def test_a_label_has_a_longest_length(tmp_path: Path) -> None:
    assert "has 10,001 characters, expected at most 10,000" in refusal(tmp_path, {"A": {"1": "x" * (LONGEST + 1)}})


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "are not UTF-8 text (invalid start byte at byte 0)" in refusal(tmp_path, b"\xff\x00")


@pytest.mark.parametrize("feature", ["12", "-1", "07", "1.0", "x", "", "٣", "9" * 5000])
def test_a_feature_that_the_sae_does_not_have_is_refused(tmp_path: Path, feature: str) -> None:
    assert "is no feature of this SAE. Expected a number from 0 to 11" in refusal(tmp_path, {"A": {feature: "x"}})


def test_an_sae_that_the_site_does_not_have_is_refused(tmp_path: Path) -> None:
    assert 'labels SAE "a", but this site has A, B' in refusal(tmp_path, {"a": {"1": "x"}})


@pytest.mark.parametrize("content", ['{"A": {"1": "x", "1": "y"}}', '{"A": {}, "A": {"1": "y"}}'])
def test_what_is_there_twice_is_refused(tmp_path: Path, content: str) -> None:
    assert "is there twice" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000], ids=["empty", "cut", "deep"])
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


@pytest.mark.parametrize(("name", "expected"), [("nothing.json", "do not exist"), (".", "is a folder without")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read_labels(str(tmp_path / name), SUBJECTS)
