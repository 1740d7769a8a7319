import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from featviz.bundle.codec.decode import decode_chunk
from featviz.bundle.parts.postings import Postings
from featviz.bundle.parts.search import read_search
from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from featviz.cli import main
from tests.bundle.comparison import assert_same_record
from tests.synthetic import TINY, synthetic_bundle

SHELL = '<html><head><meta http-equiv="Content-Security-Policy" content=""></head><body></body></html>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two SAEs of six features, two a chunk, with a page that has nothing on it."""
    folder = tmp_path / "site"
    synthetic_bundle(folder, features=6, chunk_size=2, shape=TINY)
    (folder / "feature.html").write_text(SHELL, "utf-8")
    return folder


def export(site: Path, features: str, *options: str, out: str = "picks.html") -> Result:
    command = ["export", str(site), "--features", features, "-o", str(site.parent / out), *options]
    return CliRunner().invoke(main, command)


def exported(site: Path, features: str, *options: str) -> dict[str, Any]:
    """What the written file carries."""
    assert export(site, features, *options).exit_code == 0
    page = (site.parent / "picks.html").read_text("utf-8")
    found = re.search(r'id="featviz-bundle">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_the_file_holds_a_chunk_of_each_feature_alone(site: Path) -> None:
    content, bundle = exported(site, "5,0,1,5"), Bundle.open(site)
    release = bundle.manifest.release
    chunks = {path: data for path, data in content["files"].items() if "/search/" not in path}
    assert list(chunks) == [f"data/{release}/A/0/{feature}.json.zst" for feature in (0, 1, 5)]
    for feature, data in zip((0, 1, 5), chunks.values(), strict=True):
        chunk = decode_chunk(b64decode(data), "A", feature)
        assert len(chunk.records) == 1
        assert_same_record(chunk.records[0], bundle.record("A", feature))


def test_the_manifest_of_a_file_has_no_digest_of_itself(site: Path) -> None:
    assert exported(site, "0")["manifest"]["format"] == {"name": "featviz", "version": 1}


def test_the_numbers_are_not_rounded_again(site: Path) -> None:
    content, bundle = exported(site, "3"), Bundle.open(site)
    release, size = bundle.manifest.release, bundle.sae("A").chunk_size
    before = show(bundle, 3, "A")
    chunk = b64decode(content["files"][f"data/{release}/A/0/3.json.zst"])
    (site / "data" / release / "A" / "0" / "3.json.zst").write_bytes(chunk)
    saes = [replace(sae, chunk_size=1) for sae in bundle.manifest.saes]
    assert size > 1
    assert show(Bundle(site, replace(bundle.manifest, saes=saes)), 3, "A") == before


def test_the_manifest_says_what_is_in_the_file(site: Path) -> None:
    manifest = exported(site, "5,0", "--sae", "B")["manifest"]
    assert [(sae["name"], sae["features"], sae["picks"]) for sae in manifest["saes"]] == [
        ("B", [0, 5], [0, 5]),
        ("A", [], []),
    ]
    assert {sae["chunk_size"] for sae in manifest["saes"]} == {1}
    assert [list(sae["parts"]) for sae in manifest["saes"]] == [["search"], []]
    assert manifest["release"] == Bundle.open(site).manifest.release


def test_one_file_holds_features_of_several_saes(site: Path) -> None:
    content, bundle = exported(site, "B:3,1,A:4,B:0"), Bundle.open(site)
    assert [(sae["name"], sae["features"]) for sae in content["manifest"]["saes"]] == [("B", [0, 3]), ("A", [1, 4])]
    assert [list(sae["parts"]) for sae in content["manifest"]["saes"]] == [["search"], ["search"]]
    for sae, feature in (("A", 4), ("B", 3)):
        chunk = b64decode(content["files"][f"data/{bundle.manifest.release}/{sae}/0/{feature}.json.zst"])
        assert_same_record(decode_chunk(chunk, sae, feature).records[0], bundle.record(sae, feature))


def found_features(postings: Postings) -> set[int]:
    return set(postings.feature.tolist())


def test_its_search_index_is_of_its_features(site: Path) -> None:
    content = exported(site, "0,4")
    release = Bundle.open(site).manifest.release
    tokens, words = read_search("A", 6, lambda name: b64decode(content["files"][f"data/{release}/{name}"]))
    assert (found_features(tokens), found_features(words)) == ({0, 4}, {4})


def test_says_what_it_wrote(site: Path) -> None:
    assert export(site, "0,1,1").output == f"{site.parent / 'picks.html'}: 2 features, 0.0 MB\n"


@pytest.mark.parametrize(
    ("features", "options", "message"),
    [
        ("0,6", (), 'SAE "A" has no feature 6; its features are 0 … 5'),
        ("0", ("--sae", "C"), 'has no SAE "C"; it has A, B.'),
        ("1;2", (), "'1;2' is no feature number; expected numbers such as 7,12 or A:7,B:12"),
        ("-1", (), "'-1' is no feature number"),
        ("", (), "'' is no feature number"),
        (":1", (), "':1' is no feature number"),
        ("A:1,C:1", (), 'has no SAE "C"; it has A, B.'),
    ],
)
def test_refuses_features_that_are_not_there(site: Path, features: str, options: tuple[str, ...], message: str) -> None:
    result = export(site, features, *options)
    assert result.exit_code != 0
    assert message in result.output
    assert not (site.parent / "picks.html").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("none/picks.html", "There is no folder"),
        ("site", "is a folder. Name a file"),
        ("there.html", "is there already. Name another file, or replace it with --force."),
    ],
)
def test_refuses_a_file_that_cannot_be_written(site: Path, out: str, message: str) -> None:
    (site.parent / "there.html").write_text("mine", "utf-8")
    result = export(site, "0", out=out)
    assert result.exit_code == 1
    assert message in result.output
    assert (site.parent / "there.html").read_text("utf-8") == "mine"


def test_replaces_a_file_when_told_to(site: Path) -> None:
    (site.parent / "picks.html").write_text("mine", "utf-8")
    assert exported(site, "0", "--force")["format"] == 1


def test_refuses_a_bundle_without_pages(site: Path) -> None:
    (site / "feature.html").unlink()
    assert "has no feature.html: it holds data, but no pages" in export(site, "0").output


def test_refuses_what_is_no_bundle(tmp_path: Path) -> None:
    assert "holds no manifest.json" in export(tmp_path, "0").output


@pytest.fixture
def secret(site: Path) -> Path:
    """A file beside the site, and a link to it in the site."""
    file = site.parent / "secret.js"
    file.write_text("const secret = 1;", "utf-8")
    (site / "js").mkdir()
    (site / "js" / "link.js").symlink_to(file)
    return file


@pytest.mark.parametrize("path", ["../secret.js", "{}", "js/../../secret.js", "js/link.js"])
@pytest.mark.parametrize("tag", ['<script type="module" src="{}"></script>', '<link rel="stylesheet" href="{}">'])
def test_a_file_outside_the_site_does_not_get_into_the_page(site: Path, secret: Path, tag: str, path: str) -> None:
    element = tag.format(path.format(secret))
    (site / "feature.html").write_text(SHELL.replace("</head>", f"{element}</head>"), "utf-8")
    result = export(site, "0")
    assert (result.exit_code, "leads out of" in result.output) == (1, True)
    assert not (site.parent / "picks.html").exists()


@pytest.mark.usefixtures("secret")
def test_nor_does_a_script_that_another_imports(site: Path) -> None:
    (site / "js" / "viewer.js").write_text('import("./../../secret.js");', "utf-8")
    element = '<script type="module" src="js/viewer.js"></script>'
    (site / "feature.html").write_text(SHELL.replace("</head>", f"{element}</head>"), "utf-8")
    assert "leads out of" in export(site, "0").output
    assert not (site.parent / "picks.html").exists()
