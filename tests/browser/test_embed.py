"""A feature's dashboard in a frame of another page, as notebooks show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator

import featviz


@pytest.fixture
def frame(chromium: Browser, site: Path, tmp_path: Path) -> Iterator[FrameLocator]:
    """Feature 7 of SAE B in a page of somebody else's; the test ends with what went wrong and what was asked for."""
    page, faults, notebook = (
        chromium.new_page(viewport={"width": 1600, "height": 1000}),
        list[str](),
        tmp_path / "notebook.html",
    )
    shown = featviz.open(site).sae("B").feature(7)._repr_html_()
    notebook.write_text(f"<!doctype html><title>Notebook</title>{shown}", encoding="utf-8")
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: faults.append(request.url))
    page.goto(notebook.as_uri())
    yield page.frame_locator("iframe")
    page.close()
    expected = ("data:", "about:srcdoc", "Blocked autofocusing", notebook.as_uri())
    assert [fault for fault in faults if not fault.startswith(expected)] == []


def test_the_dashboard_is_there(frame: FrameLocator) -> None:
    frame.locator('html[data-state=ready][data-sae="B"][data-feature="7"]').wait_for()
    assert frame.locator("#groups .line").count() > 20


def test_a_token_answers(frame: FrameLocator) -> None:
    frame.locator("html[data-state=ready]").wait_for()
    frame.locator("#groups .t").nth(2).click()
    assert "activation" in frame.locator("#tooltip").inner_text()


def test_it_can_be_looked_at_in_other_ways(frame: FrameLocator) -> None:
    frame.locator("html[data-state=ready]").wait_for()
    frame.locator("html").press("ArrowRight")
    frame.locator('html[data-state=ready][data-feature="7"]').wait_for()
