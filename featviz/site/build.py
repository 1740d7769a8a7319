"""Builds the pages of a site from ``site_template/`` and lays them around a bundle."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import featviz
from featviz.bundle.atomic import write_all_atomically
from featviz.bundle.format import DATA, MANIFEST
from featviz.bundle.within import path_within
from featviz.errors import BundleError, InputError
from featviz.site.headers import headers_file
from featviz.site.modules import join

PACKAGE = Path(featviz.__file__).parent
PAGES = ("index.md", "reading.md", "about.md", "format.md")
"""Our pages in the order of the navigation; a user's own pages follow."""
UNLISTED = (
    "publishing.md",
    "sae.md",
    "transcoder.md",
    "tokens.md",
    "deep.md",
    "large.md",
    "settings.md",
    "labels.md",
    "import.md",
    "python.md",
    "pretrained.md",
)
"""Pages for who makes a site, which its readers need not find in the navigation."""
LOST = "404.html"
"""What hosts answer with where there is no page."""
VIEWER_PAGES = ("feature.html", "features.html", "pairs.html", "compare.html")
"""Pages that a script fills from the bundle."""
SCRIPTS = {
    "app.js": "viewer.js",
    "search_box.js": "search_box.js",
    "search_facts.js": "search_facts.js",
    "notes_panel.js": "notes_panel.js",
    "citation.js": "citation.js",
    "panels/failure.js": "failure.js",
    "later.js": "later.js",
    "retry.js": "retry.js",
    "sha256.js": "sha256.js",
    "verify.js": "verify.js",
    "verify_shown.js": "verify_shown.js",
    "page.js": "page.js",
    "home.js": "home.js",
    "lost.js": "lost.js",
    "features.js": "features.js",
    "pairs.js": "pairs.js",
    "compare.js": "compare.js",
}
"""The scripts that pages load, by the module that each is joined from; one may import another when it is needed."""
_PAGE_NAMES = (*VIEWER_PAGES, *(page.replace(".html", ".md") for page in VIEWER_PAGES))
NOT_PAGES = (DATA, MANIFEST, *_PAGE_NAMES, LOST, "404.md", "schema", "js", "css")
"""Names at the top of a site that a user's pages cannot take."""


def build_site(out: Path, manifest: Mapping[str, Any], pages: Path | None = None) -> list[str]:
    """Writes the pages, the viewer and the schemas into ``out``, and leaves every other file there as it is.

    ``pages`` is a folder of the user's own Markdown pages: one that is named like one of ours takes its place.
    Returns what is wrong with the pages, such as links to nowhere; the site is written all the same.
    """
    from featviz.site.picks import described_picks  # reads chunks, with numpy: `featviz serve` does not

    template = template_folder()
    with TemporaryDirectory(prefix="featviz-site-") as temporary:
        docs, site = Path(temporary, "docs"), Path(temporary, "site")
        _gather(docs, template, pages)
        extra = {"manifest": manifest, "picks": described_picks(out, manifest)}
        warnings = _run_mkdocs(docs, site, template / "theme", extra)
        _join_modules(site, template / "theme")
        _add_hosting_files(site)
        _publish(site, out)
    return warnings


def template_folder() -> Path:
    """``site_template/``: inside the installed package, beside the package in a checkout."""
    folders = [PACKAGE / "site_template", PACKAGE.parent / "site_template"]
    for folder in folders:
        if (folder / "theme").is_dir():
            return folder
    raise InputError(f"featviz's site template is in neither {folders[0]} nor {folders[1]}. Install featviz again.")


def _gather(docs: Path, template: Path, pages: Path | None) -> None:
    """Puts all that mkdocs reads into one folder; empty files stand for links to what mkdocs does not make."""
    shutil.copytree(template / "docs", docs)
    shutil.copytree(PACKAGE / "bundle" / "schema", docs / "schema")
    if pages is not None:
        check_pages(pages)
        shutil.copytree(pages, docs, dirs_exist_ok=True)
    for name in (*VIEWER_PAGES, MANIFEST):
        (docs / name).touch()


def check_pages(pages: Path) -> None:
    """Raises unless ``pages`` is a folder that leaves the site's own files alone."""
    if not pages.is_dir():
        raise InputError(f"The pages folder {pages} does not exist or is no folder.")
    for taken in sorted(set(NOT_PAGES) & {path.name for path in pages.iterdir()}):
        raise InputError(f"{pages / taken} would replace a part of the site itself. Give it another name.")
    for path in pages.rglob("*"):
        try:
            path_within(pages, path)
        except BundleError as error:
            raise InputError(f"{path} {error}.") from error


def _run_mkdocs(docs: Path, site: Path, theme: Path, extra: Mapping[str, Any]) -> list[str]:
    """Lets mkdocs write ``site``, and returns what it warns of; templates know ``extra``."""
    from mkdocs.commands.build import build
    from mkdocs.config.defaults import MkDocsConfig

    config = MkDocsConfig(config_file_path=str(docs.parent / "mkdocs.yml"))
    config.load_dict(
        {
            "site_name": extra["manifest"]["title"],
            "docs_dir": str(docs),
            "site_dir": str(site),
            "nav": _navigation(docs),
            "theme": {"name": None, "custom_dir": str(theme), "static_templates": [*VIEWER_PAGES, LOST]},
            "use_directory_urls": False,
            "markdown_extensions": ["tables", "fenced_code", {"toc": {"permalink": False}}],
            "plugins": [],
            "extra": extra,
            "validation": {"links": {"anchors": "warn"}},
        }
    )
    with _captured_log() as warnings:
        failed, warned = config.validate()
        for key, problem in [*failed, *warned]:
            raise InputError(f"mkdocs refuses the site's {key}: {problem}")
        build(config)
    return warnings


def _navigation(docs: Path) -> list[str]:
    found = sorted(page.relative_to(docs).as_posix() for page in docs.rglob("*.md"))
    return [page for page in PAGES if page in found] + [page for page in found if page not in (*PAGES, *UNLISTED)]


@contextmanager
def _captured_log() -> Iterator[list[str]]:
    """Keeps mkdocs quiet, and collects what it logs as a warning or worse."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("mkdocs")
    propagate, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield messages
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


def _join_modules(site: Path, theme: Path) -> None:
    """Puts the joined scripts in place of their modules."""
    scripts = site / "js"
    joined = {name: join(theme / "js", entry, SCRIPTS) for entry, name in SCRIPTS.items()}
    for path in sorted({path for _, paths in joined.values() for path in paths}):
        (scripts / path).unlink()
    for name, (source, _) in joined.items():
        (scripts / name).write_text(source, "utf-8")


def _add_hosting_files(site: Path) -> None:
    for name in ("sitemap.xml", "sitemap.xml.gz", MANIFEST):
        (site / name).unlink(missing_ok=True)
    (site / ".nojekyll").touch()
    (site / "_headers").write_text(headers_file(), "utf-8")


def _publish(site: Path, out: Path) -> None:
    """Puts every file of ``site`` in its place in ``out``, or none of them."""
    sources = sorted(path for path in site.rglob("*") if path.is_file())
    write_all_atomically((out / source.relative_to(site), source.read_bytes()) for source in sources)
