"""Whatever tokens, labels, names and addresses say, a page shows it as text: nothing runs, and nothing is asked for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from featviz.bundle.format import chunk_path
from featviz.bundle.reader import Bundle
from featviz.records import Label, Record, Vocabulary
from featviz.site.build import build_site
from featviz.site.export import export
from tests.browser.conftest import Visit, served, signed
from tests.hostile import hostile_strings
from tests.synthetic import Shape, bundle, corpus, synthetic_bundle
from tests.synthetic.records import synthetic_record

STRINGS = hostile_strings(500)
FEATURES = 250
"""In each of the two SAEs; each has a label of its own."""
SHAPE = Shape(d_sae=FEATURES, d_vocab=len(STRINGS) + 1, sequences=60, context=40)
SHOWN = (0, 2, 4, 7, 120, 249)
"""Features whose dashboards are opened."""
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => console.error("violation: " + event.blockedURI));
"""


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every token of the vocabulary is hostile, and so are all labels and the manifest's free texts."""
    out = tmp_path_factory.mktemp("hostile") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "vocabulary_of", lambda _: Vocabulary(["<|bos|>", *STRINGS], {}, frozenset({0})))
        patch.setattr(bundle, "synthetic_record", lambda *of: labelled(synthetic_record(*of), of[2]))
        synthetic_bundle(out, FEATURES, shape=SHAPE)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    texts = iter(STRINGS)
    manifest["title"] = next(texts)
    manifest["versions"] = {next(texts): next(texts)}
    for part in (manifest["model"], manifest["tokens"], *manifest["saes"]):
        for key in part.keys() & {"name", "architecture", "processing", "read_hook", "write_hook", "source"}:
            part[key] = part[key] if key == "name" and part in manifest["saes"] else next(texts)
    (out / "manifest.json").write_bytes(signed(manifest))
    build_site(out, manifest)
    return out


def labelled(record: Record, sae: str) -> Record:
    number = record.feature + (FEATURES if sae == "B" else 0)
    return replace(record, label=Label(STRINGS[number], 0.5, STRINGS[-1 - number]))


@pytest.fixture
def hostile(hostile_site: Path, visit: Visit) -> Iterator[Visit]:
    """The visit ends with a fault if a script ran, a dialog opened, or anything but the site was asked for."""
    visit.page.add_init_script(WATCH)
    with served(hostile_site) as visit.base:
        yield visit


def unharmed(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    assert page.evaluate("typeof hacked") == "undefined"


def test_the_strings_are_many_and_all_are_shown(hostile_site: Path) -> None:
    """As labels, or as tokens of the dashboards that are opened."""
    site = Bundle.open(hostile_site)
    shown = {text for feature in SHOWN for text in site.chunk_with("A", feature).tokens.text.values()}
    assert len(set(STRINGS)) == 500
    assert len(shown & set(STRINGS)) > 400
    assert (hostile_site / chunk_path(site.manifest.release, "A", 0)).is_file()


@pytest.mark.parametrize("name", ["index.html", "reading.html", "about.html", "format.html"])
def test_a_page_of_text_is_inert(hostile: Visit, name: str) -> None:
    page = hostile.page
    page.goto(hostile.base + name)
    assert page.inner_text(".brand").strip() == STRINGS[0].strip()
    unharmed(page)


@pytest.mark.parametrize("address", ["404.html", "404.html?sae={0}&feature={0}#{0}"])
def test_the_page_for_what_is_not_there_is_inert(hostile: Visit, address: str) -> None:
    for text in STRINGS[::167]:
        page = hostile.page
        page.goto(hostile.base + address.format(quote(text)))
        assert page.inner_text("h1") == "No such page"
        unharmed(page)


def test_an_address_that_leads_nowhere_is_inert(hostile: Visit) -> None:
    for text in STRINGS[::83]:
        page = hostile.page
        answer = page.goto(hostile.base + quote(text, safe=""))
        assert answer is not None
        assert answer.status == 404
        unharmed(page)
    hostile.faults[:] = [fault for fault in hostile.faults if "Failed to load resource" not in fault]


@pytest.mark.parametrize("feature", SHOWN)
def test_a_dashboard_is_inert(hostile: Visit, feature: int) -> None:
    page = hostile.open(f"feature.html?sae=A&feature={feature}")
    hostile.shows("A", feature)
    assert page.locator(".t").count() > 100
    page.locator(".target").first.hover(force=True)
    page.click("#spaces")
    unharmed(page)


@pytest.mark.parametrize(
    "name", ["features.html?sae=A", "features.html?sae=B", "pairs.html", "compare.html?left=A.4&right=B.4"]
)
def test_a_page_of_all_features_is_inert(hostile: Visit, name: str) -> None:
    page = hostile.open(name)
    for _ in range(12):
        page.mouse.wheel(0, 900)
    unharmed(page)


@pytest.mark.parametrize("name", ["feature.html", "features.html", "pairs.html", "compare.html"])
def test_an_address_is_inert(hostile: Visit, name: str) -> None:
    names = ("sae", "feature", "group", "pin", "context", "a", "b", "left", "right", "label", "token", "sort")
    for text in STRINGS[::167]:
        page = hostile.open(f"{name}?" + "&".join(f"{each}={quote(text)}" for each in names) + f"#{quote(text)}")
        unharmed(page)


def test_what_the_search_finds_is_inert(hostile: Visit) -> None:
    page = hostile.open("feature.html?sae=A&feature=0")
    for text in ("<", '"', "</script>", "javascript:", "<img", "script"):
        page.keyboard.press("/")
        page.locator("input[type=search], #search, [role=combobox]").first.fill(text)
        unharmed(page)


def test_an_exported_file_is_inert(hostile: Visit, hostile_site: Path, tmp_path: Path) -> None:
    export(hostile_site, [("A", feature) for feature in (0, 4, 7)], tmp_path / "picks.html")
    visit, visit_base = hostile, (tmp_path / "picks.html").as_uri()
    visit.base = visit_base
    page = visit.open("?sae=A&feature=4")
    visit.shows("A", 4)
    unharmed(page)
