"""An overview in blocks: an even sample first, the rest when asked for."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from featviz.site.build import build_site
from tests.browser.conftest import Visit, served
from tests.synthetic import synthetic_bundle

FEATURES, BLOCK = 40, 10


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site whose two overviews are in four blocks of ten features."""
    out = tmp_path_factory.mktemp("large") / "site"
    synthetic_bundle(out, features=FEATURES, overview_block=BLOCK)
    build_site(out, json.loads((out / "manifest.json").read_text("utf-8")))
    with served(out) as address:
        yield address


@pytest.fixture
def page(visit: Visit, large: str) -> Page:
    visit.base = large
    page = visit.open("features.html?sae=A")
    page.wait_for_selector("html[data-state=ready] .rows .row")
    return page


def test_an_even_sample_comes_first_and_says_what_it_is(visit: Visit, page: Page) -> None:
    assert [url.rsplit("/A/")[1] for url in visit.requests if url.endswith(".zst")] == ["overview/0.zst"]
    assert page.locator(".rows .row .cell:first-child a").all_inner_texts()[:3] == ["A / 0", "A / 4", "A / 8"]
    expect(page.locator("#coarse")).to_contain_text("One feature in 4, evenly spread: 10 of 40.")
    assert page.inner_text("#count") == "10 features"


def test_the_rest_comes_when_asked_for(visit: Visit, page: Page) -> None:
    page.locator("#coarse button").click()
    expect(page.locator("#count")).to_have_text("40 features")
    expect(page.locator("#coarse")).to_be_empty()
    assert page.locator(".rows .row .cell:first-child a").all_inner_texts()[:3] == ["A / 0", "A / 1", "A / 2"]
    page.get_by_role("columnheader", name="density").get_by_role("button").click()
    assert page.locator(".rows .row .cell:first-child a").first.inner_text() == "A / 2"
    assert len([url for url in visit.requests if "/overview/" in url]) == 4


def test_a_block_that_cannot_be_read_is_told_and_asked_for_again(page: Page) -> None:
    page.route("**/overview/2.zst", lambda route: route.fulfill(body=b"no block"))
    button = page.locator("#coarse button")
    button.click()
    expect(button).to_contain_text("cannot be read")
    expect(page.locator("#count")).to_have_text("20 features")
    page.unroute("**/overview/2.zst")
    button.click()
    expect(page.locator("#count")).to_have_text("40 features")


def test_pairs_are_told_from_all_features(visit: Visit, large: str) -> None:
    visit.base = large
    page = visit.open("pairs.html?sae=A&with=B")
    assert page.inner_text("#count") == "40 of 40 features of A"
