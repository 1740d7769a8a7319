"""What is known about a token: shown when it is pointed at, focused or tapped."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit, signed

AFFECTED = ".t.helps"


def tooltip(page: Page) -> str:
    return page.locator("#tooltip").inner_text()


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.open("feature.html?sae=A&feature=6")


def test_it_is_hidden_at_first(page: Page) -> None:
    assert page.locator("#tooltip").is_hidden()


def test_hovering_shows_place_activation_effect_and_changed_predictions(page: Page) -> None:
    page.locator(AFFECTED).first.hover()
    text = tooltip(page)
    for part in ("seq ", "pos ", "activation", "loss effect", "helps", "token id", "more likely", "less likely"):
        assert part in text
    assert page.locator("#tooltip tbody tr").count() == 10


def test_it_goes_when_the_pointer_leaves(page: Page) -> None:
    page.locator(AFFECTED).first.hover()
    page.mouse.move(5, 5)
    assert page.locator("#tooltip").is_hidden()


def test_a_click_pins_it_and_escape_closes_it(page: Page) -> None:
    page.locator(AFFECTED).first.click()
    page.mouse.move(5, 5)
    assert page.locator("#tooltip.pinned").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#tooltip").is_hidden()


def test_a_second_click_lets_it_go(page: Page) -> None:
    token = page.locator(AFFECTED).first
    token.click()
    token.click()
    page.mouse.move(5, 5)
    assert page.locator("#tooltip").is_hidden()


def test_a_click_elsewhere_closes_it(page: Page) -> None:
    page.locator(AFFECTED).first.click()
    page.locator("h1").click()
    assert page.locator("#tooltip").is_hidden()


def test_a_tap_shows_it(visit_with: Callable[..., Visit]) -> None:
    page = visit_with(viewport={"width": 390, "height": 844}, has_touch=True).open("feature.html?sae=A&feature=6")
    page.locator(".target").first.tap()
    assert page.locator("#tooltip.pinned").is_visible()


def test_the_tab_key_reaches_one_token_and_the_arrows_the_others(page: Page) -> None:
    assert page.locator(".t[tabindex]").count() == 1
    page.locator(".target").first.focus()
    first = tooltip(page)
    page.keyboard.press("ArrowRight")
    assert tooltip(page) != first
    page.keyboard.press("ArrowLeft")
    assert tooltip(page) == first
    assert page.locator(".t[tabindex]").count() == 1


def test_tab_alone_reaches_the_windows(page: Page) -> None:
    page.locator("#wrap").focus()
    stops = 0
    while not page.evaluate("document.activeElement.matches('.t')"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 40
    assert page.locator("#tooltip").is_visible()


def test_arrows_down_and_up_keep_the_column(page: Page) -> None:
    page.locator(".target").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelectorAll('.target')[1]")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement === document.querySelectorAll('.target')[0]")


def test_arrows_among_tokens_do_not_change_the_feature(visit: Visit, page: Page) -> None:
    page.locator(".target").first.focus()
    page.keyboard.press("ArrowRight")
    visit.shows("A", 6)


def test_enter_pins_and_space_opens_the_line(page: Page) -> None:
    page.locator(".target").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#tooltip.pinned").is_visible()
    page.keyboard.press(" ")
    assert page.locator(".line").first.evaluate("line => line.classList.contains('open')")


def test_the_token_is_described_by_it(page: Page) -> None:
    page.locator(".target").first.focus()
    assert page.locator(".target").first.get_attribute("aria-describedby") == "tooltip"


def test_a_token_that_nothing_affected_says_so(page: Page) -> None:
    page.locator(".after .t:not(.helps):not(.hurts):not(.uncounted)").first.hover()
    assert "No predictions were affected" in tooltip(page)


def test_a_token_that_does_not_count_says_so(page: Page) -> None:
    page.locator(".t.uncounted").first.scroll_into_view_if_needed()
    page.locator(".t.uncounted").first.hover(force=True)
    assert "Not counted" in tooltip(page)


def test_it_quotes_the_token_with_visible_spaces(page: Page) -> None:
    page.locator(".t.target.lead").first.hover()
    assert page.locator("#tooltip .title .chip").inner_text().startswith("·")


@pytest.mark.parametrize("size", [(390, 700), (1024, 500), (1600, 1000)], ids=str)
def test_it_never_leaves_the_screen(visit_with: Callable[..., Visit], size: tuple[int, int]) -> None:
    width, height = size
    page = visit_with(viewport={"width": width, "height": height}).open("feature.html?sae=A&feature=6")
    for place in range(0, page.locator(".target").count(), 9):
        page.locator(".target").nth(place).hover()
        box = page.locator("#tooltip").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height


@pytest.mark.parametrize(
    ("effect", "when"), [("direct", "no firing one position before."), ("exact", "no firing before.")]
)
def test_it_and_the_legend_say_which_effect_is_shown(visit: Visit, site: Path, effect: str, when: str) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8")) | {"effect": effect}
    visit.page.route("**/manifest.json", lambda route: route.fulfill(body=signed(manifest)))
    page = visit.open("feature.html?sae=A&feature=6")
    assert f"{effect} loss effect" in page.locator(".legend").inner_text()
    page.locator(AFFECTED).first.hover()
    assert f"{effect} loss effect" in tooltip(page)
    page.locator(".after .t:not(.helps):not(.hurts):not(.uncounted)").first.hover()
    assert when in tooltip(page)
