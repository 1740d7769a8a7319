"""axe-core finds nothing on any page, and the theme can be chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from featviz.site.build import template_folder
from tests.browser.conftest import Visit

AXE = template_folder() / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [
    "index.html",
    "features.html",
    "pairs.html",
    "compare.html?sae=A&feature=6",
    "reading.html",
    "about.html",
    "format.html",
    "404.html",
    "feature.html?sae=A&feature=6&pin=0.3",
    "feature.html?sae=A&feature=1",
    "feature.html?sae=A&feature=999",
    "feature.html?sae=A&feature=6&embed=1&wrap=1",
]


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text("utf-8"))
    # what passes is hundreds of times as much as what does not: it stays in the page
    found = page.evaluate("tags => axe.run(document, { runOnly: tags }).then(({ violations }) => violations)", TAGS)
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found]


@pytest.fixture(autouse=True)
def axe() -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm ci in site_template)")


@pytest.mark.parametrize("size", [(1600, 1000), (390, 844)], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_wcag(visit_with: Callable[..., Visit], site: Path, scheme: str, size: tuple[int, int]) -> None:
    visit = visit_with(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    found = {}
    for address in PAGES:
        if not (site / address.split("?")[0]).is_file():
            continue
        visit.page.goto(visit.base + address)
        visit.page.wait_for_load_state("networkidle")
        found[address] = violations(visit.page)
    assert {address: rules for address, rules in found.items() if rules} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_dialog_breaks_wcag(visit_with: Callable[..., Visit], scheme: str) -> None:
    page = visit_with(color_scheme=scheme).open("feature.html?sae=A&feature=6")
    page.keyboard.press("/")
    page.keyboard.type("be")
    page.locator(".hit").first.wait_for()
    found = violations(page)
    page.keyboard.press("Escape")
    page.locator("#search").blur()
    for key in ("n", "?"):
        page.keyboard.press(key)
        page.locator("dialog[open]").wait_for()
        found += violations(page)
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    assert found == []


def test_the_theme_is_chosen_and_remembered(visit_with: Callable[..., Visit]) -> None:
    visit = visit_with(color_scheme="light")
    page = visit.open("feature.html?sae=A&feature=6")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert page.evaluate(paper) != light
    visit.open("reading.html")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate(paper) != light
