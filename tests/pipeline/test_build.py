"""The whole job on the tiny model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.reader import Bundle
from featviz.errors import FeatvizError
from featviz.pipeline import build as module
from featviz.pipeline import finished
from featviz.pipeline.build import build
from featviz.records import Record
from tests.comparison import close, settings_of
from tests.tiny import D_SAE, Tiny

Build = Callable[..., Path]


@pytest.fixture(scope="module")
def built(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a site with some settings changed, each combination once; only the first one has its pages."""
    sites: dict[str, Path] = {}

    def built_once(**changed: Any) -> Path:
        key = repr(sorted(changed.items()))
        if key not in sites:
            sites[key] = tmp_path_factory.mktemp("site") / "out"
            with pytest.MonkeyPatch.context() as patch:
                if changed:
                    patch.setattr(module, "build_site", no_pages)
                build(settings_of(files, out=str(sites[key]), **changed))
        return sites[key]

    return built_once


def no_pages(*args: Any) -> list[str]:
    """Stands for what mkdocs does, without a mistake."""
    return []


@pytest.fixture
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds the data alone."""
    monkeypatch.setattr(module, "build_site", no_pages)


def records(out: Path, sae: str) -> list[Record]:
    """All records of an SAE, read back."""
    bundle = Bundle.open(out)
    return [record for chunk in range(bundle.sae(sae).chunks) for record in bundle.chunk(sae, chunk).records]


def manifest(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return content


def test_every_feature_of_both_saes_is_there_and_whole(built: Build) -> None:
    out = built()
    assert check(out).whole
    assert [(sae["name"], sae["d_sae"]) for sae in manifest(out)["saes"]] == [("A", D_SAE), ("B", D_SAE)]


def test_pages_and_data_lie_side_by_side(built: Build) -> None:
    assert {"manifest.json", "data", "index.html", "feature.html", "format.html"} <= {
        path.name for path in built().iterdir()
    }


def test_one_sae_is_enough(built: Build) -> None:
    [sae] = manifest(built(sae_b=""))["saes"]
    assert sae["correlated_with"] == ["A"]


@pytest.mark.usefixtures("without_pages")
def test_the_same_build_in_another_place_gives_the_same_bytes(built: Build, files: Tiny, tmp_path: Path) -> None:
    first, again = manifest(built()), tmp_path / "again"
    build(settings_of(files, out=str(again)))
    other = manifest(again)
    for each in (first, other):
        del each["created"]
        del each["settings"]["out"]
        del each["format"]["sha256"]  # of the manifest itself
    assert other == first


@pytest.mark.parametrize("batch_size", [1, 5])
def test_the_batch_size_makes_no_difference_but_rounding(built: Build, batch_size: int) -> None:
    for found, expected in zip(records(built(batch_size=batch_size), "A"), records(built(), "A"), strict=True):
        close(found, expected)


@pytest.mark.parametrize("chunk_size", [7, 1000])
def test_the_chunk_size_makes_no_difference(built: Build, chunk_size: int) -> None:
    assert manifest(built(chunk_size=chunk_size))["saes"][1]["chunks"] == -(-D_SAE // chunk_size)
    for found, expected in zip(records(built(chunk_size=chunk_size), "B"), records(built(), "B"), strict=True):
        close(found, expected)


@pytest.mark.parametrize(
    "changed",
    [
        {"top": 0},
        {"bottom": 0, "per_interval": 0},
        {"intervals": 1},
        {"window": 0},
        {"window": "full"},
        {"window": 10**15},
        {"logit_tokens": 1000, "effect_tokens": 100, "neighbours": 1000, "histogram_bins": 1000},
        {"logit_tokens": 1, "effect_tokens": 1, "neighbours": 1, "histogram_bins": 1},
        {"seed": 2**53 - 1},
        {"title": "<script>alert(1)</script> {{ title }} \n\"'&"},
    ],
    ids=str,
)
def test_a_site_at_the_ends_of_its_settings_is_whole(built: Build, changed: dict[str, Any]) -> None:
    assert check(built(sae_b="", **changed)).problems == []


@pytest.mark.parametrize("ids", [[[0, 5]], [[5]], [[0, 5], [0, 0]]], ids=str)
@pytest.mark.usefixtures("without_pages")
def test_the_fewest_tokens_are_enough(files: Tiny, tmp_path: Path, ids: list[list[int]]) -> None:
    np.save(tmp_path / "few.npy", np.array(ids))
    build(settings_of(files, tokens=str(tmp_path / "few.npy"), out=str(tmp_path / "out")))
    assert check(tmp_path / "out").whole


def test_the_context_in_the_manifest_is_the_one_that_was_used(built: Build) -> None:
    assert manifest(built())["settings"]["context"] == 24


def test_the_manifest_names_no_folder_of_ones_own(built: Build, files: Tiny) -> None:
    text = (built() / "manifest.json").read_text(encoding="utf-8")
    assert str(files.model.parent) not in text
    assert manifest(built())["settings"]["sae"] == "sae_a"


@pytest.mark.usefixtures("without_pages")
def test_three_saes_in_one_site(files: Tiny, tmp_path: Path) -> None:
    several = (str(files.sae_a), f"wide={files.sae_b}", f"again={files.sae_a}")
    build(settings_of(files, sae=several, sae_b="", out=str(tmp_path / "out")))
    assert check(tmp_path / "out").problems == []
    assert [sae["name"] for sae in manifest(tmp_path / "out")["saes"]] == ["A", "wide", "again"]
    assert manifest(tmp_path / "out")["settings"]["sae"] == ["sae_a", "wide=sae_b", "again=sae_a"]
    assert set(Bundle.open(tmp_path / "out").record("wide", 3).correlated_features) == {"A", "wide", "again"}


@pytest.mark.usefixtures("without_pages")
def test_labels_stand_in_the_records(files: Tiny, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('{"A": {"3": "three"}}', encoding="utf-8")
    build(settings_of(files, sae_b="", labels=str(tmp_path / "labels.json"), out=str(tmp_path / "out")))
    label = Bundle.open(tmp_path / "out").record("A", 3).label
    assert label is not None
    assert label.text == "three"


def test_pages_of_ones_own_are_added(files: Tiny, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "notes.md").write_text("# Notes", encoding="utf-8")
    build(settings_of(files, sae_b="", pages=str(tmp_path / "pages"), out=str(tmp_path / "out")))
    assert "Notes" in (tmp_path / "out" / "notes.html").read_text(encoding="utf-8")


def test_pages_that_cannot_be_added_are_refused_before_anything_is_computed(files: Tiny, tmp_path: Path) -> None:
    with pytest.raises(FeatvizError, match="pages folder"):
        build(settings_of(files, model="nowhere", pages=str(tmp_path / "nothing"), out=str(tmp_path / "out")))


def broken(*args: Any) -> None:
    raise FeatvizError("broken")


def test_a_build_that_fails_leaves_nothing(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finished, "encode_chunk", broken)
    with pytest.raises(FeatvizError, match="broken"):
        build(settings_of(files, out=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_build_that_fails_leaves_an_empty_folder_empty(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(finished, "encode_chunk", broken)
    with pytest.raises(FeatvizError, match="broken"):
        build(settings_of(files, out=str(tmp_path / "out")))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_build_that_fails_leaves_the_site_before_it_whole(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "build_site", no_pages)
    build(settings_of(files, out=str(tmp_path / "out")))
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    monkeypatch.setattr(finished, "encode_chunk", broken)
    with pytest.raises(FeatvizError, match="broken"):
        build(settings_of(files, seed=1, out=str(tmp_path / "out")))
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert check(tmp_path / "out").whole


def test_a_build_that_fails_when_pages_are_written_can_be_done_again(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_manifest", broken)
        with pytest.raises(FeatvizError, match="broken"):
            build(settings_of(files, out=str(tmp_path / "out")))
    build(settings_of(files, out=str(tmp_path / "out")))
    assert check(tmp_path / "out").whole


def test_exact_effects_of_the_last_neurons_are_the_direct_ones_where_those_are_and_none_elsewhere(built: Build) -> None:
    direct, exact = built(), built(effect="exact")
    assert (manifest(direct)["effect"], manifest(exact)["effect"]) == ("direct", "exact")
    for sae in ("A", "B"):
        for one, other in zip(records(direct, sae), records(exact, sae), strict=True):
            expected, found = one.windows.effects, other.windows.effects
            common = np.isin(found.at, expected.at)
            assert common.sum() == len(expected.at)
            tolerance = 1e-4 + np.abs(expected.loss).max(initial=0) / 900
            np.testing.assert_allclose(found.loss[common], expected.loss, atol=tolerance)
            np.testing.assert_allclose(found.loss[~common], 0, atol=1e-4)
            np.testing.assert_array_equal(other.windows.tokens, one.windows.tokens)


def test_exact_effects_are_of_every_token_that_counts_after_a_firing(built: Build, files: Tiny) -> None:
    ids, out = np.load(files.tokens), built(effect="exact")
    special = set(manifest(out)["tokens"]["masked"])
    for record in filter(lambda record: record.firings, records(out, "A")):
        shown = record.windows
        place = np.concatenate([np.arange(length) for length in shown.length]) + shown.start.repeat(shown.length)
        seq = shown.seq.repeat(shown.length)
        token = np.isin(ids[seq, place], list(special), invert=True)
        assert token[shown.effects.at].all()
        firing = {(seq[at], place[at]) for at in shown.activation_at}
        after = [at for at in range(len(seq)) if token[at] and (seq[at], place[at] - 1) in firing]
        assert set(after) <= set(shown.effects.at.tolist())
