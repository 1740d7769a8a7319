"""By keyboard alone: few stops of the Tab key, and every token within reach."""

import pytest

from tests.browser.conftest import Visit


def focus_is_in(visit: Visit, selector: str) -> bool:
    return bool(visit.page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector))


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("feature.html?sae=A&feature=6", "#groups"),
        ("features.html?sae=A", "#body"),
        ("compare.html?sae=A&feature=6", "#body"),
        ("about.html", "main"),
    ],
)
def test_the_first_stop_leads_past_the_header(visit: Visit, address: str, target: str) -> None:
    page = visit.open(address)
    page.keyboard.press("Tab")
    assert focus_is_in(visit, ".skip")
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    visit.settle()
    page.keyboard.press("Tab")
    assert focus_is_in(visit, target)


def test_the_logits_table_is_one_stop_and_its_tokens_are_reached_by_arrows(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    chips = page.locator(".logit_table .chip")
    chips.first.focus()
    for _ in range(11):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("[...document.querySelectorAll('.logit_table .chip')].indexOf(document.activeElement)") == (
        chips.count() // 2
    )
    page.keyboard.press("Enter")
    page.locator(".hit[data-feature]").first.wait_for()
    assert page.get_attribute("[data-facet=promotes]", "aria-checked") == "true"


def test_few_stops_lead_through_a_dashboard(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    stops = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, [tabindex]')]"
        ".filter((each) => each.tabIndex >= 0 && each.checkVisibility() && !each.closest('dialog')).length"
    )
    groups = page.locator(".group h2 a").count()
    links = page.locator("#left a").count()
    assert stops - groups - links <= 24


def test_the_other_pages_stay_with_the_sae(visit: Visit) -> None:
    page = visit.open("feature.html?sae=B&feature=6")
    page.click("text=All features")
    page.wait_for_selector("html[data-state=ready][data-sae=B] .rows .row")
    page.click(".pages >> text=Dashboards")
    visit.settle()
    assert page.inner_text("h1").startswith("B / ")
