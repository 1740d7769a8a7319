import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from featviz.bundle.manifest import Manifest, decode_manifest, manifest_problem
from featviz.errors import BundleError


@pytest.fixture
def content(site: Path) -> dict[str, Any]:
    """The manifest of a site as JSON."""
    loaded: dict[str, Any] = orjson.loads((site / "manifest.json").read_bytes())
    return loaded


def test_a_manifest_comes_back(site: Path) -> None:
    manifest = decode_manifest((site / "manifest.json").read_bytes())
    assert decode_manifest(manifest.encode()) == manifest


def test_the_format_stands_first(content: dict[str, Any]) -> None:
    key, value = next(iter(content.items()))
    assert (key, value["name"], value["version"]) == ("format", "featviz", 1)


def test_it_carries_its_own_digest(site: Path, content: dict[str, Any]) -> None:
    data, own = (site / "manifest.json").read_bytes(), content["format"]["sha256"]
    assert hashlib.sha256(data.replace(own.encode(), b"0" * 64)).hexdigest() == own
    assert manifest_problem(data) is None


def test_a_title_changed_by_hand_is_told(site: Path) -> None:
    data = (site / "manifest.json").read_bytes().replace(b"Synthetic", b"synthetic")
    assert decode_manifest(data).title == "synthetic features"
    assert "its own format.sha256" in (manifest_problem(data) or "")


def test_a_manifest_of_an_older_program_has_no_digest(content: dict[str, Any]) -> None:
    del content["format"]["sha256"]
    assert manifest_problem(orjson.dumps(content)) is None


def test_unknown_keys_are_passed_over(content: dict[str, Any]) -> None:
    expected = decode_manifest(orjson.dumps(content))
    for inside in (content, content["model"], content["saes"][0], content["settings"]):
        inside["of_a_later_version"] = 1
    expected.settings["of_a_later_version"] = 1
    assert decode_manifest(orjson.dumps(content)) == expected


def test_a_weight_without_files_has_none(content: dict[str, Any]) -> None:
    content["saes"][0]["files"] = None
    manifest: Manifest = decode_manifest(orjson.dumps(content))
    assert manifest.saes[0].files is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("saes"), "manifest: the key 'saes' is missing"),
        (lambda m: m["model"].pop("d_vocab"), "manifest.model: the key 'd_vocab' is missing"),
        (lambda m: m["model"].update(d_vocab="60"), "manifest.model.d_vocab: expected an integer of at least 0"),
        (lambda m: m["model"].update(d_vocab=True), "manifest.model.d_vocab: expected an integer"),
        (lambda m: m["model"].update(files=[]), "manifest.model.files: expected an object"),
        (lambda m: m["saes"].append(3), r"manifest.saes\[2\]: expected an object, found 3"),
        (lambda m: m["saes"][0].update(d_sae=-1), r"manifest.saes\[0\].d_sae: expected an integer of at least 0"),
        (lambda m: m["saes"][0].update(chunk_size=0), "chunk_size of A is 0"),
        (lambda m: m["saes"][0].update(name="../x"), "cannot name an SAE"),
        (lambda m: m["saes"][1].update(name="a"), "differ in more than case; found A, a"),
        (lambda m: m.update(release="../../etc"), "release: expected 16 hexadecimal digits"),
        (lambda m: m.update(format={"name": "featviz", "version": 2}), "format version 2"),
        (lambda m: m.update(format="mbtiles"), "not a featviz manifest"),
        (lambda m: m["settings"].pop("intervals"), "settings.intervals: expected an integer, found None"),
        (lambda m: m["settings"].update(top="full"), "settings.top: expected an integer, found 'full'"),
    ],
)
def test_says_what_is_wrong(content: dict[str, Any], change: Callable[[Any], Any], message: str) -> None:
    change(content)
    with pytest.raises(BundleError, match=message):
        decode_manifest(orjson.dumps(content))


def test_the_window_may_be_the_whole_sequence(content: dict[str, Any]) -> None:
    content["settings"]["window"] = "full"
    assert decode_manifest(orjson.dumps(content)).settings["window"] == "full"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"<!doctype html>"])
def test_what_is_no_json_object_is_no_manifest(data: bytes) -> None:
    with pytest.raises(BundleError):
        decode_manifest(data)
