from pathlib import Path

import pytest

from featviz.bundle.folder import claim, published_release
from featviz.errors import BundleError


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    claim(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / ".featviz").is_file()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    claim(tmp_path)
    assert (tmp_path / ".featviz").is_file()


def test_a_folder_that_was_claimed_is_known_again(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / "page.html").write_text("a page")
    claim(tmp_path)
    assert (tmp_path / "page.html").read_text() == "a page"


def test_a_site_that_lost_its_marker_is_known_by_its_manifest(site: Path) -> None:
    (site / ".featviz").unlink()
    claim(site)
    assert (site / ".featviz").is_file()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("thesis.tex", "years of work"),
        (".git", "gitdir: elsewhere"),
        ("manifest.json", '{"name": "a web app", "format": 1}'),
        ("manifest.json", "not JSON"),
    ],
)
def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BundleError, match="is not empty and was not written by featviz"):
        claim(tmp_path)
    assert contents(tmp_path) == {name: text.encode()}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(BundleError, match="is a file"):
        claim(tmp_path / "out")


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(BundleError, match="Cannot write"):
        claim(tmp_path / "out" / "site")


def test_an_unpublished_folder_has_no_release(tmp_path: Path) -> None:
    assert published_release(tmp_path) is None
