"""Dashboards of some features only."""

import json
from pathlib import Path

import numpy as np
import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.parts.overview import Column, decode_overview
from featviz.bundle.reader import Bundle
from featviz.errors import FeatureNotFound, InputError
from featviz.pipeline import build as module
from featviz.pipeline.build import build
from featviz.pipeline.subset import chosen_features, runs
from featviz.settings import Settings, make_settings
from featviz.site.export import export
from tests.comparison import close, settings_of
from tests.tiny import D_SAE, Tiny

SIZES = {"A": 100, "B": 50}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", range(100)), ("7", [7]), ("0-3", [0, 1, 2, 3]), ("9,2-4,3", [2, 3, 4, 9]), ("0-49,50-99", range(100))],
)
def test_numbers_and_ranges(text: str, expected: list[int]) -> None:
    assert chosen_features(Settings(features=text), SIZES)["A"] == expected


@pytest.mark.parametrize(("text", "of_b"), [("", 50), ("0-99", 0), ("3", 0)])
def test_b_has_dashboards_only_where_nothing_is_chosen(text: str, of_b: int) -> None:
    assert len(chosen_features(Settings(features=text), SIZES)["B"]) == of_b


@pytest.mark.parametrize("text", ["100", "0-100", "5-4", "99999999999999-999999999999999"])
def test_a_feature_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=rf"features names {text}, but the features of SAE A are 0 … 99\."):
        chosen_features(Settings(features=text), SIZES)


@pytest.mark.parametrize("text", ["a", "1,", "-3", "1 2", "1-2-3", "٣"])
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected numbers and ranges with commas between, such as 0-31,99"):
        make_settings({"features": text})


def test_runs_are_consecutive_and_of_bounded_size() -> None:
    assert list(runs([1, 2, 3, 4, 8, 11, 12], 3)) == [range(1, 4), range(4, 5), range(8, 9), range(11, 13)]
    assert list(runs(range(5), 3)) == [range(3), range(3, 5)]
    assert list(runs(range(0), 3)) == []


@pytest.fixture(scope="module")
def some(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("some") / "out"
    build(settings_of(files, out=str(out), features="3-4,9"))
    return out


@pytest.fixture(scope="module")
def every(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("every") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "build_site", lambda *args: [])
        build(settings_of(files, out=str(out), features=f"0-{D_SAE - 1}"))
    return out


def test_a_site_of_some_features_is_whole(some: Path) -> None:
    assert check(some).problems == []


def test_the_manifest_says_which_there_are(some: Path) -> None:
    of_a, of_b = json.loads((some / "manifest.json").read_text(encoding="utf-8"))["saes"]
    assert (of_a["features"], of_b["features"], of_a["d_sae"]) == ([3, 4, 9], [], D_SAE)


def test_the_overview_holds_those_features_alone(some: Path) -> None:
    [overview] = some.glob("data/*/A/overview.zst")
    codes = decode_overview(overview.read_bytes(), "A", D_SAE).columns[Column("promotes")]
    assert np.flatnonzero(codes).tolist() == [3, 4, 9]


@pytest.mark.parametrize("feature", [3, 4, 9])
def test_their_records_are_those_of_the_whole_site(some: Path, every: Path, feature: int) -> None:
    found, expected = (Bundle.open(out).record("A", feature) for out in (some, every))
    close(found, expected)
    assert found.correlated_features["B"] is not None


def test_every_feature_of_a_is_in_chunks_as_ever(every: Path) -> None:
    assert check(every).problems == []
    of_a, of_b = json.loads((every / "manifest.json").read_text(encoding="utf-8"))["saes"]
    assert "features" not in of_a
    assert of_a["chunk_size"] == Settings().chunk_size
    assert of_b["features"] == []


@pytest.mark.parametrize(("sae", "feature", "held"), [("A", 5, "3 features of"), ("B", 3, "none of its features of")])
def test_another_feature_is_not_found(some: Path, sae: str, feature: int, held: str) -> None:
    with pytest.raises(FeatureNotFound, match=f'holds {held} SAE "{sae}", and not {feature}'):
        Bundle.open(some).record(sae, feature)


def test_they_can_be_exported(some: Path, tmp_path: Path) -> None:
    assert export(some, [("A", 4)], tmp_path / "one.html").features == 1


def test_a_file_too_few_is_found(some: Path, files: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(settings_of(files, out=str(out), features="3,9"))
    [chunk] = out.glob("data/*/A/0/9.json.zst")
    chunk.unlink()
    assert any("cannot be read" in problem.message for problem in check(out).problems)
