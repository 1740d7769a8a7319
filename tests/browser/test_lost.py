"""An address that leads nowhere, at any depth, on hosts that answer with the site's own page."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featviz.site.serve import HOST
from tests.browser.conftest import Visit
from tests.browser.hosts import hosted


def is_another(fault: str) -> bool:
    """Whether it is more than that a file is not in a folder above, where it was looked for on the same host."""
    return not any(
        words in fault for words in ("Failed to load resource", "MIME type", f"external request: http://{HOST}:")
    )


@pytest.mark.parametrize("path", ["nowhere", "a/b/c/nowhere.html", "A/7/"])
@pytest.mark.parametrize("host", ["github", "netlify", "cloudflare"])
def test_it_leads_to_the_pages_that_are_there(
    visit_with: Callable[..., Visit], site: Path, host: str, path: str
) -> None:
    visit = visit_with()
    with hosted(site, host) as visit.base:
        page = visit.page
        page.goto(visit.base + path)
        page.wait_for_selector("html[data-state=ready]")
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "it has the site's styles"
        page.click("text=All features")
        page.wait_for_selector("html[data-state=ready] .rows .row")
    visit.faults[:] = [fault for fault in visit.faults if is_another(fault)]
