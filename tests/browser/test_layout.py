"""Nothing overflows, columns follow the width, and text can be read in both themes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

ADDRESSES = [
    "feature.html?sae=A&feature=6",
    "feature.html?sae=A&feature=2",
    "feature.html?sae=A&feature=1",
    "feature.html?sae=A&feature=999",
    "features.html?sae=A",
    "pairs.html?sae=A",
    "compare.html?sae=A&feature=6",
    "index.html",
    "reading.html",
    "about.html",
    "format.html",
]
TEXT = (
    "h1, h2 span, p, a[href], th, td, dt, dd, li, code, .muted, .note, .tick, .readout, .more, .button,"
    " .chip, .chip i, .t, .t i"
)
CONTRAST = """
(selector) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  return [...document.querySelectorAll(selector)].map((element) => {
    const under = [];
    for (let at = element; at; at = at.parentElement) under.unshift(getComputedStyle(at).backgroundColor);
    under.forEach(paint);
    const ground = light(canvas.getImageData(0, 0, 1, 1).data);
    paint(getComputedStyle(element).color);
    const ink = light(canvas.getImageData(0, 0, 1, 1).data);
    return { text: element.textContent, contrast: (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) };
  });
}
"""


def width_of(page: Page) -> Any:
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("width", [390, 640, 1024, 1180, 1600])
def test_nothing_overflows(visit_with: Callable[..., Visit], width: int) -> None:
    visit = visit_with(viewport={"width": width, "height": 900})
    overflowing = {address: width_of(visit.open(address)) for address in ADDRESSES}
    assert {address: found for address, found in overflowing.items() if found > width} == {}


@pytest.mark.parametrize("width", [1024, 1190, 1280, 1366, 1440])
@pytest.mark.parametrize("page_name", ["feature.html?sae=A&feature=6", "features.html?sae=A", "pairs.html?sae=A"])
def test_the_header_is_one_line_whatever_the_title(
    visit_with: Callable[..., Visit], page_name: str, width: int
) -> None:
    page = visit_with(viewport={"width": width, "height": 900}).open(page_name)
    page.locator(".brand").evaluate("brand => { brand.textContent = 'Residual streams of a small model, '.repeat(3); }")
    assert page.locator(".bar").evaluate("bar => [...bar.children].filter(e => e.offsetTop > 40).map(e => e.id)") == []


@pytest.mark.parametrize(
    ("width", "order"),
    [(1600, ["left", "middle", "right"]), (1024, ["middle", "right"]), (390, ["right"])],
)
def test_columns_follow_the_width(visit_with: Callable[..., Visit], width: int, order: list[str]) -> None:
    page = visit_with(viewport={"width": width, "height": 900}).open("feature.html?sae=A&feature=6")
    boxes = {name: page.locator(f"#{name}").bounding_box() for name in ("left", "middle", "right")}
    highest = min(box["y"] for box in boxes.values() if box)
    beside = {name: box for name, box in boxes.items() if box and box["y"] == highest}
    assert sorted(beside, key=lambda name: beside[name]["x"]) == order


def test_a_phone_shows_windows_then_histograms_and_logits_then_tables(visit_with: Callable[..., Visit]) -> None:
    page = visit_with(viewport={"width": 390, "height": 844}).open("feature.html?sae=A&feature=6")
    tops = page.evaluate(
        "['right', 'middle', 'left'].map(id => document.getElementById(id).getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)


def test_a_phone_reaches_copy_and_cite_by_a_menu(visit_with: Callable[..., Visit]) -> None:
    page = visit_with(viewport={"width": 390, "height": 844}).open("feature.html?sae=A&feature=6")
    copy, cite = page.locator("#copy"), page.locator("#cite")
    expect(copy).to_be_hidden()
    page.locator("#more").click()
    expect(copy).to_be_in_viewport(ratio=1)
    expect(cite).to_be_in_viewport(ratio=1)
    cite.click()
    expect(page.locator("#said")).not_to_be_empty()


def test_groups_flow_in_another_number_of_columns_when_the_window_changes(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    columns = page.locator("#groups > .column")
    assert columns.count() == 2
    page.set_viewport_size({"width": 2200, "height": 1000})
    expect(columns).to_have_count(3)
    page.set_viewport_size({"width": 1000, "height": 1000})
    expect(columns).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(visit_with: Callable[..., Visit], scheme: str) -> None:
    visit = visit_with(color_scheme=scheme)
    found = {address: visit.open(address).evaluate(CONTRAST, TEXT) for address in ADDRESSES}
    assert all(found.values())
    assert [text for texts in found.values() for text in texts if text["contrast"] < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system(visit_with: Callable[..., Visit], scheme: str) -> None:
    page = visit_with(color_scheme=scheme).open("feature.html?sae=A&feature=6")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(250, 249, 247)" if scheme == "light" else "rgb(20, 19, 18)")


def test_the_focus_can_be_seen(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
