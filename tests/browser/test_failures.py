"""Addresses that name nothing, and files that are missing or damaged: each with a message and a way on."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

CHUNK = "**/data/*/A/0/1.json.zst"
FEATURE = "feature.html?sae=A&feature=20"


def fails(visit: Visit, kind: str) -> str:
    """The message of a failure of that kind."""
    visit.page.wait_for_selector(f'html[data-state=error][data-error="{kind}"]')
    return visit.page.inner_text("#failure")


def served_as(visit: Visit, pattern: str, **answer: Any) -> None:
    """Lets the host answer so, and forgives what the browser itself says about it."""
    visit.page.route(pattern, lambda route: route.fulfill(**answer))


def wait_out(visit: Visit) -> None:
    """Lets time run, on a clock that was installed, until the page has given up."""
    for _ in range(100):
        if visit.page.evaluate("document.documentElement.dataset.state") == "error":
            return
        visit.page.clock.run_for(1000)
    raise AssertionError("the page goes on asking")


def forgive(visit: Visit) -> None:
    """The browser logs every failed request."""
    visit.faults[:] = [fault for fault in visit.faults if "Failed to load resource" not in fault]


def test_an_unknown_feature_is_told_with_the_valid_numbers(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=64")
    assert "0 to 63" in fails(visit, "unknown-feature")
    page.locator("#failure a").first.click()
    visit.shows("A", 0)


@pytest.mark.parametrize("number", ["-1", "1.5", "abc", "", "99999999999999999999", "%3Cimg%20src=x%3E"])
def test_what_is_no_number_is_an_unknown_feature(visit: Visit, number: str) -> None:
    visit.open(f"feature.html?sae=A&feature={number}")
    fails(visit, "unknown-feature")
    assert visit.page.locator("#failure img").count() == 0


def test_an_unknown_sae_is_told_with_the_known_ones(visit: Visit) -> None:
    page = visit.open("feature.html?sae=C&feature=1")
    assert "A, B" in fails(visit, "unknown-sae")
    page.locator("#failure a").last.click()
    visit.shows("B", 0)


def test_a_missing_chunk_is_told_with_its_path(visit: Visit) -> None:
    served_as(visit, CHUNK, status=404, body="no")
    visit.open(FEATURE)
    message = fails(visit, "missing-chunk")
    assert "/A/0/1.json.zst" in message
    assert "404" in message
    assert "featviz check" in message
    forgive(visit)


def test_a_web_page_in_place_of_a_chunk_is_a_missing_chunk(visit: Visit) -> None:
    served_as(visit, CHUNK, status=200, content_type="text/html", body="<!doctype html><title>App</title>")
    visit.open(FEATURE)
    assert "web page" in fails(visit, "missing-chunk")


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"\x28\xb5\x2f\xfd\x00\x01", b'{"format":1'], ids=["none", "text", "zstd", "json"]
)
def test_a_damaged_chunk_is_told(visit: Visit, body: bytes) -> None:
    served_as(visit, CHUNK, body=body)
    visit.open(FEATURE)
    assert "/A/0/1.json.zst" in fails(visit, "damaged-chunk")


def test_half_a_chunk_is_a_damaged_chunk(visit: Visit, site: Path) -> None:
    chunk = next(site.glob("data/*/A/0/1.json.zst")).read_bytes()
    served_as(visit, CHUNK, body=chunk[: len(chunk) // 2])
    visit.open(FEATURE)
    fails(visit, "damaged-chunk")


def test_another_chunk_in_its_place_is_a_damaged_chunk(visit: Visit, site: Path) -> None:
    served_as(visit, CHUNK, body=next(site.glob("data/*/A/0/2.json.zst")).read_bytes())
    visit.open(FEATURE)
    assert "not A from 16" in fails(visit, "damaged-chunk")


def test_another_format_is_told_with_both_versions(visit: Visit) -> None:
    served_as(visit, "**/manifest.json", body='{"format": {"name": "featviz", "version": 2}}')
    visit.open(FEATURE)
    message = fails(visit, "wrong-format")
    assert "version is 2" in message
    assert "version 1" in message


def test_a_missing_manifest_is_told(visit: Visit) -> None:
    served_as(visit, "**/manifest.json", status=404, body="no")
    visit.open(FEATURE)
    assert "manifest.json" in fails(visit, "missing-manifest")
    forgive(visit)


def test_a_host_that_does_not_answer_is_offline(visit: Visit) -> None:
    visit.page.clock.install()
    visit.page.route(CHUNK, lambda route: route.abort())
    visit.page.goto(visit.base + FEATURE)
    wait_out(visit)
    fails(visit, "offline")
    forgive(visit)


def test_one_failure_does_not_spoil_the_next_feature(visit: Visit) -> None:
    served_as(visit, CHUNK, status=404, body="no")
    page = visit.open(FEATURE)
    fails(visit, "missing-chunk")
    page.unroute(CHUNK)
    page.keyboard.press("ArrowRight")
    visit.shows("A", 21)
    assert page.inner_text("#failure") == ""
    forgive(visit)


def test_from_a_folder_the_page_says_what_to_do(visit: Visit, site: Path) -> None:
    page: Page = visit.page
    page.goto((site / "feature.html").as_uri())
    note = page.locator("#failure .late")
    note.wait_for(state="visible")
    assert "featviz serve" in note.inner_text()
    visit.faults.clear()  # a browser's own words on file://
