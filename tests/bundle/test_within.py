"""What lies outside a site's folder is not read, written or removed, whatever links and names in it say."""

import json
import os
import shutil
from pathlib import Path

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.digests import decode_digests
from featviz.bundle.reader import Bundle
from featviz.bundle.releases import gc
from featviz.errors import BundleError

CHUNK = "A/0/1.json.zst"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def release(site: Path) -> Path:
    return site / "data" / Bundle.open(site).manifest.release


def moved(path: Path, outside: Path) -> None:
    """Puts a file or folder elsewhere, whole, and a link in its place."""
    path.rename(outside / path.name)
    path.symlink_to(outside / path.name)


def problems(site: Path) -> str:
    return "\n".join(map(str, check(site).problems))


@pytest.mark.parametrize("name", [CHUNK, "digests.json", "A/overview.zst", "A/search/vocabulary.json.zst"])
def test_a_file_that_is_a_link_out_of_the_folder_is_a_problem(site: Path, outside: Path, name: str) -> None:
    moved(release(site) / name, outside)
    assert Path(name).name in problems(site)
    assert "leads out of" in problems(site)


@pytest.mark.parametrize("name", ["", "A", "A/0"])
def test_a_folder_that_is_a_link_out_of_the_site_is_a_problem(site: Path, outside: Path, name: str) -> None:
    moved(release(site) / name, outside)
    assert "leads out of" in problems(site)


def test_a_manifest_that_is_a_link_out_of_the_folder_is_a_problem(site: Path, outside: Path) -> None:
    moved(site / "manifest.json", outside)
    assert "leads out of" in problems(site)


def test_a_link_within_the_folder_is_followed(site: Path) -> None:
    chunk = release(site) / CHUNK
    chunk.rename(site / "moved")
    chunk.symlink_to(site / "moved")
    assert problems(site) == ""


def test_a_site_may_be_reached_by_a_link(site: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(site)
    assert problems(tmp_path / "link") == ""


def test_links_in_a_circle_are_a_problem(site: Path) -> None:
    chunk = release(site) / CHUNK
    chunk.unlink()
    chunk.symlink_to(chunk)
    assert CHUNK in problems(site)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_not_waited_for(site: Path) -> None:
    chunk = release(site) / CHUNK
    chunk.unlink()
    os.mkfifo(chunk)
    assert f"{CHUNK}: is no file" in problems(site)


def test_a_file_of_terabytes_is_not_read(site: Path) -> None:
    with (release(site) / CHUNK).open("wb") as file:
        file.truncate(1 << 42)
    assert "more than any file of a bundle may have" in problems(site)


def test_a_record_is_not_read_from_outside(site: Path, outside: Path) -> None:
    moved(release(site) / CHUNK, outside)
    with pytest.raises(BundleError, match="leads out of"):
        Bundle.open(site).record("A", 2)


def test_gc_removes_nothing_through_a_link(site: Path, outside: Path) -> None:
    old = site / "data" / ("0" * 16)
    shutil.copytree(release(site), old)
    moved(site / "data", outside)
    with pytest.raises(BundleError, match=r"leads out of .* Nothing is removed"):
        gc(site, keep=1)
    assert (outside / "data" / ("0" * 16) / "digests.json").is_file()


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "A/../../x", "A//x", "", ".", "A/.", "A\\x", "A/\0", "a b", "é", "A/x\n"]
)
def test_digests_name_files_below_the_release_alone(name: str) -> None:
    with pytest.raises(BundleError, match="is no name of a file below the release"):
        decode_digests(json.dumps({name: "0" * 64}).encode())


@pytest.mark.parametrize("name", ["../../etc", "..", "A/B", "/etc", "A\0", "", "A\n", "con fig", ".hidden", "a" * 65])
def test_a_name_of_an_sae_is_no_path(site: Path, name: str) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    manifest["saes"][0]["name"] = name
    (site / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match="cannot name an SAE"):
        Bundle.open(site)


@pytest.mark.parametrize("name", ["../0123456789abcd", "/tmp", "..", "0123456789ABCDEF", "0" * 17, "0" * 15 + "\n"])
def test_a_release_is_no_path(site: Path, name: str) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    manifest["release"] = name
    (site / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match="expected 16 hexadecimal digits"):
        Bundle.open(site)
