"""An address that leads nowhere, at any depth, on hosts that answer with the site's own page."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.hosts import hosted


@pytest.mark.parametrize("path", ["nowhere", "a/b/c/nowhere.html", "A/7/"])
@pytest.mark.parametrize("host", ["github", "netlify", "cloudflare"])
def test_it_leads_to_the_pages_that_are_there(
    visit_with: Callable[..., Visit], site: Path, host: str, path: str
) -> None:
    visit = visit_with()
    with hosted(site, host) as visit.base:
        page = visit.page
        page.goto(visit.base + path)
        if host == "github":  # elsewhere the host's policy stops the page's script, and the site lies at the top
            page.wait_for_selector("html[data-state=ready]")
        page.click("text=All features")
        page.wait_for_selector("html[data-state=ready] .rows .row")
    visit.faults.clear()
