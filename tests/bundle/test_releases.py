import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from featviz.bundle.checks.check import check
from featviz.bundle.folder import published_release
from featviz.bundle.releases import gc, leftovers
from featviz.cli import main
from featviz.errors import BundleError
from tests.bundle.test_folder import contents

OLD, OLDER, PARTIAL = "0" * 16, "f" * 16, ".partial-dead"


@pytest.fixture
def published(site: Path) -> str:
    """The published release; beside it lie two older ones, what a build left, and a folder of somebody's own."""
    for seconds, name in enumerate((OLDER, OLD, PARTIAL, "my-own"), start=1):
        folder = site / "data" / name
        folder.mkdir()
        (folder / "digests.json").write_text("{}\n")
        os.utime(folder / "digests.json", (seconds, seconds))
    release = published_release(site)
    assert release is not None
    return release


def names(site: Path) -> set[str]:
    return {folder.name for folder in (site / "data").iterdir()}


@pytest.mark.parametrize(("keep", "kept"), [(1, set[str]()), (2, {OLD}), (3, {OLD, OLDER}), (9, {OLD, OLDER})])
def test_the_published_release_and_the_newest_others_are_kept(
    site: Path, published: str, keep: int, kept: set[str]
) -> None:
    gc(site, keep)
    assert names(site) == {published, "my-own"} | kept


def test_the_published_release_is_kept_even_where_it_is_the_oldest(site: Path, published: str) -> None:
    os.utime(site / "data" / published / "digests.json", (0, 0))
    gc(site, keep=1)
    assert names(site) == {published, "my-own"}
    assert check(site).whole


def test_a_release_that_was_cut_short_goes_first(site: Path, published: str) -> None:
    (site / "data" / OLD / "digests.json").unlink()
    gc(site, keep=2)
    assert names(site) == {published, OLDER, "my-own"}


def test_a_dry_run_removes_nothing_and_names_the_same_folders(site: Path, published: str) -> None:
    before = contents(site)
    assert published not in {leftover.path.name for leftover in leftovers(site, keep=1)}
    planned = leftovers(site, keep=2)
    assert contents(site) == before
    assert planned == gc(site, keep=2)
    assert {leftover.path.name for leftover in planned} == {PARTIAL, OLDER}
    assert leftovers(site, keep=2) == []


def test_a_link_is_not_followed(site: Path, published: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "digests.json").write_text("mine")
    (site / "data" / ("e" * 16)).symlink_to(elsewhere)
    gc(site, keep=1)
    assert contents(elsewhere) == {"digests.json": b"mine"}
    assert "e" * 16 in names(site)


def test_nothing_goes_where_the_published_release_is_missing(site: Path, published: str) -> None:
    (site / "data" / published / "digests.json").unlink()
    with pytest.raises(BundleError, match=f"{published} in its manifest, but .* is missing, so nothing is removed"):
        gc(site, keep=1)
    assert {OLD, OLDER} <= names(site)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / OLD).mkdir(parents=True)
    with pytest.raises(BundleError, match=r"holds no manifest\.json"):
        gc(tmp_path, keep=1)
    assert (tmp_path / "data" / OLD).is_dir()


def test_what_cannot_be_removed_is_told(site: Path, published: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(BundleError, match=r"cannot remove .*: Permission denied"):
        gc(site, keep=1)


@pytest.mark.parametrize(("options", "said"), [(["--dry-run"], "Would remove 2 folders"), ([], "Removed 2 folders")])
def test_the_command_says_what_it_does(site: Path, published: str, options: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["gc", str(site), *options])
    assert result.exit_code == 0
    assert said in result.stdout
    assert (site / "data" / OLDER).exists() == bool(options)


def test_a_manifest_names_the_folder_too(site: Path, published: str) -> None:
    gc(site / "manifest.json", keep=1)
    assert names(site) == {published, "my-own"}


def test_keeping_none_is_refused(site: Path) -> None:
    result = CliRunner().invoke(main, ["gc", str(site), "--keep", "0"])
    assert result.exit_code == 2
    assert "0 is not in the range x>=1" in result.stderr
