"""Finding features by tokens and labels."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from featviz.site.build import build_site
from tests.browser.conftest import Visit, served, signed
from tests.synthetic import Shape, synthetic_bundle


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.open("feature.html?sae=A&feature=6")


def type_in(page: Page, text: str, facet: str = "fires_on") -> None:
    page.keyboard.press("/")
    page.locator(f'[data-facet="{facet}"]').click()
    page.keyboard.type(text)


def test_the_slash_key_a_token_and_enter_lead_to_a_feature_that_fires_on_it(visit: Visit, page: Page) -> None:
    type_in(page, "</script>")
    hit = page.locator(".hit[data-feature]").first
    hit.wait_for()
    feature = int(hit.get_attribute("data-feature") or "")
    expect(page.locator(".preview mark")).to_have_count(1)
    page.keyboard.press("Enter")
    visit.shows("A", feature)
    assert page.locator("#found").is_hidden()


def test_it_takes_two_requests_after_the_vocabulary(visit: Visit, page: Page) -> None:
    type_in(page, "</scr")
    page.locator(".preview mark").wait_for()
    asked = [url for url in visit.requests if "/search/" in url]
    assert [url for url in asked if "vocabulary" in url] != []
    assert len(asked) <= 3


def test_the_box_is_a_combobox_that_names_its_option(page: Page) -> None:
    type_in(page, "</script>")
    page.locator(".hit[data-feature]").first.wait_for()
    box = page.locator("#search")
    assert box.get_attribute("aria-expanded") == "true"
    assert box.get_attribute("aria-controls") == "hits"
    page.keyboard.press("ArrowDown")
    option = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert option.get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"


def test_several_tokens_are_searched_by_their_parts(page: Page) -> None:
    type_in(page, "</script>be")
    page.locator(".hit[data-feature]").first.wait_for()
    expect(page.locator("#found [role=status]")).to_contain_text("found by its parts")
    assert page.locator(".spellings [data-entry]").count() >= 2


def test_each_facet_says_how_many_features_it_has(page: Page) -> None:
    type_in(page, "</script>")
    page.locator(".hit[data-feature]").first.wait_for()
    said = page.locator("#found [role=status]").inner_text()
    number = page.inner_text("[data-facet=fires_on]").removeprefix("fires on").strip()
    assert said.startswith(f"{number} feature")
    page.locator("[data-facet=promotes]").click()
    expect(page.locator("#found [role=status]")).not_to_have_text(said)
    assert page.inner_text("[data-facet=fires_on]") == f"fires on {number}"


def test_the_preview_shows_a_window_that_has_the_token(page: Page) -> None:
    type_in(page, "</script>")
    for _ in range(page.locator(".hit[data-feature]").count()):
        expect(page.locator(".preview mark")).to_have_text("</script>")
        page.keyboard.press("ArrowDown")


def test_a_line_end_is_typed_as_its_mark(page: Page) -> None:
    type_in(page, "\\n")
    expect(page.locator(".hit[data-feature] .chip i").first).to_have_text("↵")


def test_a_site_without_labels_says_so(visit: Visit, tmp_path: Path) -> None:
    synthetic_bundle(tmp_path, 4, ("A",), shape=Shape(d_sae=4))
    build_site(tmp_path, json.loads((tmp_path / "manifest.json").read_text("utf-8")))
    with served(tmp_path) as visit.base:
        type_in(visit.open("feature.html?sae=A&feature=0"), "tag", "label")
        expect(visit.page.locator("#found [role=status]")).to_contain_text("has a label")


def test_a_token_in_the_logits_table_is_searched_by_a_click(page: Page) -> None:
    page.locator(".logit_table .chip.positive").first.click()
    page.locator(".hit[data-feature='6']").wait_for()
    assert page.get_attribute("[data-facet=promotes]", "aria-checked") == "true"


def test_a_label_s_word_finds_it(visit: Visit, page: Page) -> None:
    type_in(page, "closing tags", "label")
    page.locator(".hit[data-feature='4']").click()
    visit.shows("A", 4)


def test_nonsense_finds_nothing_calmly(page: Page) -> None:
    type_in(page, "zzqqxx<b>")
    expect(page.locator("#found [role=status]")).to_contain_text("No feature is found")


def test_enter_waits_for_what_is_typed_and_takes_nothing_of_what_was_found_before(visit: Visit, page: Page) -> None:
    type_in(page, "</script>")
    page.locator(".hit[data-feature]").first.wait_for()
    page.locator("#search").fill("zzqqxx<b>")
    page.keyboard.press("Enter")
    expect(page.locator("#found [role=status]")).to_contain_text("No feature is found")
    assert "feature=6" in visit.address
    found = page.locator("#search")
    found.fill("</script>")
    found.press("Enter")
    page.wait_for_selector("#found", state="hidden")
    assert "feature=6" not in visit.address


def test_a_damaged_index_is_told_and_the_dashboard_stays(page: Page) -> None:
    page.route("**/search/vocabulary.json.zst", lambda route: route.fulfill(body=b"{}"))
    type_in(page, "a")
    expect(page.locator("#found [role=status]")).to_contain_text("cannot be read")
    assert page.locator(".line").count() > 0


def test_a_site_without_an_index_says_so(visit: Visit, page: Page) -> None:
    def without(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        manifest = answer.json()
        for sae in manifest["saes"]:
            del sae["parts"]
        route.fulfill(body=signed(manifest))  # type: ignore[attr-defined]

    page.route("**/manifest.json", without)
    page.reload()
    visit.shows("A", 6)
    type_in(page, "a")
    expect(page.locator("#found [role=status]")).to_contain_text("without a search index")


@pytest.mark.parametrize("name", ["features.html?sae=A", "pairs.html?sae=A", "compare.html?sae=A&feature=6"])
def test_the_other_pages_search_too(visit: Visit, name: str) -> None:
    page = visit.open(name)
    type_in(page, "</script>")
    hit = page.locator(".hit[data-feature]").first
    feature = int(hit.get_attribute("data-feature") or "")
    page.keyboard.press("Enter")
    visit.shows("A", feature)


def test_a_token_in_a_comparison_is_searched_in_its_own_sae(visit: Visit) -> None:
    page = visit.open("compare.html?sae=A&feature=6")
    page.locator(".side").nth(1).locator(".logit_table .chip.negative").first.click()
    expect(page.locator(".hit[data-feature] b").first).to_contain_text("B / ")
    assert page.get_attribute("[data-facet=suppresses]", "aria-checked") == "true"
    page.keyboard.press("Escape")
    page.locator(".side").first.locator(".target").first.click()
    page.locator("#tooltip .chip").first.click()
    expect(page.locator(".hit[data-feature] b").first).to_contain_text("A / ")


@pytest.mark.parametrize("sae", ["A", "B"])
def test_the_home_page_searches_the_sae_of_choice(visit: Visit, sae: str) -> None:
    page = visit.open("index.html")
    page.select_option("#choice", sae)
    type_in(page, "</script>")
    hit = page.locator(".hit[data-feature]").first
    hit.wait_for()
    feature = int(hit.get_attribute("data-feature") or "")
    page.keyboard.press("Enter")
    visit.shows(sae, feature)
