"""A reader's own notes."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit


def write_note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#noted[open] textarea").fill(text)
    page.locator("#noted input[type=checkbox]").check()


def test_a_note_stays_with_its_feature(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, "<b>closing</b> tags")
    page.keyboard.press("Escape")
    page.reload()
    visit.shows("A", 6)
    assert page.locator(".note-panel .remark").inner_text() == "<b>closing</b> tags"
    assert page.inner_text("#note") == "★"
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    expect(page.locator("#note")).to_have_text("☆")
    assert page.locator(".note-panel").count() == 0


def test_notes_go_out_and_come_in_as_a_file(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, "mine")
    with page.expect_download() as download:
        page.click("text=export all")
    assert json.loads(download.value.path().read_text("utf-8")) == {
        "format": "featviz-notes",
        "version": 1,
        "notes": {"A": {"6": {"star": True, "text": "mine"}}},
    }
    theirs = tmp_path / "theirs.json"
    theirs.write_text('{"format": "featviz-notes", "version": 1, "notes": {"A": {"6": {"text": "theirs"}}}}')
    page.set_input_files("#noted input[type=file]", theirs)
    expect(page.locator("#noted textarea")).to_have_value("mine\n\ntheirs")


def test_a_file_that_is_no_export_is_refused_with_a_reason(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, "mine")
    file = tmp_path / "bad.json"
    file.write_text('{"format": "featviz-notes", "version": 1, "notes": {"<b>": {}}}')
    page.set_input_files("#noted input[type=file]", file)
    expect(page.locator("#noted [role=status]")).to_contain_text("was not read")
    assert page.locator("#noted textarea").input_value() == "mine"


def test_without_storage_it_says_so_and_works(visit: Visit) -> None:
    visit.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page = visit.open("feature.html?sae=A&feature=6")
    write_note(page, "mine")
    expect(page.locator("#noted [role=status]")).to_contain_text("keeps nothing")
    assert page.locator(".note-panel .remark").inner_text() == "mine"
