"""Labels added to a site that is there."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.codec.compression import compress
from featviz.bundle.digests import decode_digests, digest, encode_digests, release_of
from featviz.bundle.lock import locked
from featviz.bundle.parts.search import read_search
from featviz.bundle.reader import Bundle
from featviz.bundle.writer import write_manifest
from featviz.errors import BundleError, FeatvizError
from featviz.labels import publish
from featviz.labels.publish import add_labels
from featviz.records import Label
from tests.comparison import settings_of
from tests.synthetic import TINY, synthetic_bundle
from tests.tiny import Tiny

FEATURES = 6


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of two SAEs of six features, two a chunk, whose pages are not written."""
    synthetic_bundle(tmp_path / "site", features=FEATURES, chunk_size=2, shape=TINY)
    monkeypatch.setattr(publish, "build_site", lambda *arguments: [])
    return tmp_path / "site"


def written(site: Path, content: Any) -> Path:
    path = site.parent / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def label(site: Path, feature: int, sae: str = "A") -> Label | None:
    return Bundle.open(site).record(sae, feature).label


def words(site: Path) -> list[str]:
    bundle = Bundle.open(site)
    folder = site / "data" / bundle.manifest.release
    index = read_search("A", FEATURES, lambda name: (folder / name).read_bytes())[1]
    return [spelling.text for spelling in index.entries]


def test_a_label_is_put_on_and_the_others_stay(site: Path) -> None:
    add_labels(site, written(site, {"A": {"2": "two foxes", "3": "three"}}))
    before = label(site, 3)
    (done,) = add_labels(site, written(site, {"A": {"2": {"text": "trees", "score": 0.5, "source": "me"}}}))
    assert label(site, 2) == Label("trees", 0.5, "me")
    assert label(site, 3) == before
    assert (done.sae, done.changed) == ("A", 1)


def test_the_site_is_whole_afterwards(site: Path) -> None:
    add_labels(site, written(site, {"A": {"2": "two foxes"}, "B": {"0": "zero"}}))
    assert [str(problem) for problem in check(site).problems] == []


def test_its_words_are_found(site: Path) -> None:
    add_labels(site, written(site, {"A": {"2": "Two foxes"}}))
    assert {"two", "foxes"} <= set(words(site))
    add_labels(site, written(site, {"A": {"2": "trees"}}))
    assert "trees" in words(site)
    assert "foxes" not in words(site)


def test_an_empty_text_takes_a_label_away(site: Path) -> None:
    add_labels(site, written(site, {"A": {"2": "two"}}))
    add_labels(site, written(site, {"A": {"2": ""}}))
    assert label(site, 2) is None
    assert check(site).whole


def test_the_release_before_is_kept_for_pages_that_are_open(site: Path) -> None:
    before = Bundle.open(site).manifest.release
    add_labels(site, written(site, {"A": {"2": "two"}}))
    assert {path.name for path in (site / "data").iterdir()} == {before, Bundle.open(site).manifest.release}


def test_the_pages_are_written_for_the_new_release(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(publish, "build_site", lambda out, manifest, pages: seen.append(manifest))
    add_labels(site, written(site, {"A": {"2": "two"}}))
    assert seen[0]["release"] == Bundle.open(site).manifest.release


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"A": {"6": "x"}}, '"6" is no feature of this SAE'),
        ({"C": {"1": "x"}}, 'labels SAE "C", but this site has A, B'),
        ({"../A": {"1": "x"}}, 'labels SAE "../A"'),
        ({}, "holds no label, so nothing was changed"),
        ([{"index": "1", "description": "x", "modelId": "gpt2", "layer": "0-x"}], "this site has A, B"),
    ],
)
def test_bad_labels_change_nothing(site: Path, content: Any, message: str) -> None:
    before = files(site)
    with pytest.raises(FeatvizError) as refused:
        add_labels(site, written(site, content))
    assert message in str(refused.value)
    assert files(site) == before


def test_a_damaged_site_is_left_as_it_is(site: Path) -> None:
    chunk = next((site / "data").glob("*/B/0/1.json.zst"))
    chunk.write_bytes(chunk.read_bytes()[:-1])
    before = files(site)
    with pytest.raises(BundleError, match=r"is not what digests\.json names, so nothing was changed"):
        add_labels(site, written(site, {"A": {"2": "two"}}))
    assert files(site) == before


@pytest.mark.parametrize("content", [b"{}", b'{"features": [7]}', b'{"features": [{"feature": []}]}', b"{", b"[]"])
def test_a_site_of_other_content_is_left_as_it_is(site: Path, content: bytes) -> None:
    """Its digests are right: someone else has made it so."""
    manifest = Bundle.open(site).manifest
    folder = site / "data" / manifest.release
    digests = decode_digests((folder / "digests.json").read_bytes())
    (folder / "A/0/0.json.zst").write_bytes(compress(content))
    digests["A/0/0.json.zst"] = digest(compress(content))
    (folder / "digests.json").write_bytes(encode_digests(digests))
    release = release_of(encode_digests(digests))
    folder.rename(folder.with_name(release))
    write_manifest(site, replace(manifest, release=release))
    before = files(site)
    with pytest.raises(BundleError, match=r"A/0/0\.json\.zst holds no records|not a chunk"):
        add_labels(site, written(site, {"A": {"2": "two"}}))
    assert files(site) == before


def test_a_failure_at_the_end_leaves_the_published_release(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise BundleError("no room")

    before = Bundle.open(site).manifest
    monkeypatch.setattr(publish, "build_site", fail)
    with pytest.raises(BundleError):
        add_labels(site, written(site, {"A": {"2": "two"}}))
    assert Bundle.open(site).manifest == before
    assert check(site).whole


def test_one_at_a_time(site: Path) -> None:
    with locked(site / ".featviz"), pytest.raises(BundleError, match="Another featviz is writing into"):
        add_labels(site, written(site, {"A": {"2": "two"}}))


def test_a_site_with_pages_of_its_own_needs_them_again(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.open(site)
    bundle.manifest.settings["pages"] = "docs"
    monkeypatch.setattr(Bundle, "open", lambda path: bundle)
    with pytest.raises(FeatvizError, match='Name their folder, "docs", with --pages'):
        add_labels(site, written(site, {"A": {"2": "two"}}))


@pytest.mark.parametrize("features", ["", "1-3,7"])
def test_the_data_are_those_of_a_build_with_the_labels(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, features: str
) -> None:
    from featviz.pipeline import build as pipeline

    for module in (pipeline, publish):
        monkeypatch.setattr(module, "build_site", lambda *arguments: [])
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"A": {"3": "three foxes", "7": {"text": "Seven", "score": 0.25}, "1": "one"}}))
    settings = settings_of(files, features=features, work=str(tmp_path / "work"))
    with_labels = pipeline.build(replace(settings, labels=str(labels), out=str(tmp_path / "with")))
    pipeline.build(replace(settings, out=str(tmp_path / "later")))
    add_labels(tmp_path / "later", labels)
    assert Bundle.open(tmp_path / "later").manifest.release == with_labels.release


def test_labels_of_features_without_a_dashboard_are_left_out(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from featviz.pipeline import build as pipeline

    for module in (pipeline, publish):
        monkeypatch.setattr(module, "build_site", lambda *arguments: [])
    pipeline.build(settings_of(files, sae_b="", features="3", out=str(tmp_path / "out")))
    (tmp_path / "labels.csv").write_text("feature,text\n3,three\n4,four\n", encoding="utf-8")
    (done,) = add_labels(tmp_path / "out", tmp_path / "labels.csv")
    assert (done.labelled, done.features, done.absent) == (1, 1, 1)
