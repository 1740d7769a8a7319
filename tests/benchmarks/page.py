"""What a visitor waits for, in real Chromium over emulated links: ``python -m tests.benchmarks.page [SITE]``.

Without a site it makes one of 64 synthetic features. Budgets are those of the design; a number beyond one is marked.
"""

import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
from playwright.sync_api import Browser, CDPSession, Page, Response, sync_playwright

from featviz.site.build import build_site
from tests.browser.conftest import SWITCHES, served
from tests.synthetic import synthetic_bundle

MEBI = 2**20
CLOCK = """
window.shown = [];
let asked = 0;
addEventListener("keydown", (event) => { asked = event.timeStamp; }, true);
new MutationObserver(() => {
  const { state, feature } = document.documentElement.dataset;
  if (state !== "ready") return;
  const [begin, requests] = [asked, performance.getEntriesByType("resource")
    .filter((each) => !each.name.endsWith("/icon.svg")).length];
  const afterFrame = (then) => requestAnimationFrame(() => {
    const painted = new MessageChannel();
    painted.port1.onmessage = then;
    painted.port2.postMessage(null);
  });
  afterFrame(() => {
    const said = { feature: Number(feature), ms: performance.now() - begin, requests, whole: 0 };
    shown.push(said);
    afterFrame(() => { said.whole = performance.now() - begin; });
  });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state", "data-feature"] });
"""
"""In the page, so that the driver's own delays do not count: when a feature asked for by address or key is painted, and
when the frame after that is, in which what is below the first screen is laid out."""
SEED = {"bytes": 2.30 * MEBI, "elements": 67_733, "heap MiB": 7.6}
"""One feature's page of the dashboard that this project started from."""


GLANCE = 400
"""Milliseconds that a reader looks at a feature at least: the chunk next door arrives meanwhile."""
SKIMMED = 500
"""Features that a reader skims in a sitting."""


@dataclass(frozen=True)
class Link:
    """A connection: bytes a second each way, delay in milliseconds, and the budget for the first feature."""

    name: str
    rate: float
    delay: float
    budget_ms: float


LINKS = [
    Link("localhost", -1, 0, 500),
    Link("10 Mbit/s, 50 ms", 10e6 / 8, 50, 900),
    Link("slow 4G (1.6 Mbit/s, 150 ms)", 1.6e6 / 8, 150, 1800),
]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    found: float
    budget: float | None = None
    seed: float | None = None
    """What it was in the dashboard that this project started from."""

    @property
    def missed(self) -> bool:
        return self.budget is not None and self.found > self.budget

    def __str__(self) -> str:
        others = "".join("" if each is None else f"{each:>12,.0f}" for each in (self.budget, self.seed))
        return f"{self.what:<52}{self.found:>12,.0f}{others}{'  MISSED' if self.missed else ''}"


@click.command()
@click.argument("site", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--feature", default=6, show_default=True, help="The feature to open first.")
def main(site: Path | None, feature: int) -> None:
    """Measure the feature page of SITE and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        root = site or small_site(Path(folder))
        sae = json.loads((root / "manifest.json").read_text("utf-8"))["saes"][0]
        click.echo(f"{'':52}{'measured':>12}{'budget':>12}{'the seed':>12}")
        with served(root) as base, chromium() as browser:
            address = f"{base}feature.html?sae={sae['name']}&feature={feature}"
            for link in LINKS:
                _first_feature(browser, address, link)
            _next_features(browser, address, feature, sae["chunk_size"])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium: $FEATVIZ_CHROMIUM, or the system's."""
    path = os.environ.get("FEATVIZ_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


def _first_feature(browser: Browser, address: str, link: Link) -> None:
    page, _ = open_page(browser, link)
    answers: list[Response] = []
    page.on("response", lambda answer: None if answer.url.endswith("icon.svg") else answers.append(answer))
    page.goto(address, wait_until="commit")
    first = painted(page)
    click.echo(Row(f"first feature, {link.name}, ms", first["ms"], link.budget_ms))
    if link.rate < 0:
        requests = int(first["requests"]) + 1  # the page itself
        click.echo(Row("  requests", requests, 6))
        click.echo(Row("  bytes, text gzipped", sum(map(compressed, answers[:requests])), 190 * 1024, SEED["bytes"]))
        click.echo(Row("  elements", page.evaluate("document.querySelectorAll('*').length"), 3000, SEED["elements"]))
    page.context.close()


def compressed(answer: Response) -> int:
    body = answer.body()
    return len(body) if answer.url.endswith(".zst") else len(gzip.compress(body, 9))


def _next_features(browser: Browser, address: str, feature: int, chunk_size: int) -> None:
    page, session = open_page(browser, LINKS[1])
    page.goto(address)
    page.wait_for_selector("html[data-state=ready]")
    last = min(feature + 50, 4 * chunk_size - 1)
    steps: dict[bool, list[float]] = {True: [], False: []}
    whole = []
    page.wait_for_timeout(GLANCE)
    for number in range(feature + 1, last + 1):
        steps[number % chunk_size == 0].append(_step(page, "ArrowRight", number))
        page.wait_for_timeout(GLANCE)
        whole.append(page.evaluate("shown.at(-1).whole"))
    click.echo(Row("next feature, same chunk, ms (median)", median(steps[False]), 50))
    click.echo(Row("next feature, chunk fetched before, ms (median)", median(steps[True]), 80))
    click.echo(Row("  with what is below the first screen", median(whole)))
    _heap(page, session, feature, last)
    page.context.close()


def _heap(page: Page, session: CDPSession, first: int, last: int) -> None:
    """What is kept after some 50 features, and how much more after `SKIMMED`, back and forth from first to last."""
    before, nodes = _kept(session)
    click.echo(Row("heap after 50 features, MiB", before, 30, SEED["heap MiB"]))
    number, step = last, -1
    for _ in range(SKIMMED):
        if not first <= number + step <= last:
            step = -step
        number += step
        _step(page, "j" if step > 0 else "k", number)
    after, more = _kept(session)
    click.echo(Row(f"  more after {SKIMMED} more", after - before, 2))
    click.echo(Row("  more nodes", more - nodes, 0.1 * nodes))


def _kept(session: CDPSession) -> tuple[float, float]:
    """The heap in MiB and the number of nodes, without garbage."""
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / MEBI
    return heap, session.send("Memory.getDOMCounters")["nodes"]


def _step(page: Page, key: str, number: int) -> float:
    page.keyboard.press(key)
    return painted(page, number)["ms"]


def painted(page: Page, number: int | None = None) -> dict[str, float]:
    """What the page's clock says of the feature that is painted; waits for that number's, or for any."""
    while True:
        said: dict[str, float] | None = page.evaluate("() => window.shown?.at(-1)")
        if said and number in (None, said["feature"]):
            return said
        page.wait_for_timeout(10)


def open_page(browser: Browser, link: Link) -> tuple[Page, CDPSession]:
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.add_init_script(CLOCK)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("HeapProfiler.enable")
    rates = {"downloadThroughput": link.rate, "uploadThroughput": link.rate}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": link.delay, **rates})
    return page, session


def small_site(folder: Path) -> Path:
    """A site of 64 synthetic features, written into ``folder``."""
    synthetic_bundle(folder)
    build_site(folder, json.loads((folder / "manifest.json").read_text("utf-8")))
    return folder


if __name__ == "__main__":
    main()
