"""Pages laid around a bundle."""

import logging
from pathlib import Path

import pytest

from featviz.errors import InputError
from featviz.site.build import PACKAGE, SCRIPTS, VIEWER_PAGES, build_site, template_folder

pytestmark = pytest.mark.usefixtures("template")

MANIFEST = {"title": "A & B", "saes": []}


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in listing(folder)}


def write_pages(folder: Path, **pages: str) -> Path:
    folder.mkdir()
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    assert build_site(tmp_path / "out", MANIFEST) == []
    return tmp_path / "out"


def test_a_site_holds_pages_viewer_schemas_and_hosting_files_and_nothing_else(site: Path) -> None:
    schemas = {f"schema/{file.name}" for file in (PACKAGE / "bundle" / "schema").iterdir()}
    pages = {"index.html", "about.html", "format.html", "404.html", "css/site.css", *VIEWER_PAGES}
    scripts = {f"js/{name}" for name in (*SCRIPTS.values(), "vendor/zip.js")}
    assert listing(site) == pages | schemas | scripts | {".nojekyll", "_headers"}


def test_templates_see_the_manifest(site: Path) -> None:
    assert (site / "feature.html").read_text("utf-8").startswith("A & B ")


def test_tables_and_headings_with_anchors_are_drawn(site: Path) -> None:
    page = (site / "format.html").read_text("utf-8")
    assert '<h2 id="files">' in page
    assert "<td>1</td>" in page


def test_the_navigation_starts_with_home(site: Path) -> None:
    page = (site / "format.html").read_text("utf-8")
    assert "<nav>Home index.html;About about.html;Format format.html;</nav>" in page


def test_files_that_are_not_the_sites_own_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    kept = {"manifest.json": "{}", "data/0123456789abcdef/A/0/0.json.zst": "chunk", "notes.txt": "mine"}
    for name, text in kept.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, "utf-8")
    build_site(out, MANIFEST)
    assert {name: (out / name).read_text("utf-8") for name in kept} == kept


def test_the_same_inputs_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build_site(tmp_path / "again", MANIFEST)
    assert contents(tmp_path / "again") == contents(site)


def test_a_users_pages_join_the_navigation_and_may_replace_the_home(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", index="# Our features\n", method="# Method\n\n[home](index.md)\n")
    (pages / "figure.svg").write_text("<svg/>", "utf-8")
    build_site(tmp_path / "out", MANIFEST, pages)
    home = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "<nav>Our features index.html;About about.html;Format format.html;Method method.html;</nav>" in home
    assert (tmp_path / "out" / "figure.svg").is_file()


@pytest.mark.parametrize("name", ["feature.md", "features.md", "pairs.html", "data", "manifest.json", "js"])
def test_a_users_page_cannot_take_the_place_of_the_viewer_or_the_data(tmp_path: Path, name: str) -> None:
    pages = write_pages(tmp_path / "pages")
    (pages / name).mkdir()
    with pytest.raises(InputError, match=f"{name} would replace a part of the site itself"):
        build_site(tmp_path / "out", MANIFEST, pages)
    assert not (tmp_path / "out").exists()


def test_a_missing_pages_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pages folder .*nowhere does not exist"):
        build_site(tmp_path / "out", MANIFEST, tmp_path / "nowhere")


def test_a_broken_link_is_told_after_the_site_is_written(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", method="# Method\n\n[gone](gone.md) [nowhere](about.md#nowhere)\n")
    mistakes = "\n".join(build_site(tmp_path / "out", MANIFEST, pages))
    assert "gone.md" in mistakes
    assert "nowhere" in mistakes
    assert (tmp_path / "out" / "method.html").is_file()


def test_a_link_to_a_feature_is_no_broken_link(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", method="# Method\n\n[one](feature.html?sae=A&feature=3)\n")
    assert build_site(tmp_path / "out", MANIFEST, pages) == []
    assert 'href="feature.html?sae=A&amp;feature=3"' in (tmp_path / "out" / "method.html").read_text("utf-8")


def test_mkdocs_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        build_site(tmp_path / "out", MANIFEST)
    assert [record for record in caplog.records if record.name.startswith("mkdocs")] == []
    assert capfd.readouterr() == ("", "")


def test_a_lost_template_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featviz.site.build.PACKAGE", tmp_path / "lib" / "featviz")
    with pytest.raises(InputError, match=r"is in neither .*lib/featviz/site_template nor .*lib/site_template"):
        template_folder()


def test_pages_hold_nothing_from_outside_their_folder(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", index="# Home\n")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (pages / "figure.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InputError, match="leads out of"):
        build_site(tmp_path / "out", MANIFEST, pages)
    assert not (tmp_path / "out").exists()
