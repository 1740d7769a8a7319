"""All features of an SAE at a glance: picture, table and filter, linked both ways."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from featviz.site.build import build_site
from tests.browser.conftest import Visit, served, signed
from tests.browser.overview_site import many_features

MANY = 4096


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[str]:
    """The address of a site whose overviews hold 4,096 features."""
    out = tmp_path_factory.mktemp("many") / "site"
    manifest = many_features(site, out, MANY)
    build_site(out, manifest)
    with served(out) as address:
        yield address


def opened(visit: Visit, address: str = "features.html?sae=A") -> Page:
    page = visit.open(address)
    page.wait_for_selector("html[data-state=ready] .rows .row")
    return page


def first_features(page: Page, size: int = 3) -> list[str]:
    return page.locator(".rows .row .cell:first-child a").all_inner_texts()[:size]


def test_every_feature_is_listed_the_dead_one_as_dead(visit: Visit) -> None:
    page = opened(visit)
    assert page.get_attribute(".grid", "aria-rowcount") == "65"
    assert page.locator(".rows .row").nth(1).inner_text().split()[:5] == ["A", "/", "1", "☆", "dead"]
    assert page.inner_text("#count") == "64 features"


def test_a_heading_sorts_by_its_column_and_says_so(visit: Visit) -> None:
    page = opened(visit)
    heading = page.get_by_role("columnheader", name="density")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert first_features(page, 1) == ["A / 2"]
    assert "sort=density&order=descending" in visit.address
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")


@pytest.mark.parametrize(
    ("query", "features"),
    [("show=dead", ["A / 1"]), ("labelled=1", ["A / 4"]), ("text=quotes", ["A / 4"]), ("density=0.9..", ["A / 2"])],
)
def test_the_address_says_what_passes(visit: Visit, query: str, features: list[str]) -> None:
    assert first_features(opened(visit, f"features.html?sae=A&{query}")) == features


def test_a_typed_text_filters_and_stands_in_the_address(visit: Visit) -> None:
    page = opened(visit)
    page.fill("input[name=text]", "closing </script>")
    expect(page.locator("#count")).to_have_text("1 of 64 features")
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    assert page.input_value("input[name=text]") == "closing </script>"
    page.click("text=reset")
    expect(page.locator("#count")).to_have_text("64 features")


def test_what_nothing_passes_is_said(visit: Visit) -> None:
    assert "Nothing passes" in opened(visit, "features.html?sae=A&text=zzzzzz").inner_text(".rows")


def with_notes(visit: Visit, notes: dict[str, object]) -> Page:
    """The table of a reader who has written these notes on A."""
    page = opened(visit)
    file = {"format": "featviz-notes", "version": 1, "notes": {"A": notes}}
    page.evaluate("notes => localStorage.setItem('featviz:notes:/', notes)", json.dumps(file))
    return opened(visit)


def test_starred_features_are_marked_and_can_be_filtered_by(visit: Visit) -> None:
    page = with_notes(visit, {"7": {"star": True, "text": ""}})
    assert page.locator(".star[aria-pressed=true]").count() == 1
    page.check("input[name=starred]")
    expect(page.locator("#count")).to_have_text("1 of 64 features")
    assert first_features(page) == ["A / 7"]


def test_a_click_in_the_table_stars_a_feature(visit: Visit) -> None:
    page = opened(visit)
    star = page.get_by_role("button", name="star A / 3", exact=True)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    visit.open("feature.html?sae=A&feature=3")
    expect(page.locator("#note")).to_have_text("★")


def test_notes_stand_in_the_table_and_are_found_and_exported(visit: Visit) -> None:
    page = with_notes(visit, {"7": {"star": True, "text": "Seen in <b>loops</b>"}, "9": {"star": False, "text": "no"}})
    page.fill("input[name=text]", "in <b>LOOPS")
    expect(page.locator("#count")).to_have_text("1 of 64 features")
    assert page.locator(".rows .row .label").last.inner_text() == "Seen in <b>loops</b>"
    with page.expect_download() as download:
        page.click("#export")
    row = next(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert (row["starred"], row["note"]) == ("1", "Seen in <b>loops</b>")


def test_a_brushed_rectangle_filters_the_table_and_the_fields_move_the_rectangle(visit: Visit) -> None:
    page = opened(visit)
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 160, steps=4)
    page.mouse.up()
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d+ of 64"))
    assert re.search(r"density=[\d.e-]+\.\.[\d.]+&max=", visit.address)
    before = page.locator(".band").bounding_box()
    page.fill("input[name=max-from]", "")
    assert before is not None
    visit.until("height => document.querySelector('.band').offsetHeight > height", before["height"])


def drag_finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    session = page.context.new_cdp_session(page)
    for kind, points in (("touchStart", [start]), ("touchMove", [end]), ("touchEnd", [])):
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_a_finger_draws_a_rectangle_where_it_is_told_to(visit_with: Callable[..., Visit]) -> None:
    visit = visit_with(viewport={"width": 390, "height": 844}, has_touch=True)
    page = opened(visit)
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.locator(".brush").tap()
    drag_finger(page, (box["x"] + 60, box["y"] + 20), (box["x"] + 300, box["y"] + 120))
    expect(page.locator("#count")).to_have_text(re.compile(r"^\d+ of 64"))
    assert "density=" in visit.address


def test_a_finger_s_first_tap_names_a_point_and_the_second_opens_it(visit_with: Callable[..., Visit]) -> None:
    visit = visit_with(viewport={"width": 390, "height": 844}, has_touch=True)
    page = opened(visit, "features.html?sae=A&density=0.9..")
    page.focus(".grid")
    page.locator(".ring").scroll_into_view_if_needed()
    ring = page.locator(".ring").bounding_box()
    assert ring is not None
    page.touchscreen.tap(ring["x"] + 6, ring["y"] + 6)
    expect(page.locator(".tip .name")).to_have_text("A / 2")
    page.touchscreen.tap(ring["x"] + 6, ring["y"] + 6)
    visit.shows("A", 2)


def test_a_point_is_named_and_opens_its_dashboard(visit: Visit) -> None:
    page = opened(visit, "features.html?sae=A&density=0.9..")
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.locator(".rows .row").first.hover()
    ring = page.locator(".ring").bounding_box()
    assert ring is not None
    page.mouse.move(ring["x"] + 6, ring["y"] + 6)
    assert "A / 2" in page.inner_text(".tip")
    page.mouse.down()
    page.mouse.up()
    visit.shows("A", 2)


def test_the_keyboard_goes_through_the_rows_and_opens_one(visit: Visit) -> None:
    page = opened(visit)
    page.focus(".grid")
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    active = page.get_attribute(".grid", "aria-activedescendant")
    assert active == "cell-62-2"
    assert page.locator(f"#{active}").is_visible()
    page.keyboard.press("Enter")
    visit.shows("A", 62)


def test_the_filtered_table_is_a_csv_file(visit: Visit) -> None:
    page = opened(visit, "features.html?sae=A&labelled=1")
    with page.expect_download() as download:
        page.click("#export")
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["feature"] for row in rows] == ["4"]
    assert rows[0]["label"] == "closing </script> tags & “quotes”"
    assert 0 < float(rows[0]["density"]) < 1


def test_a_mangled_address_is_told_and_the_page_works(visit: Visit) -> None:
    page = opened(visit, "features.html?sae=A&density=5..1&sort=__proto__&show=%3Cimg%3E")
    assert "density=5..1" in page.inner_text("#ignored")
    assert page.inner_text("#count") == "64 features"


def test_many_features_scroll_and_few_are_elements(visit: Visit, many: str) -> None:
    visit.base = many
    page = opened(visit)
    page.evaluate("document.querySelector('.grid').scrollTop = 1e9")
    expect(page.locator('.row[aria-rowindex="4097"]')).to_be_visible()
    assert page.locator(".rows .row").count() < 60
    page.evaluate("document.querySelector('.grid').scrollTop = 28 * 2000")
    expect(page.locator('.row[aria-rowindex="2005"] a').first).to_have_text("A / 2003")


@pytest.mark.parametrize("name", ["features.html?sae=A", "pairs.html?sae=A", "compare.html?sae=A&feature=6"])
@pytest.mark.parametrize("width", [390, 1024, 1600])
def test_the_pages_do_not_overflow(visit_with: Callable[..., Visit], name: str, width: int) -> None:
    page = visit_with(viewport={"width": width, "height": 900}).open(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["features.html", "pairs.html"])
def test_an_unknown_sae_is_told(visit: Visit, name: str) -> None:
    page = visit.open(f"{name}?sae=%3Cb%3E")
    assert "A, B" in page.inner_text("#body [role=alert]")


@pytest.mark.parametrize("name", ["features.html", "pairs.html"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<!doctype html><title>App</title>", "missing-chunk"), (b"FVO\x02", "damaged-chunk"), (b"", "damaged-chunk")],
    ids=["page", "version", "empty"],
)
def test_a_lost_or_damaged_overview_is_told(visit: Visit, name: str, body: bytes, kind: str) -> None:
    visit.page.route("**/A/overview.zst", lambda route: route.fulfill(body=body))
    page = visit.open(f"{name}?sae=A")
    assert page.get_attribute("html", "data-error") == kind
    assert "A/overview.zst" in page.inner_text("#body")
    page.locator(".pages a").first.wait_for()


@pytest.mark.parametrize("name", ["features.html", "pairs.html"])
def test_a_site_without_an_overview_says_so(visit: Visit, site: Path, name: str) -> None:
    manifest = json.loads((site / "manifest.json").read_text("utf-8"))
    for sae in manifest["saes"]:
        sae["parts"] = {}
    visit.page.route("**/manifest.json", lambda route: route.fulfill(body=signed(manifest)))
    page = visit.open(name)
    assert "no overview of A" in page.inner_text("#body")
    page.click("#body a")
    visit.shows("A", 0)
