"""“Verify this site”: the page compares every file with what was published."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import Visit


def verified(page: Page) -> str:
    """What the page says once it has compared everything."""
    page.click("#verify")
    page.wait_for_selector("#verified[data-state=done]")
    return page.inner_text("#verified")


def test_a_whole_site_is_found_whole(visit: Visit, site: Path) -> None:
    said = verified(visit.open("about.html"))
    files = sum(path.is_file() for path in (site / "data").rglob("*")) + 1
    assert f"Every file that was compared is the one that was published ({files} files" in said


def test_a_changed_and_a_missing_file_are_named(visit: Visit, site: Path) -> None:
    page = visit.page
    page.route("**/A/0/1.json.zst", lambda route: route.fulfill(body=b"\x28\xb5\x2f\xfd\x00"))
    page.route("**/B/0/2.json.zst", lambda route: route.fulfill(status=404, body="no"))
    said = verified(visit.open("about.html"))
    assert "2 of " in said
    assert "A/0/1.json.zst: other bytes than were published" in said
    assert "B/0/2.json.zst: cannot be fetched" in said
    visit.faults[:] = [fault for fault in visit.faults if "Failed to load resource" not in fault]


def test_it_can_be_stopped(visit: Visit) -> None:
    page = visit.open("about.html")
    page.route("**/data/**", lambda route: None)
    page.click("#verify")
    page.click("#verify:has-text('Stop')")
    page.wait_for_selector("#verified:has-text('Stopped.')")
    assert page.inner_text("#verify") == "Verify this site"


def test_without_a_secure_context_it_can_be_verified_too(visit: Visit) -> None:
    """Where a page comes from plain http, a browser offers no digests."""
    visit.page.add_init_script("Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined })")
    assert "Every file that was compared is the one" in verified(visit.open("about.html"))


def test_nothing_is_fetched_before_it_is_asked_for(visit: Visit) -> None:
    visit.open("about.html").wait_for_load_state("networkidle")
    assert not [url for url in visit.requests if "/data/" in url or url.endswith("manifest.json")]
