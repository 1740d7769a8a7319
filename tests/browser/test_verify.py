"""“Verify this site”: the page compares every file with what was published."""

from pathlib import Path

import pytest
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


def said(visit: Visit, words: str) -> None:
    """Lets the dashboard verify what it shows."""
    visit.page.click("#verify")
    visit.page.wait_for_selector(f"#said:has-text('{words}')")


def test_a_dashboard_says_where_it_comes_from_and_verifies_what_it_shows(visit: Visit, site: Path) -> None:
    page = visit.open("feature.html?sae=A&feature=20")
    visit.shows("A", 20)
    release = next(site.glob("data/*")).name
    assert f"release {release}" in page.inner_text("#origin")
    said(visit, f"A / 20 is what was published in release {release}")


@pytest.mark.parametrize("name", ["A/0/1.json.zst", "digests.json", "manifest.json"])
def test_what_is_not_as_published_is_told_on_the_dashboard(visit: Visit, site: Path, name: str) -> None:
    page = visit.open("feature.html?sae=A&feature=20")
    visit.shows("A", 20)
    file = site / name if name == "manifest.json" else next(site.glob(f"data/*/{name}"))
    changed = file.read_bytes().replace(b"Features of", b"features of") + b" "
    page.route(f"**/{name}", lambda route: route.fulfill(body=changed))
    said(visit, f"{name}.")
    assert "Not what was published" in page.inner_text("#said")


def test_what_cannot_be_fetched_is_told_on_the_dashboard(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=20")
    visit.shows("A", 20)
    page.route("**/digests.json", lambda route: route.fulfill(status=404, body="no"))
    said(visit, "It cannot be verified")
    visit.faults[:] = [fault for fault in visit.faults if "Failed to load resource" not in fault]
