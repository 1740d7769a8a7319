"""A site of synthetic features, served and opened in real Chromium."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from featviz.bundle.digests import NO_DIGEST, with_own_digest
from featviz.bundle.writer import write_manifest
from featviz.site.build import build_site
from featviz.site.serve import HOST, site_server
from tests.synthetic import synthetic_bundle

TITLE = "Features of <b>A & B</b>"
"""Names in the manifest are data."""
SWITCHED_OFF = [
    # pages of the browser itself, under the address bar, that every new window would load: half of a window's time
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # what playwright switches off, of which the browser would not hear any more
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
"""Features of Chromium; it obeys the last `--disable-features` alone."""
SWITCHES = [
    f"--disable-features={','.join(SWITCHED_OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLED = "html[data-state=ready], html[data-state=error], main.page"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def signed(manifest: dict[str, Any]) -> bytes:
    """An edited manifest's file, with the digest that it then has."""
    kind = {**manifest["format"], "sha256": NO_DIGEST.decode()}
    return with_own_digest(json.dumps({**manifest, "format": kind}).encode())


@dataclass
class Visit:
    """A page with what went wrong on it, and what it asked for."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Goes to an address below the site's root and waits until the page has settled."""
        self.page.goto(self.base + address)
        self.settle()
        return self.page

    @property
    def address(self) -> str:
        """What stands in the address bar now; `page.url` is told of it only some time later."""
        return str(self.page.evaluate("location.href"))

    def until(self, expression: str, argument: object = None) -> None:
        """Waits for a truth in the page: the driver's own wait evaluates text, which the page's policy forbids."""
        last = time.monotonic() + 10
        while not self.page.evaluate(expression, argument):
            assert time.monotonic() < last, f"not within 10 s: {expression}"
            self.page.wait_for_timeout(20)

    def settle(self) -> None:
        self.page.wait_for_selector(SETTLED)

    def shows(self, sae: str, feature: int) -> None:
        """Waits for that feature's dashboard."""
        self.page.wait_for_selector(f'html[data-state=ready][data-sae="{sae}"][data-feature="{feature}"]')

    def noted(self, request: Request) -> None:
        if not request.url.endswith("/icon.svg"):  # the browser's own request, for its tab
            self.requests.append(request.url)
        if not request.url.startswith(self.base):
            self.faults.append(f"external request: {request.url}")


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a site that is served meanwhile."""
    with site_server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two SAEs of 64 features in chunks of 16, with the pages around them."""
    out = tmp_path_factory.mktemp("browser") / "site"
    write_manifest(out, replace(synthetic_bundle(out), title=TITLE))
    build_site(out, json.loads((out / "manifest.json").read_text("utf-8")))
    return out


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """The served site's address."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium: $FEATVIZ_CHROMIUM, the system's, or the one that playwright has downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("FEATVIZ_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def visit_with(chromium: Browser, base: str) -> Iterator[Callable[..., Visit]]:
    """Opens a window with the given context options; the test ends with what went wrong in it."""
    visits: list[Visit] = []

    def open_window(**options: Any) -> Visit:
        options = {"viewport": {"width": 1600, "height": 1000}, **options}
        page = chromium.new_context(**options).new_page()
        page.set_default_timeout(10_000)
        visit = Visit(page, base)
        page.on("pageerror", lambda error: visit.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: visit.faults.append(f"dialog: {dialog.message}"))
        page.on("request", visit.noted)
        page.on(
            "console",
            lambda message: visit.faults.append(message.text) if message.type in ("error", "warning") else None,
        )
        visits.append(visit)
        return visit

    yield open_window
    for visit in visits:
        visit.page.context.close()
    assert [fault for visit in visits for fault in visit.faults] == []


@pytest.fixture
def visit(visit_with: Callable[..., Visit]) -> Visit:
    """A wide window."""
    return visit_with()
