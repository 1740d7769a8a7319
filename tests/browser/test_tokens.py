"""Tokens as they are read."""

import json
from pathlib import Path

import pytest
import zstandard
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.open("feature.html?sae=A&feature=6")


@pytest.fixture
def split(visit: Visit, site: Path) -> Page:
    """Feature 6 with a window that begins with the two parts of a character."""
    return split_into(visit, site, {r"\xe2": "e2", r"\x80\x99": "8099"})


def split_into(visit: Visit, site: Path, parts: dict[str, str]) -> Page:
    chunk = json.loads(zstandard.decompress(next(site.glob("data/*/A/0/0.json.zst")).read_bytes()))
    table = chunk["tokens"]
    tokens = chunk["features"][6]["windows"]["tokens"]
    for at, (text, content) in enumerate(parts.items()):
        tokens[at] = len(table["text"])
        table["bytes"][str(len(table["text"]))] = content
        table["text"].append(text)
        table["id"].append(at)
    visit.page.route("**/A/0/0.json.zst", lambda route: route.fulfill(body=json.dumps(chunk)))
    return visit.open("feature.html?sae=A&feature=6&wrap=1")


def test_a_split_character_is_whole_and_its_tokens_keep_their_own_tooltips(split: Page) -> None:
    page = split
    whole = page.locator(".whole").first
    assert whole.locator(".glyph").inner_text() == "’"
    tokens = whole.locator(".t")
    assert tokens.count() == 2
    tokens.nth(0).hover(force=True)
    expect(page.locator("#tooltip .title .chip")).to_have_text("\\xe2")
    tokens.nth(1).hover(force=True)
    expect(page.locator("#tooltip .title .chip")).to_have_text("\\x80\\x99")


def test_a_split_character_that_cannot_be_seen_has_room_for_its_escape(visit: Visit, site: Path) -> None:
    whole = split_into(visit, site, {r"\xe2": "e2", r"\x80\x8d": "808d"}).locator(".whole").first
    assert whole.locator(".glyph").inner_text() == r"\u200d"
    assert whole.evaluate("whole => whole.querySelector('i').offsetWidth <= whole.offsetWidth + 1")


def test_all_spaces_can_be_seen(page: Page) -> None:
    before = page.locator(".t i", has_text="·").count()
    page.click("#spaces")
    assert page.locator(".t i", has_text="·").count() > before
    assert page.get_attribute("#spaces", "aria-pressed") == "true"


def test_a_token_is_marked_on_the_activations_histogram(page: Page) -> None:
    mark = page.locator(".activation_histogram .mark")
    assert mark.is_hidden()
    page.locator(".target").first.hover()
    assert mark.is_visible()
    assert float(mark.evaluate("mark => parseFloat(mark.style.left)")) > 95


def test_a_logit_is_marked_on_the_logits_histogram(page: Page) -> None:
    mark = page.locator(".logit_histogram .mark")
    page.locator(".logit_table .chip.negative").first.focus()
    low = float(mark.evaluate("mark => parseFloat(mark.style.left)"))
    page.locator(".logit_table .chip.positive").first.focus()
    assert float(mark.evaluate("mark => parseFloat(mark.style.left)")) > low
    assert mark.is_visible()


def test_windows_of_five_tokens_on_each_side_offer_no_wider_context(page: Page) -> None:
    assert page.locator("#context").count() == 0
