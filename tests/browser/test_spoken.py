"""What a screen reader is told: Chromium's accessibility tree of every page."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

PAGES = [
    "index.html",
    "features.html?sae=A",
    "pairs.html",
    "compare.html?sae=A&feature=6",
    "reading.html",
    "about.html",
    "404.html",
    "feature.html?sae=A&feature=6",
    "feature.html?sae=A&feature=1",
    "feature.html?sae=A&feature=999",
    "feature.html?sae=A&feature=6&embed=1",
]
NAMED = {
    *("button", "checkbox", "columnheader", "combobox", "grid", "image", "link", "navigation", "searchbox"),
    *("slider", "textbox"),
}
"""Roles of which each must have a name."""


class Node:
    """One node of the tree: its role, its name, what describes it, and its other properties."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.role, self.name, self.description, self.text = (
            str(raw.get(key, {}).get("value", "")) for key in ("role", "name", "description", "value")
        )
        self.facts = {fact["name"]: fact["value"].get("value") for fact in raw.get("properties", [])}


Heard = Callable[[str], list[Node]]


def tree(page: Page) -> list[Node]:
    """The nodes in the order in which they are read."""
    raw = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in raw}

    def walk(node: dict[str, Any]) -> Iterator[Node]:
        if not node["ignored"]:
            yield Node(node)
        for child in node.get("childIds", []):
            yield from walk(by_id[child])

    return list(walk(raw[0]))


def spoken(visit: Visit, address: str) -> list[Node]:
    """The tree of a page that has settled and has named what it names later."""
    page = visit.open(address)
    page.wait_for_load_state("networkidle")
    if page.locator("#dashboard .kwic, .side .kwic").count():
        page.locator(".kwic[role=list]").first.wait_for()
    return tree(page)


@pytest.fixture(scope="module")
def trees() -> dict[str, list[Node]]:
    """What was heard of each page."""
    return {}


@pytest.fixture
def heard(trees: dict[str, list[Node]], visit_with: Callable[..., Visit]) -> Heard:
    """The tree of a page, which is opened once for all tests that only listen."""

    def listen(address: str) -> list[Node]:
        if address not in trees:
            trees[address] = spoken(visit_with(), address)
        return trees[address]

    return listen


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_title_and_no_level_of_headings_is_skipped(heard: Heard, address: str) -> None:
    levels = [int(node.facts["level"]) for node in heard(address) if node.role == "heading"]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("address", PAGES)
def test_what_is_heard_alone_has_a_name(heard: Heard, address: str) -> None:
    nodes = [node for node in heard(address) if node.role in NAMED]
    assert nodes
    assert [(node.role, node.facts) for node in nodes if not node.name.strip()] == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_main_part(heard: Heard, address: str) -> None:
    assert [node.role for node in heard(address)].count("main") == 1


@pytest.mark.parametrize("address", ["feature.html?sae=A&feature=6", "compare.html?sae=A&feature=6"])
def test_each_table_is_named(heard: Heard, address: str) -> None:
    names = [node.name for node in heard(address) if node.role == "table"]
    assert names
    assert all(names)


def test_windows_are_items_of_lists_named_by_their_groups(visit: Visit) -> None:
    nodes = spoken(visit, "feature.html?sae=A&feature=6")
    lists = [node.name for node in nodes if node.role == "list"]
    assert lists[0].startswith("Top activations ")
    assert lists[-1].startswith("Bottom activations ")
    assert len([node for node in nodes if node.role == "listitem"]) == visit.page.locator(".line").count()


def test_a_line_s_end_says_what_its_number_is(visit: Visit) -> None:
    nodes = spoken(visit, "feature.html?sae=A&feature=6")
    ends = [node for node in nodes if node.role == "button" and "Show the whole line" in node.description]
    assert ends
    assert all(node.name.endswith(", activation") for node in ends)
    assert all(" " in node.name.split(",")[0] for node in ends if node.name.startswith("×"))


def test_names_come_again_with_the_next_feature_and_another_look(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.locator(".kwic[role=list]").first.wait_for()
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    page.locator(".kwic[role=list]").first.wait_for()
    page.click("#spaces")
    page.locator(".kwic[role=list]").first.wait_for()
    visit.until("!document.querySelector('.line .more:not([aria-label]), .panel table:not([aria-label])')")


def test_a_new_feature_is_announced(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    live = page.locator("[aria-live]", has=page.locator("h1"))
    assert live.locator("h1").inner_text() == "A / 6"
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert live.locator("h1").inner_text() == "A / 7"


def test_a_failure_is_an_alert(visit: Visit) -> None:
    assert any(node.role == "alert" for node in spoken(visit, "feature.html?sae=A&feature=999"))


@pytest.mark.parametrize("text", ["</script>", "☃☃☃"])
def test_how_many_are_found_is_announced(visit: Visit, text: str) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("/")
    page.fill("#search", text)
    page.locator("#found [role=status]", has_text="found" if text == "☃☃☃" else "strongest first").wait_for()
    statuses = [node for node in tree(page) if node.role == "status" and node.facts.get("live") == "polite"]
    assert statuses


def test_a_result_says_feature_token_and_reason(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("/")
    page.fill("#search", "</script>")
    page.locator(".hit[data-feature]").first.wait_for()
    option = next(node for node in tree(page) if node.role == "option" and node.name.startswith("A / "))
    assert "</script>" in option.name
    assert "top windows" in option.name


def test_the_filter_s_count_is_announced(visit: Visit) -> None:
    page = visit.open("features.html?sae=A")
    page.locator("#filter select").select_option("dead")
    visit.until("document.querySelector('#count').textContent.includes(' of ')")
    assert page.get_attribute("#count", "role") == "status"


def test_a_focused_token_is_a_button_that_its_tooltip_describes(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.locator(".kwic[role=list]").first.wait_for()
    page.locator(".t[tabindex]").first.focus()
    page.keyboard.press("ArrowRight")
    node = next(node for node in tree(page) if node.facts.get("focused") and node.role != "RootWebArea")
    assert node.role == "button"
    assert node.name
    assert "activation" in node.description


def test_the_threshold_of_pairs_says_its_number(visit: Visit) -> None:
    slider = next(node for node in spoken(visit, "pairs.html") if node.role == "slider")
    assert slider.name == "a match correlates by at least"
    assert visit.page.get_attribute("#threshold", "aria-valuetext") == visit.page.inner_text("#threshold-value")


def test_no_token_is_a_stop_of_its_own(visit_with: Callable[..., Visit]) -> None:
    """Hundreds of spans are text in their line; one of them is in the Tab order."""
    nodes = spoken(visit_with(), "feature.html?sae=A&feature=6")
    assert len([node for node in nodes if node.facts.get("focusable")]) < 250
