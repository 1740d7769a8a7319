"""The pages around the viewer."""

import json
from pathlib import Path

import pytest

from tests.browser.conftest import TITLE, Visit

PAGES = [
    "index.html",
    "reading.html",
    "about.html",
    "format.html",
    "publishing.html",
    "sae.html",
    "feature.html",
    "features.html",
    "pairs.html",
    "compare.html",
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_without_a_fault(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.wait_for_load_state("networkidle")
    assert TITLE in page.title()
    assert page.inner_text(".brand") == TITLE


@pytest.mark.parametrize("name", PAGES)
def test_the_page_s_policy_allows_the_site_alone(visit: Visit, name: str) -> None:
    page = visit.open(name)
    policy = page.get_attribute('meta[http-equiv="Content-Security-Policy"]', "content")
    assert policy == "default-src 'self'"


def test_the_home_leads_to_every_saes_picks(visit: Visit) -> None:
    page = visit.open("index.html")
    assert page.locator(".card").count() == 2
    page.locator(".card").nth(1).locator(".picks a").nth(1).click()
    visit.shows("B", 6)


def test_the_navigation_marks_where_one_is(visit: Visit) -> None:
    page = visit.open("index.html")
    page.click(".pages a:has-text('About')")
    assert visit.address.endswith("/about.html")
    assert page.inner_text(".pages [aria-current=page]") == "About"


def test_the_viewer_leads_home(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.click(".brand")
    page.wait_for_selector(".cards")


def test_about_tells_where_the_numbers_come_from(visit: Visit, site: Path) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    text = visit.open("about.html").inner_text("article")
    for fact in (manifest["release"], manifest["created"], manifest["tokens"]["sha256"], manifest["saes"][1]["hash"]):
        assert fact in text
    for name in (*manifest["settings"], *manifest["versions"]):
        assert name in text


@pytest.mark.parametrize(
    "name", ["index.html", "reading.html", "about.html", "format.html", "publishing.html", "sae.html"]
)
def test_links_lead_somewhere(visit: Visit, site: Path, name: str) -> None:
    page = visit.open(name)
    addresses = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    own = {address.removeprefix(visit.base).split("#")[0].split("?")[0] for address in addresses}
    assert own
    assert [path for path in own if not (site / path).is_file()] == []
