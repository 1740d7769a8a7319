"""Links say what is seen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit

PERMALINKS = Path(__file__).with_name("permalinks.txt")
LINES = [line.rsplit(maxsplit=2) for line in PERMALINKS.read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("address", "sae", "feature"), LINES)
def test_an_old_link_keeps_working(visit: Visit, address: str, sae: str, feature: str) -> None:
    visit.open(address)
    visit.shows(sae, int(feature))


def test_a_pinned_token_is_in_the_address_and_comes_back(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.locator(".line").nth(2).locator(".t").nth(3).click()
    assert visit.address.endswith("&pin=2.3")
    text = page.locator("#tooltip").inner_text()
    page.reload()
    visit.shows("A", 6)
    assert page.locator("#tooltip.pinned").inner_text() == text
    page.keyboard.press("Escape")
    assert "pin" not in visit.address


def test_a_group_s_title_is_a_link_to_it(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.locator('[data-group="interval-7"] h2 a').click()
    assert visit.address.endswith("&group=interval-7")
    assert page.locator(".asked").get_attribute("data-group") == "interval-7"


def test_the_look_goes_along_to_the_next_feature_and_back(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("w")
    page.click("#spaces")
    assert visit.address.endswith("&wrap=1&spaces=1")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert visit.address.endswith("feature=7&wrap=1&spaces=1")
    page.go_back()
    visit.shows("A", 6)
    assert page.locator("#groups.wrapped").count() == 1


def test_embedded_it_is_one_dashboard_with_a_link_to_the_whole(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6&embed=1")
    assert page.locator(".bar").is_hidden()
    assert page.get_attribute("#open", "href") == "feature.html?sae=A&feature=6"
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert page.locator(".bar").is_hidden()


def test_a_citation_names_feature_release_and_address(visit_with: Callable[..., Visit]) -> None:
    visit = visit_with(permissions=["clipboard-read", "clipboard-write"])
    page = visit.open("feature.html?sae=A&feature=6")
    page.click("#cite")
    page.locator("#said", has_text="copied").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    release = page.evaluate("fetch('manifest.json').then((answer) => answer.json()).then(({ release }) => release)")
    for part in ("SAE A, feature 6", release, visit.address, "accessed 2"):
        assert part in text
