"""What a pointer can do a keyboard can, and the focus is never lost."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit.open("feature.html?sae=A&feature=6")
    page.locator(".kwic[role=list]").first.wait_for()
    return page


def pinned(page: Page) -> None:
    page.locator(".t[tabindex]").first.focus()
    page.keyboard.press("Enter")
    page.locator("#tooltip.pinned").wait_for()


def inside(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => !!document.activeElement.closest(selector)", selector))


def test_tab_leads_into_a_pinned_tooltip_and_back(page: Page) -> None:
    pinned(page)
    page.keyboard.press("Tab")
    assert inside(page, "#tooltip button")
    page.keyboard.press("Shift+Tab")
    assert inside(page, ".t.shown")
    for _ in range(page.locator("#tooltip button").count() + 1):
        page.keyboard.press("Tab")
    assert inside(page, ".t.shown")


def test_escape_in_a_pinned_tooltip_leads_back_to_its_token(page: Page) -> None:
    pinned(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert inside(page, ".t")
    assert page.locator("#tooltip").is_hidden()


def test_a_token_in_the_tooltip_is_searched_by_enter_and_escape_leads_back(page: Page) -> None:
    pinned(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#search")).to_be_focused()
    page.locator("#found [role=status]", has_text="feature").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#tooltip button").first).to_be_focused()


def test_a_tooltip_that_is_not_pinned_is_no_stop(page: Page) -> None:
    page.locator(".t[tabindex]").first.focus()
    page.keyboard.press("Tab")
    assert not inside(page, "#tooltip")


def test_arrow_keys_choose_where_to_search(page: Page) -> None:
    page.keyboard.press("/")
    page.fill("#search", "</script>")
    page.locator(".hit").first.wait_for()
    page.keyboard.press("Tab")
    assert inside(page, "[data-facet=fires_on]")
    page.keyboard.press("ArrowRight")
    assert inside(page, "[data-facet=promotes]")
    assert page.get_attribute("[data-facet=promotes]", "aria-checked") == "true"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert inside(page, "[data-facet=label]")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_be_focused()


@pytest.mark.parametrize("name", ["index.html", "features.html", "pairs.html", "compare.html?sae=A&feature=6"])
def test_the_question_mark_leads_to_the_keys_from_other_pages(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("?")
    page.wait_for_url("**/reading.html#keys")
    expect(page.locator("#keys")).to_be_in_viewport()


@pytest.mark.parametrize(
    "name",
    ["index.html", "features.html", "pairs.html", "compare.html?sae=A&feature=6", "feature.html?sae=A&feature=999"],
)
def test_the_tab_key_leads_through_the_page_and_out_of_it(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.wait_for_load_state("networkidle")
    seen = []
    for _ in range(120):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(document.activeElement.dataset.stop ??= document.activeElement === document.body ? 'out' : Math.random())"
        )
        if at == "out" or at in seen:
            break
        seen.append(at)
    assert len(seen) > 8
    assert at == "out" or at == seen[0]
