"""Finished pieces: what they are made of again, and what makes others of them."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.reader import Bundle
from featviz.errors import FeatvizError
from featviz.pipeline import build as module
from featviz.pipeline.block import Block
from featviz.pipeline.build import build
from featviz.pipeline.finished import LEAVE_RECORDS, records_key
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.records import Label
from featviz.settings import Settings
from tests.pipeline.resumable import data, settings
from tests.tiny import Tiny


def nothing_left(self: Block, *what: Any) -> None:
    raise FeatvizError("a block of features is computed")


@pytest.fixture(autouse=True)
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "build_site", lambda *args: [])


@pytest.fixture
def built(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a build that was made: from now on no block of features can be computed."""
    given = settings(files, tmp_path / "build")
    build(given)
    monkeypatch.setattr(Block, "of", nothing_left)
    return given


@pytest.fixture(scope="module")
def inputs(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return load_inputs(settings(files, tmp_path_factory.mktemp("inputs")))


def labels(folder: Path, content: str) -> str:
    (folder / "labels.json").write_text(content, encoding="utf-8")
    return str(folder / "labels.json")


def test_labels_and_a_title_come_in_without_computing(built: Settings, tmp_path: Path) -> None:
    given = labels(tmp_path, '{"A": {"3": {"text": "three", "score": 0.25}, "4": ""}}')
    manifest = build(replace(built, title="Another", labels=given))
    bundle = Bundle.open(tmp_path / "build")
    found = [bundle.record("A", feature).label for feature in (3, 4)]
    assert (manifest.title, found) == ("Another", [Label("three", 0.25), None])


def test_labels_leave_the_site_when_they_are_not_given_any_longer(
    built: Settings, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    labelled = build(replace(built, labels=labels(tmp_path, '{"B": {"7": "seven"}}')))
    assert f"data/{labelled.release}/digests.json" not in whole
    assert f"data/{build(built).release}/digests.json" in whole


@pytest.mark.parametrize("changed", [{"histogram_bins": 7}, {"top": 3}, {"seed": 1}, {"chunk_size": 6}])
def test_settings_of_records_make_other_pieces(built: Settings, changed: dict[str, Any]) -> None:
    with pytest.raises(FeatvizError, match="a block of features is computed"):
        build(replace(built, **changed))


def other(value: Any) -> Any:
    return (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_a_setting_counts_unless_records_leave_it(inputs: Inputs, name: str) -> None:
    plain = Settings()
    changed = replace(plain, **{name: other(getattr(plain, name))})
    assert (records_key(inputs, changed) == records_key(inputs, plain)) == (name in LEAVE_RECORDS)


def test_the_order_of_saes_and_the_look_of_tokens_count(inputs: Inputs) -> None:
    vocabulary = replace(inputs.vocabulary, text=[*inputs.vocabulary.text[:-1], "another"])
    others = [
        replace(inputs, saes=dict(reversed(list(inputs.saes.items())))),
        replace(inputs, vocabulary=vocabulary),
        replace(inputs, vocabulary=replace(inputs.vocabulary, special=frozenset({7}))),
    ]
    assert len({records_key(each, Settings()) for each in [inputs, *others]}) == 4


def test_a_damaged_piece_is_made_again(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    given = settings(files, tmp_path / "build")
    build(given)
    (piece,) = (tmp_path / "build.work").rglob("records/*/A/*.npz")
    piece.write_bytes(piece.read_bytes()[:-5] + b"wrong")
    build(given)
    assert data(tmp_path / "build") == whole
    assert "is damaged: what it held is computed again." in capsys.readouterr().err.replace("\n", "")


def test_pieces_of_other_records_are_not_kept(files: Tiny, tmp_path: Path) -> None:
    for seed in (1, 2):
        build(settings(files, tmp_path / "build", seed=seed))
    assert len(list((tmp_path / "build.work").glob("*/records/*"))) == 1


def test_work_of_other_inputs_is_told_before_anything_is_computed(
    files: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(settings(files, tmp_path / "build"))
    capsys.readouterr()
    build(settings(files, tmp_path / "build", mask_ids="9"))
    said = capsys.readouterr().err.replace("\n", " ")
    assert "build.work holds finished work, but of another model, SAE, text" in said.split("capture:")[0]
