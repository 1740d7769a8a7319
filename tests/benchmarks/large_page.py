"""What the pages of a large site take in real Chromium: ``python -m tests.benchmarks.large_page SITE``.

First, next and random feature, a search in every facet, all features, pairs: milliseconds of this machine, bytes and
requests of anybody's. The first feature is measured in turn with that of a site of 64 features, so that their ratio
says what the size costs, however busy the machine. Exits with 1 where a budget is missed.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import click
import numpy as np
from playwright.sync_api import Browser, Page, Response

from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.search import read_search
from featviz.bundle.reader import Bundle
from tests.benchmarks.page import LINKS, MEBI, Link, Row, chromium, compressed, open_page, painted, small_site
from tests.browser.conftest import served

KIBI = 1024
ROUNDS = 3
STEPS = 12
"""Features that are opened after the first, for the heap."""
FROZEN = 200
"""Milliseconds that the page may not answer its reader, at most."""
INDEX = 3_000_000
"""Bytes of the search index of 65,536 features."""
WATCH = """
window.settled = [];
window.longest = 0;
let from = 0;
for (const kind of ["pointerup", "input"]) addEventListener(kind, (event) => { from = event.timeStamp; }, true);
new MutationObserver((changes) => {
  if (!changes.some(({ target }) => target.getAttribute("aria-busy") === "false")) return;
  const begin = from;
  requestAnimationFrame(() => {
    const drawn = new MessageChannel();
    drawn.port1.onmessage = () => settled.push(performance.now() - begin);
    drawn.port2.postMessage(null);
  });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-busy"] });
new PerformanceObserver((list) => {
  longest = Math.max(longest, ...list.getEntries().map(({ duration }) => duration));
}).observe({ type: "longtask", buffered: true });
"""
"""In the page: how long it took from a pointer or a key until table or search had answered, and its longest task."""
SCROLL = """async (steps) => {
  const grid = document.querySelector(".grid");
  const frames = [];
  let before = await new Promise(requestAnimationFrame);
  for (let step = 1; step <= steps; step += 1) {
    grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * step / steps;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return Math.max(...frames);
}"""


@click.command()
@click.argument("site", type=click.Path(path_type=Path, exists=True))
def main(site: Path) -> None:
    """Measure the pages of SITE and print a table."""
    missed = False
    for row in rows(site):
        click.echo(row)
        missed |= row.missed
    raise SystemExit(missed)


def rows(site: Path) -> Iterator[Row]:
    """The table."""
    sae = Bundle.open(site).manifest.saes[0]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        with served(site) as base, served(small_site(Path(folder))) as small:
            for link in LINKS:
                yield from _first_feature(browser, link, base, small, sae.d_sae // 2)
        with served(site) as base:
            yield from _other_features(browser, base, sae.d_sae // 2)
            yield from _searches(browser, base, site, sae)
            for link in (LINKS[0], LINKS[-1]):
                yield from _all_features(browser, base, link)
            if len(Bundle.open(site).manifest.saes) > 1:
                yield from _pairs(browser, base)


class Watched:
    """A page, and what an act on it cost."""

    def __init__(self, browser: Browser, link: Link) -> None:
        self.page, self._session = open_page(browser, link)
        self.page.add_init_script(WATCH)
        self.page.set_default_timeout(300_000)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.answers: list[Response] = []
        self.page.on("response", lambda answer: None if "icon.svg" in answer.url else self.answers.append(answer))

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.page.context.close()

    def act(self, what: str, act: Callable[[], object], budget: float | None = None) -> Iterator[Row]:
        """How long table or search took to answer it, on the clock and on the main thread, and the longest task."""
        self.page.evaluate("() => { settled.length = 0; longest = 0; }")
        before = self.cpu()
        act()
        self.until("settled.length")
        yield Row(f"{what}, ms", self.page.evaluate("settled.at(-1)"), budget)
        yield from self.busy(before)

    def busy(self, before: float) -> Iterator[Row]:
        """What the main thread did since; where other programs keep a task waiting, it is no longer than its work."""
        cpu = self.cpu() - before
        yield Row("  CPU of the main thread, ms", cpu)
        yield Row("  longest task, but no longer than that, ms", min(cpu, self.page.evaluate("longest")), FROZEN)

    def cpu(self) -> float:
        """Milliseconds that the main thread has computed."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * float({each["name"]: each["value"] for each in metrics}["TaskDuration"])

    def until(self, expression: str) -> None:
        """Wait for a truth in the page."""
        while not self.page.evaluate(expression):
            self.page.wait_for_timeout(20)

    def size(self) -> Iterator[Row]:
        """Memory and elements."""
        self._session.send("HeapProfiler.collectGarbage")
        yield Row("  heap, MiB", self._session.send("Runtime.getHeapUsage")["usedSize"] / MEBI)
        yield Row("  elements", self.page.evaluate("document.querySelectorAll('*').length"))

    def sent(self, path: str) -> list[int]:
        """Bytes of each answer so far whose address holds ``path``."""
        return [compressed(answer) for answer in self.answers if path in answer.url]


def _first_feature(browser: Browser, link: Link, base: str, small: str, feature: int) -> Iterator[Row]:
    taken: dict[str, list[float]] = {base: [], small: []}
    for address in [base, small] * (1 + ROUNDS):
        with Watched(browser, link) as watched:
            watched.page.goto(f"{address}feature.html?sae=A&feature={feature if address == base else 6}")
            first = painted(watched.page)
            taken[address].append(first["ms"])
            requests = int(first["requests"]) + 1
            sizes = [compressed(answer) for answer in watched.answers[:requests]] if address == base else []
            if link is LINKS[0] and len(taken[base]) == 1 and sizes:
                yield Row("first feature: requests", requests, 6)
                yield Row("  KiB, text gzipped", sum(sizes) / KIBI, 190)
    large, other = (median(times[1:]) for times in taken.values())
    yield Row(f"first feature, {link.name}, ms", large, link.budget_ms)
    yield Row("  that of a site of 64 features, in turn, ms", other)


def _other_features(browser: Browser, base: str, feature: int) -> Iterator[Row]:
    with Watched(browser, LINKS[0]) as watched:
        page = watched.page
        page.goto(f"{base}feature.html?sae=A&feature={feature}")
        painted(page)
        page.wait_for_load_state("networkidle")
        yield Row("next feature, ms (median)", median(_gone(page, "ArrowRight") for _ in range(STEPS)), 50)
        yield Row("random feature, ms (median)", median(_gone(page, "r") for _ in range(STEPS)))
        page.keyboard.press("g")
        page.keyboard.type(str(feature - 1000))
        page.keyboard.press("Enter")
        yield Row("go to a feature, ms", painted(page, feature - 1000)["ms"])
        yield from watched.size()


def _gone(page: Page, key: str) -> float:
    """Milliseconds from a key until the feature that it leads to is painted."""
    count = page.evaluate("shown.length")
    page.keyboard.press(key)
    while page.evaluate("shown.length") == count:
        page.wait_for_timeout(20)
    return float(page.evaluate("shown.at(-1).ms"))


def _searches(browser: Browser, base: str, site: Path, sae: SaeInfo) -> Iterator[Row]:
    yield Row("search index, bytes", sae.parts["search"], INDEX if sae.d_sae <= 65_536 else None)
    for facet, text in _commonest(site, sae).items():
        with Watched(browser, LINKS[0]) as watched:
            watched.page.goto(f"{base}feature.html?sae=A&feature=6")
            painted(watched.page)
            yield from _search(watched, facet, text)


def _search(watched: Watched, facet: str, text: str) -> Iterator[Row]:
    """Nonsense first, which needs the vocabulary alone."""
    page, box = watched.page, watched.page.locator("#search")
    page.keyboard.press("/")
    page.locator(f'[data-facet="{facet}"]').click()
    box.fill("qqzzxx#")
    page.locator("#found [role=status]", has_text="No ").wait_for()
    page.wait_for_load_state("networkidle")
    before = len(watched.sent("/search/"))
    if facet == "fires_on":
        yield Row("  vocabulary, bytes", sum(watched.sent("/vocabulary")))
    yield from watched.act(f"search, {facet}: {text!r}", lambda: box.fill(text), 500)
    page.locator(".hit[data-feature]").first.wait_for()
    page.wait_for_load_state("networkidle")
    files = watched.sent("/search/")[before:]
    yield Row("  requests after the vocabulary", len(files), 2)
    yield Row("  KiB", sum(files) / KIBI, 150)
    yield from watched.act("  nonsense after it", lambda: box.fill("zzqqxx#"), 500)
    yield Row("  features that it finds", page.locator(".hit[data-feature]").count(), 0)
    yield Row("  requests for it", len(watched.sent("/search/")) - before - len(files), 0)


def _commonest(site: Path, sae: SaeInfo) -> dict[str, str]:
    """What most features are found under, by facet."""
    release = site / "data" / Bundle.open(site).manifest.release
    found = dict[str, str]()
    for index in read_search(sae.name, sae.d_sae, lambda name: (release / name).read_bytes()):
        for number, facet in enumerate(index.kind.facets):
            entries = index.entry[index.facet == number]
            if entries.size:
                found[facet] = index.entries[int(np.bincount(entries).argmax())].text.strip()
    return found


def _all_features(browser: Browser, base: str, link: Link) -> Iterator[Row]:
    with Watched(browser, link) as watched:
        page = watched.page
        page.goto(f"{base}features.html?sae=A", wait_until="commit")
        yield Row(f"all features, {link.name}, ms", painted(page)["ms"])
        yield from watched.busy(0)
        yield Row("  overview, KiB", sum(watched.sent("/overview")) / KIBI)
        yield Row("  features shown", _shown(page))
        if link is LINKS[0]:
            yield from _looked_through(watched)
            if page.locator("#coarse button").count():
                yield from watched.act("every feature", page.locator("#coarse button").click)
                watched.until("!document.querySelector('#coarse').childElementCount")
                yield Row("  overview, KiB", sum(watched.sent("/overview")) / KIBI)
                yield Row("  features shown", _shown(page))
                yield from _looked_through(watched)
            yield from watched.size()


def _shown(page: Page) -> int:
    return int(page.get_attribute(".grid", "aria-rowcount") or 1) - 1


def _looked_through(watched: Watched) -> Iterator[Row]:
    """Ordered, scrolled and filtered."""
    page = watched.page
    for column in ("density", "fires on most", "label"):
        yield from watched.act(f"  order by {column}", page.get_by_role("columnheader", name=column).first.click)
    yield Row("  scrolled through: longest frame, ms", page.evaluate(SCROLL, 60))
    yield from watched.act("  text filter", lambda: page.get_by_label("label, token or note contains").fill("the"))
    yield from watched.act("  no filter", page.get_by_role("button", name="reset").click)
    box = page.locator("#picture").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    yield from watched.act("  brush", page.mouse.up)
    yield from watched.act("  no filter", page.get_by_role("button", name="reset").click)


def _pairs(browser: Browser, base: str) -> Iterator[Row]:
    with Watched(browser, LINKS[0]) as watched:
        page = watched.page
        page.goto(f"{base}pairs.html?sae=A&with=B", wait_until="commit")
        yield Row("pairs, ms", painted(page)["ms"])
        yield from watched.busy(0)
        yield from watched.act("  another threshold", lambda: page.locator("#threshold").fill("0.5"))
        yield from watched.act("  matched only", page.locator('[data-kind="matched"]').click)
        yield from watched.size()
        page.goto(f"{base}compare.html?sae=A&feature=6&with=B", wait_until="commit")
        yield Row("side by side, ms", painted(page)["ms"])
        yield Row("  elements", page.evaluate("document.querySelectorAll('*').length"))


if __name__ == "__main__":
    main()
