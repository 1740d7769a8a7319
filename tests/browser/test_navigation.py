"""From feature to feature, by link, key and address."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import Visit


def query(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.address).query)


def test_a_permalink_opens_its_feature(visit: Visit) -> None:
    visit.open("feature.html?sae=B&feature=20")
    visit.shows("B", 20)
    assert visit.page.inner_text("h1") == "B / 20"


def test_unknown_parameters_are_ignored(visit: Visit) -> None:
    visit.open("feature.html?from=mail&feature=20&sae=B&x=%3Cscript%3E#part")
    visit.shows("B", 20)


def test_without_parameters_it_is_the_first_pick_and_gets_its_permalink(visit: Visit) -> None:
    visit.open("feature.html")
    visit.shows("A", 0)
    assert query(visit) == {"sae": ["A"], "feature": ["0"]}


def test_the_arrows_lead_to_the_neighbours(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.click("#next")
    visit.shows("A", 7)
    page.click("#previous")
    visit.shows("A", 6)


def test_the_ends_have_no_neighbour(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=0")
    assert page.get_attribute("#previous", "href") is None
    visit.open("feature.html?sae=A&feature=63")
    assert page.get_attribute("#next", "href") is None


def test_the_address_follows_and_back_and_forward_work(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert query(visit) == {"sae": ["A"], "feature": ["7"]}
    page.go_back()
    visit.shows("A", 6)
    page.go_forward()
    visit.shows("A", 7)


@pytest.mark.parametrize(("key", "feature"), [("ArrowRight", 21), ("j", 21), ("ArrowLeft", 19), ("k", 19)])
def test_keys_lead_to_the_neighbours(visit: Visit, key: str, feature: int) -> None:
    visit.open("feature.html?sae=A&feature=20").keyboard.press(key)
    visit.shows("A", feature)


def test_keys_do_nothing_beyond_the_ends(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 1)


def test_many_quick_steps_end_at_the_last(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=0")
    for _ in range(20):
        page.keyboard.press("j")
    visit.shows("A", 20)
    assert page.inner_text("h1") == "A / 20"


def test_the_number_leads_to_a_feature(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("g")
    page.keyboard.type("33")
    page.keyboard.press("Enter")
    visit.shows("A", 33)


def test_keys_typed_into_the_number_are_not_commands(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.focus("#number")
    page.keyboard.type("jr?")
    visit.shows("A", 6)
    assert page.input_value("#number") == "6jr?" or page.input_value("#number") == "jr?6"


def test_random_leads_to_a_feature_of_the_same_sae(visit: Visit) -> None:
    page = visit.open("feature.html?sae=B&feature=6")
    page.evaluate("Math.random = () => 0.5")
    page.click("#random")
    visit.shows("B", 32)
    page.evaluate("Math.random = () => 0.999")
    page.keyboard.press("r")
    visit.shows("B", 63)


def test_the_choice_of_an_sae_leads_to_its_first_pick(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=20")
    page.select_option("#sae", "B")
    visit.shows("B", 0)


def test_a_correlated_feature_is_a_link_there_and_back(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    link = page.locator('.correlated_features td a[href*="sae=B"]').first
    feature = int(link.inner_text().removeprefix("B / "))
    link.click()
    visit.shows("B", feature)
    back = page.locator('.correlated_features td a[href*="sae=A"]').first
    feature = int(back.inner_text().removeprefix("A / "))
    back.click()
    visit.shows("A", feature)


def test_a_link_opens_in_a_window_of_its_own_when_asked(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    with page.context.expect_page() as opened:
        page.locator(".correlated_features td a").first.click(modifiers=["Control"])
    opened.value.wait_for_selector('html[data-state=ready][data-sae="B"]')
    visit.shows("A", 6)


def test_the_link_can_be_copied(visit_with: Callable[..., Visit]) -> None:
    visit = visit_with(permissions=["clipboard-read", "clipboard-write"])
    page = visit.open("feature.html?sae=A&feature=6")
    page.click("#copy")
    page.locator("#copy", has_text="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{visit.base}feature.html?sae=A&feature=6"


def test_help_opens_and_closes_by_key(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()


def test_the_next_feature_of_a_chunk_needs_no_more_data(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert len([url for url in visit.requests if "/data/" in url]) == 1


def test_the_page_starts_at_its_top_after_a_step(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.evaluate("scrollTo(0, 900)")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert page.evaluate("scrollY") == 0


def test_the_best_match_can_be_seen_side_by_side(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.get_by_role("link", name="side by side").click()
    page.wait_for_url("**/compare.html?sae=A&feature=6&with=B")
    page.wait_for_selector('html[data-state="ready"]')
