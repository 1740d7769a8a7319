"""Explanations as Neuronpedia exports them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.labels.labels import Labels, Subject, Subjects
from featviz.labels.read import read_labels
from featviz.records import Label

SUBJECT = Subject("A", 12, hook="blocks.6.hook_resid_pre", model="gpt2")
OTHER = Subject("B", 12, hook="blocks.8.hook_resid_pre", model="gpt2")
ONE, TWO = Subjects.of([SUBJECT]), Subjects.of([SUBJECT, OTHER])


def line(index: Any = "7", description: Any = " time phrases", **more: Any) -> dict[str, Any]:
    return {
        "modelId": "gpt2-small",
        "layer": "6-res-jb",
        "index": index,
        "description": description,
        "typeName": "oai_token-act-pair",
        "explanationModelName": "gpt-4o-mini",
        "embedding": "[0.0,1.0]",
        **more,
    }


def read(folder: Path, *lines: Any, subjects: Subjects = ONE, any_source: bool = False) -> Labels:
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    path = folder / "explanations.jsonl"
    path.write_text(text, encoding="utf-8")
    return read_labels(path, subjects, any_source)


def refusal(folder: Path, *lines: Any, subjects: Subjects = ONE) -> str:
    with pytest.raises(InputError) as refused:
        read(folder, *lines, subjects=subjects)
    return str(refused.value)


def scored(value: float, kind: str = "eleuther_fuzz") -> dict[str, Any]:
    return {"scores": [{"value": value, "explanationScoreTypeName": kind, "jsonDetails": "…"}]}


def test_a_line_is_an_explanation(tmp_path: Path) -> None:
    labels = read(tmp_path, line(), "", line(index=3, description="x", explanationModelName=None, typeName=None))
    assert labels.by_feature == {
        ("A", 7): Label("time phrases", None, "gpt-4o-mini, oai_token-act-pair"),
        ("A", 3): Label("x", None, "Neuronpedia"),
    }


def test_of_several_explanations_the_best_is_taken_and_else_the_first(tmp_path: Path) -> None:
    lines = [line(description="first"), line(description="low", **scored(0.2)), line(description="best", **scored(0.9))]
    best = Label("best", 0.9, "gpt-4o-mini, oai_token-act-pair, scored by eleuther_fuzz")
    assert read(tmp_path, *lines, line(description="last")).by_feature == {("A", 7): best}
    assert read(tmp_path, line(description="first"), line(description="last")).by_feature["A", 7].text == "first"


def test_an_empty_description_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, line(description=" "), line(description="second")).by_feature["A", 7].text == "second"


def test_a_folder_of_batches_is_read_compressed_or_not(tmp_path: Path) -> None:
    (tmp_path / "batch-0.jsonl.gz").write_bytes(gzip.compress(json.dumps(line(index="0")).encode()))
    (tmp_path / "batch-1.jsonl").write_text(json.dumps(line(index="1")), encoding="utf-8")
    assert list(read_labels(tmp_path, ONE).by_feature) == [("A", 0), ("A", 1)]


def test_what_the_api_answers_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(json.dumps([line(index="2"), line(index="4")]), encoding="utf-8")
    assert list(read_labels(tmp_path / "answer.json", ONE).by_feature) == [("A", 2), ("A", 4)]


def test_explanations_stand_in_their_feature_in_exports_of_scores(tmp_path: Path) -> None:
    feature = {"index": "5", "modelId": "gpt2-small", "layer": "6-res-jb"}
    inner = {"description": "months", "explanationModelName": "claude", **scored(0.75)}
    labels = read(tmp_path, feature | {"explanations": [inner]})
    assert labels.by_feature == {("A", 5): Label("months", 0.75, "claude, scored by eleuther_fuzz")}


def test_the_layer_tells_which_sae_is_meant(tmp_path: Path) -> None:
    labels = read(tmp_path, line(), line(layer="8-res-jb"), subjects=TWO)
    assert list(labels.by_feature) == [("A", 7), ("B", 7)]


@pytest.mark.parametrize("model", ["gpt2", "openai/GPT-2", "gpt2-small", ""])
def test_names_that_may_be_of_the_same_model_are_taken(tmp_path: Path, model: str) -> None:
    assert read(tmp_path, line(modelId=model)).by_feature


def test_other_names_are_taken_when_told_so(tmp_path: Path) -> None:
    assert read(tmp_path, line(modelId="gemma-2-2b", layer="20-x"), any_source=True).by_feature


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(), "{"], "line 2 is not JSON"),
        ([line(), 3], 'line 2: expected an object with "index" and "description"'),
        ([{"index": "1"}], 'line 1: expected an object with "index" and "description"'),
        ([line(index="12")], 'line 1: "12" is no feature of this SAE. Expected a number from 0 to 11'),
        ([line(index="../1")], '"../1" is no feature of this SAE'),
        ([line(index=None)], '"None" is no feature of this SAE'),
        ([line(index=True)], '"True" is no feature of this SAE'),
        ([line(description=3)], "line 1: text is 3, expected a text"),
        ([line(scores=[{"value": 1e999}])], "line 1 is not JSON"),
        ([line(modelId="gemma-2-2b")], "explanations of the model gemma-2-2b, but this site is of gpt2"),
        ([line(layer="9-res-jb")], "explanations of gpt2-small / 9-res-jb, layer 9, but SAE A reads blocks.6."),
        ([line(), line(layer="6-res-other")], "of gpt2-small / 6-res-jb and of gpt2-small / 6-res-other"),
    ],
)
def test_refuses(tmp_path: Path, lines: list[Any], message: str) -> None:
    assert message in refusal(tmp_path, *lines)


def test_a_layer_of_no_sae_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, line(layer="9-res-jb"), subjects=TWO)
    assert "does not say of which SAE its features are, and this site has A, B" in message


@pytest.mark.parametrize("data", [gzip.compress(b"{}" * 100)[:-10], b"no gzip at all"], ids=["cut", "other"])
def test_a_half_download_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "batch-0.jsonl.gz").write_bytes(data)
    with pytest.raises(InputError, match="are not whole gzip"):
        read_labels(tmp_path / "batch-0.jsonl.gz", ONE)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "batch-0.jsonl.gz").write_bytes(gzip.compress(b" " * (17 << 20)))
    with pytest.raises(InputError, match="have a line of more than"):
        read_labels(tmp_path / "batch-0.jsonl.gz", ONE)


def test_a_small_file_that_holds_gigabytes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featviz.labels.read.WHOLE", 1 << 20)
    (tmp_path / "labels.json.gz").write_bytes(gzip.compress(b" " * (3 << 20)))
    with pytest.raises(InputError, match=r"hold more than 1,048,576 bytes\. Give them as \.jsonl"):
        read_labels(tmp_path / "labels.json.gz", ONE)
