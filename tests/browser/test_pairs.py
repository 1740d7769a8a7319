"""Two SAEs side by side: all pairs, and one pair."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, signed


def kinds(page: Page) -> list[int]:
    return [int(text.replace(",", "")) for text in page.locator(".kind b").all_inner_texts()]


def test_every_feature_is_of_one_kind_and_the_threshold_moves_them(visit: Visit) -> None:
    page = visit.open("pairs.html?sae=A")
    before = kinds(page)
    assert sum(before) == 64
    assert before[3] == 1
    page.locator("#threshold").fill("0")
    after = kinds(page)
    assert sum(after) == 64
    assert after[2] < before[2]
    assert "threshold=0&" in visit.address


def test_a_kind_filters_the_table_and_stands_in_the_address(visit: Visit) -> None:
    page = visit.open("pairs.html?sae=A")
    page.locator(".kind").nth(3).click()
    expect(page.locator("#count")).to_have_text("1 of 64 features of A")
    assert "kind=dead" in visit.address
    page.reload()
    expect(page.locator(".kind").nth(3)).to_have_attribute("aria-pressed", "true")


def test_a_mangled_threshold_is_as_at_first(visit: Visit) -> None:
    assert visit.open("pairs.html?sae=A&threshold=x&kind=%3Cb%3E&sort=no").inner_text("#threshold-value") == "+0.70"


def test_a_pair_opens_side_by_side(visit: Visit) -> None:
    page = visit.open("pairs.html?sae=A")
    page.locator(".rows .row a[href^='compare.html']").first.click()
    page.wait_for_selector("html[data-state=ready] .side")
    assert page.locator(".side").count() == 2


def test_a_single_sae_has_nothing_to_compare(visit: Visit, site: Path) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    manifest["saes"] = manifest["saes"][:1]
    manifest["saes"][0]["correlated_with"] = ["A"]
    visit.page.route("**/manifest.json", lambda route: route.fulfill(body=signed(manifest)))
    assert "Nothing to compare" in visit.open("pairs.html").inner_text("#body")


def test_a_feature_stands_beside_its_best_match(visit: Visit) -> None:
    page = visit.open("compare.html?sae=A&feature=6")
    assert page.locator(".side h2 a").first.inner_text() == "A / 6"
    assert page.locator(".ways [aria-current=page]").inner_text().startswith("B / ")
    assert page.locator(".side").nth(1).locator(".line").count() == 20


def test_a_feature_beside_itself_has_all_windows_in_common(visit: Visit) -> None:
    page = visit.open("compare.html?sae=A&feature=6&with=A&other=6")
    assert "20 of 20 and 20 of 20" in page.inner_text(".between")
    assert page.locator(".side").first.locator(".mate").count() == 20
    page.locator(".side").first.locator(".line").nth(2).hover()
    expect(page.locator(".side").nth(1).locator(".line").nth(2)).to_have_class("line lit")


def test_a_token_has_its_tooltip_on_either_side(visit: Visit) -> None:
    page = visit.open("compare.html?sae=A&feature=6")
    for side in (0, 1):
        page.locator(".side").nth(side).locator(".target").first.hover()
        assert "activation" in page.inner_text("#tooltip")


def test_a_dead_feature_says_why_nothing_stands_beside_it(visit: Visit) -> None:
    assert "never fired" in visit.open("compare.html?sae=A&feature=1").inner_text("#body")


def test_an_unknown_feature_is_told(visit: Visit) -> None:
    assert "0 to 63" in visit.open("compare.html?sae=A&feature=64").inner_text("#body")
