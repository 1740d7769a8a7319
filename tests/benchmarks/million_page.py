"""What the page of a very large SAE takes in real Chromium: first feature, random, search, overview."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, sync_playwright

from featviz.site.serve import HOST, site_server
from tests.benchmarks.page import LINKS, MEBI, compressed, open_page, painted
from tests.browser.conftest import SWITCHES


@dataclass(frozen=True)
class PageRow:
    """One line of the table."""

    what: str
    found: float
    budget: float | None = None

    @property
    def missed(self) -> bool:
        return self.budget is not None and self.found > self.budget

    def __str__(self) -> str:
        verdict = "" if self.budget is None else f"{self.budget:>12,.0f}{'  MISSED' if self.missed else ''}"
        return f"{self.what:<52}{self.found:>12,.0f}{verdict}"


def page_rows(root: Path, features: int) -> Iterator[PageRow]:
    """Measure the site in ``root``; times are this machine's, bytes and requests anybody's."""
    path = os.environ.get("FEATVIZ_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with site_server(root, 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        base = f"http://{HOST}:{server.server_port}/"
        yield from _first_feature(browser, base, features // 2)
        yield from _search(browser, base, root)
        yield from _overview(browser, base)
        browser.close()
        server.shutdown()


class Answers:
    """What a page was sent, from now on."""

    def __init__(self, page: Page) -> None:
        self.all: list[Response] = []
        page.on("response", lambda answer: None if answer.url.endswith("icon.svg") else self.all.append(answer))

    def of(self, path: str) -> list[Response]:
        """Those whose address holds ``path``."""
        return [answer for answer in self.all if path in answer.url]

    def bytes(self, path: str = "") -> int:
        return sum(map(compressed, self.of(path)))


def _first_feature(browser: Browser, base: str, feature: int) -> Iterator[PageRow]:
    for link in LINKS:
        page, _ = open_page(browser, link)
        answers = Answers(page)
        page.goto(f"{base}feature.html?sae=A&feature={feature}", wait_until="commit")
        first = painted(page)
        yield PageRow(f"first feature, {link.name}, ms", first["ms"], link.budget_ms)
        if link.rate < 0:
            requests = int(first["requests"]) + 1
            yield PageRow("  requests", requests, 6)
            yield PageRow("  bytes, text gzipped", sum(map(compressed, answers.all[:requests])), 190 * 1024)
            page.wait_for_load_state("networkidle")
            page.keyboard.press("r")
            page.wait_for_function("number => shown.at(-1).feature !== number", arg=feature)
            yield PageRow("random feature, ms", page.evaluate("shown.at(-1).ms"))
        page.context.close()


def _search(browser: Browser, base: str, root: Path) -> Iterator[PageRow]:
    text = _common_spelling(root)
    page, _ = open_page(browser, LINKS[0])
    page.goto(f"{base}feature.html?sae=A&feature=6")
    painted(page)
    page.wait_for_load_state("networkidle")
    answers = Answers(page)
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.id === 'search'")
    page.locator('[data-facet="promotes"]').click()
    begun = time.perf_counter()
    page.keyboard.insert_text(text)
    page.locator(".hit[data-feature]").first.wait_for()
    took = 1000 * (time.perf_counter() - begun)
    page.wait_for_load_state("networkidle")
    yield PageRow("search vocabulary, bytes", answers.bytes("/vocabulary"))
    shards = [answer for answer in answers.of("/search/") if "/vocabulary" not in answer.url]
    yield PageRow("token search: requests after the vocabulary", len(shards), 2)
    yield PageRow("  bytes", sum(map(compressed, shards)), 150 * 1024)
    yield PageRow("  ms, with the vocabulary", took)
    page.context.close()


def _common_spelling(root: Path) -> str:
    """The spelling with the most postings."""
    from featviz.bundle.reader import Bundle
    from featviz.bundle.search import read_vocabulary

    manifest = Bundle.open(root).manifest
    release = root / "data" / manifest.release
    tokens = read_vocabulary("A", manifest.saes[0].d_sae, lambda name: (release / name).read_bytes())[0]
    return max(zip(tokens.postings.tolist(), tokens.entries, strict=True), key=lambda pair: pair[0])[1].text.strip()


def _overview(browser: Browser, base: str) -> Iterator[PageRow]:
    page, session = open_page(browser, LINKS[0])
    page.set_default_timeout(300_000)
    answers = Answers(page)
    begun = time.perf_counter()
    page.goto(f"{base}features.html?sae=A")
    page.wait_for_selector("html[data-state=ready] .rows .row")
    yield PageRow("all features, first rows and points, ms", 1000 * (time.perf_counter() - begun))
    yield PageRow("  bytes of the overview", answers.bytes("/overview"))
    yield PageRow("  features shown", int(page.get_attribute(".grid", "aria-rowcount") or 1) - 1)
    if page.locator("#coarse button").count():
        begun = time.perf_counter()
        page.locator("#coarse button").click()
        page.wait_for_selector("#coarse:empty", state="attached")
        yield PageRow("refined to every feature, ms", 1000 * (time.perf_counter() - begun))
        yield PageRow("  bytes of the overview, all", answers.bytes("/overview"))
        yield PageRow("  features shown", int(page.get_attribute(".grid", "aria-rowcount") or 1) - 1)
    yield PageRow("sort all by density, ms", _timed(page, "document.querySelectorAll('.head button')[2].click()"))
    yield PageRow("scroll to the end, ms", _timed(page, "document.querySelector('.grid').scrollTop = 1e9"))
    session.send("HeapProfiler.collectGarbage")
    yield PageRow("heap, MiB", session.send("Runtime.getHeapUsage")["usedSize"] / MEBI)
    yield PageRow("elements", page.evaluate("document.querySelectorAll('*').length"))
    page.context.close()


def _timed(page: Page, action: str) -> float:
    """Milliseconds until what an action changes is painted."""
    script = f"""() => new Promise((done) => {{
      const begun = performance.now();
      {action};
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
    }})"""
    took: float = page.evaluate(script)
    return took
