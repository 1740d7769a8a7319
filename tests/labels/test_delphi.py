"""Explanations as delphi writes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.labels.labels import Labels, Subject, Subjects
from featviz.labels.read import read_labels
from featviz.records import Label

MLP = Subject("A", 12, source="layers.5.mlp")
SUBJECTS = Subjects.of([MLP, Subject("B", 3, source="layers.6.mlp")])


def put(folder: Path, name: str, content: Any, below: str = "explanations") -> None:
    (folder / below).mkdir(parents=True, exist_ok=True)
    (folder / below / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def refusal(folder: Path, subjects: Subjects = SUBJECTS) -> str:
    with pytest.raises(InputError) as refused:
        read_labels(folder, subjects)
    return str(refused.value)


def examples(*told: tuple[bool, bool | None]) -> list[dict[str, Any]]:
    return [{"activating": activating, "prediction": prediction} for activating, prediction in told]


def read(folder: Path, subjects: Subjects = SUBJECTS) -> Labels:
    return read_labels(folder, subjects)


@pytest.mark.parametrize("below", ["", "explanations"])
def test_a_file_is_a_latent(tmp_path: Path, below: str) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"decorators"')
    put(tmp_path, "layers.6.mlp_latent2.txt", '"ends"')
    assert read(tmp_path / below).by_feature == {
        ("A", 7): Label("decorators", None, "delphi"),
        ("B", 2): Label("ends", None, "delphi"),
    }


@pytest.mark.parametrize("below", ["", "explanations"])
def test_the_score_is_the_balanced_accuracy_of_detection(tmp_path: Path, below: str) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"decorators"')
    told = examples((True, True), (True, False), (False, False), (True, None))
    put(tmp_path, "layers.5.mlp_latent7.txt", told, "scores/detection")
    put(tmp_path, "layers.5.mlp_latent7.txt", examples((True, False)), "scores/fuzz")
    assert read(tmp_path / below).by_feature["A", 7] == Label("decorators", 0.75, "delphi, detection")


def test_fuzzing_scores_where_detection_did_not(tmp_path: Path) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"decorators"')
    put(tmp_path, "layers.5.mlp_latent7.txt", [], "scores/detection")
    put(tmp_path, "layers.5.mlp_latent7.txt", examples((False, False)), "scores/fuzz")
    assert read(tmp_path).by_feature["A", 7] == Label("decorators", 1.0, "delphi, fuzz")


def test_one_module_of_another_name_is_of_the_sae_that_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "model.layers.5_latent2.txt", '"ends"')
    assert list(read(tmp_path, Subjects.of(SUBJECTS.by_name.values(), "B")).by_feature) == [("B", 2)]


def test_a_module_of_no_sae_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"decorators"')
    put(tmp_path, "layers.9.mlp_latent7.txt", '"decorators"')
    message = refusal(tmp_path)
    assert "layers.9.mlp is none of this site's SAEs: A (layers.5.mlp), B (layers.6.mlp)" in message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("layers.5.mlp_latent12.txt", '"x"', '"12" is no feature of this SAE'),
        ("layers.5.mlp_latent7.txt", "x", "is not JSON"),
        ("layers.5.mlp_latent7.txt", "[1]", "text is [1], expected a text"),
    ],
)
def test_refuses(tmp_path: Path, name: str, content: str, message: str) -> None:
    put(tmp_path, name, content)
    assert message in refusal(tmp_path)


def test_a_latent_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"x"')
    put(tmp_path, "layers.5.mlp_latent07.txt", '"x"')
    assert "feature 7 of SAE A is there twice" in refusal(tmp_path)


def test_scores_of_another_form_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "layers.5.mlp_latent7.txt", '"x"')
    put(tmp_path, "layers.5.mlp_latent7.txt", {}, "scores/fuzz")
    assert "expected a list of examples" in refusal(tmp_path)
