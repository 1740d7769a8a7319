"""Whatever is typed into a field, read from a file of notes, or found in the browser's storage is text."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.hostile import hostile_strings

STRINGS = hostile_strings(500)[::50]
NOTES = {"format": "featviz-notes", "version": 1}
MARKUP = '"><img src=x onerror=hacked=1>'
FILES = {
    "markup as an SAE": {**NOTES, "notes": {MARKUP: {}}},
    "markup as a feature": {**NOTES, "notes": {"A": {MARKUP: {}}}},
    "markup as a star": {**NOTES, "notes": {"A": {"6": {"star": MARKUP}}}},
    "a list as a text": {**NOTES, "notes": {"A": {"6": {"text": [MARKUP]}}}},
    "a list of notes": {**NOTES, "notes": [MARKUP]},
    "a list": [MARKUP],
    "markup as its format": {"format": MARKUP},
    "markup as its version": {**NOTES, "version": MARKUP, "notes": {}},
    "nothing": None,
    "a number": 7,
    "a prototype": {**NOTES, "notes": {"__proto__": {"6": {"star": True}}}},
    "a text that is too long": {**NOTES, "notes": {"A": {"6": {"text": "x" * 10_001}}}},
}
"""Files of notes that are none, by what is wrong with them."""
NOT_JSON = {
    "an empty file": b"",
    "bytes": bytes(range(256)),
    "a page": b"<!doctype html><script>hacked=1</script>",
    "brackets without end": b"[" * 100_000,
    "more than 5 MB": b" " * 5_000_001,
}


def unharmed(page: Page) -> None:
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("img, iframe, embed, object, base, meta[http-equiv=refresh]").count() == 0


def write_note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#noted[open] textarea").fill(text)
    page.keyboard.press("Escape")


@pytest.mark.parametrize("facet", ["fires_on", "promotes", "suppresses", "label"])
def test_a_search(visit: Visit, facet: str) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("/")
    page.locator(f'[data-facet="{facet}"]').click()
    for text in STRINGS:
        page.fill("#search", text)
        page.wait_for_timeout(150)
        expect(page.locator("#found [role=status]")).not_to_be_empty()
        unharmed(page)


@pytest.mark.parametrize("text", STRINGS)
def test_the_number_to_go_to(visit: Visit, text: str) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.fill("#number", text)
    page.keyboard.press("Enter")
    page.wait_for_selector('html[data-error="unknown-feature"]')
    unharmed(page)


@pytest.mark.parametrize("text", STRINGS)
def test_a_note_is_shown_as_it_was_written(visit: Visit, text: str) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, text)
    kept = page.evaluate("document.querySelector('#noted textarea').value")
    page.reload()
    expect(page.locator(".remark")).to_have_js_property("textContent", kept)
    unharmed(page)


def test_a_note_in_the_table_is_text(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, MARKUP)
    visit.open("features.html?sae=A")
    cell = page.locator(".rows .cell.label", has_text="<img").first
    expect(cell).to_have_text(MARKUP)
    unharmed(page)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_notes_that_is_none_is_refused(visit: Visit, tmp_path: Path, name: str) -> None:
    refused(visit, tmp_path, json.dumps(FILES[name]).encode())


@pytest.mark.parametrize("name", NOT_JSON)
def test_a_file_that_is_no_json_is_refused(visit: Visit, tmp_path: Path, name: str) -> None:
    refused(visit, tmp_path, NOT_JSON[name])


def refused(visit: Visit, folder: Path, content: bytes) -> None:
    """It says so, names the file as text, and leaves the reader's note as it was."""
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, "mine")
    page.keyboard.press("n")
    file = folder / "<img src=x onerror=hacked=1>.json"
    file.write_bytes(content)
    page.set_input_files("#noted input[type=file]", file)
    expect(page.locator("#noted [role=status]")).to_contain_text(f"{file.name} was not read: ")
    expect(page.locator("#noted textarea")).to_have_value("mine")
    unharmed(page)


def test_markup_in_a_file_of_notes_is_text(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.keyboard.press("n")
    file = tmp_path / "notes.json"
    file.write_text(json.dumps({**NOTES, "notes": {"A": {"6": {"text": MARKUP}}}}), "utf-8")
    page.locator("#noted[open]").wait_for()
    page.set_input_files("#noted input[type=file]", file)
    expect(page.locator("#noted textarea")).to_have_value(MARKUP)
    expect(page.locator(".remark")).to_have_text(MARKUP)
    unharmed(page)


@pytest.mark.parametrize("stored", [MARKUP, "{", "null", '{"format":"featviz-notes","version":2,"notes":{"A":{}}}'])
def test_what_the_storage_holds_is_no_trap(visit: Visit, stored: str) -> None:
    visit.page.add_init_script(
        f"localStorage.setItem('featviz:notes:/', {json.dumps(stored)});"
        f" localStorage.setItem('featviz:theme', {json.dumps(stored)});"
    )
    for address in ("feature.html?sae=A&feature=6", "features.html?sae=A", "index.html"):
        page = visit.open(address)
        page.wait_for_load_state("networkidle")
        unharmed(page)
    assert page.get_attribute("html", "data-theme") == "auto"


@pytest.mark.parametrize("field", ["input[type=search]", ".range input"])
def test_the_filter_of_all_features(visit: Visit, field: str) -> None:
    page = visit.open("features.html?sae=A")
    for text in STRINGS:
        page.locator(f"#filter {field}").first.fill(text)
        page.wait_for_timeout(150)
        unharmed(page)
    page.reload()
    page.wait_for_selector("html[data-state=ready]")
    unharmed(page)
