"""A host that fails, is busy, is slow or goes away for a while: the page asks again, says so, and goes on by itself."""

from collections import Counter

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Visit
from tests.browser.test_failures import CHUNK, FEATURE, fails, forgive, wait_out

DATA = "**/{manifest.json,data/**}"


def without_reload(visit: Visit) -> None:
    """Fails unless the page has been the same since ``mark``."""
    assert visit.page.evaluate("window.same") is True


def mark(visit: Visit) -> None:
    visit.page.evaluate("window.same = true")


def test_every_feature_is_shown_though_every_third_file_fails_at_first(visit: Visit) -> None:
    asked: Counter[str] = Counter()

    def flaky(route: Route) -> None:
        asked[route.request.url] += 1
        fault = asked[route.request.url] == 1 and len(asked) % 3 == 1
        if fault and len(asked) % 2:
            route.abort()
        elif fault:
            route.fulfill(status=503, body="busy")
        else:
            route.fallback()

    visit.page.route(DATA, flaky)
    visit.open("feature.html?sae=A&feature=0")
    mark(visit)
    for sae in ("A", "B"):
        for feature in (0, 16, 40, 63):
            visit.page.evaluate(f"history.pushState(null, '', '?sae={sae}&feature={feature}')")
            visit.page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
            visit.shows(sae, feature)
    without_reload(visit)
    assert sorted(asked.values())[-1] == 2
    forgive(visit)


def test_a_busy_host_is_asked_again_when_it_says(visit: Visit) -> None:
    answers = iter([{"status": 429, "headers": {"Retry-After": "1"}, "body": "slow down"}])
    visit.page.route(
        CHUNK, lambda route: route.fulfill(**answer) if (answer := next(answers, None)) else route.fallback()
    )
    visit.page.goto(visit.base + FEATURE)
    visit.page.wait_for_selector("#said:has-text('The host is busy. Asking again in 1 s (attempt 2 of 6).')")
    visit.shows("A", 20)
    assert visit.page.inner_text("#failure") == ""
    assert visit.page.text_content("#said") == ""
    forgive(visit)


def test_a_slow_chunk_is_waited_for(visit: Visit) -> None:
    held: list[Route] = []
    visit.page.route(CHUNK, lambda route: held.append(route))
    visit.page.goto(visit.base + FEATURE)
    visit.page.wait_for_selector("html[data-state=loading]")
    visit.page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].fallback()
    visit.shows("A", 20)


def test_a_slow_chunk_does_not_keep_from_another(visit: Visit) -> None:
    visit.page.route(CHUNK, lambda route: None)
    page = visit.open("feature.html?sae=A&feature=40")
    page.evaluate("history.pushState(null, '', '?sae=A&feature=20'); dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_selector("html[data-state=loading]")
    page.go_back()
    visit.shows("A", 40)


def test_offline_midway_is_told_and_ends_without_a_reload(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=0")
    visit.until("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/failure.js'))")
    page.wait_for_load_state("networkidle")
    mark(visit)
    page.context.set_offline(True)
    page.evaluate("history.pushState(null, '', '?sae=B&feature=40'); dispatchEvent(new PopStateEvent('popstate'))")
    assert "goes on by itself" in fails(visit, "offline")
    page.context.set_offline(False)
    visit.shows("B", 40)
    assert page.inner_text("#failure") == ""
    without_reload(visit)
    forgive(visit)


def test_offline_does_not_keep_from_what_is_there(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=0")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.keyboard.press("ArrowRight")
    visit.shows("A", 1)
    forgive(visit)


def test_where_it_gives_up_one_can_try_again(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, body="busy")

    page.route(CHUNK, refuse)
    page.goto(visit.base + FEATURE)
    wait_out(visit)
    assert "The host is busy" in fails(visit, "busy")
    assert len(asked) == 6
    mark(visit)
    page.unroute(CHUNK)
    page.click("#failure button:has-text('Try again')")
    visit.shows("A", 20)
    without_reload(visit)
    forgive(visit)


def test_a_missing_file_is_asked_for_once_and_can_be_tried_again(visit: Visit) -> None:
    asked: list[str] = []

    def missing(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404, body="no")

    visit.page.route(CHUNK, missing)
    visit.open(FEATURE)
    fails(visit, "missing-chunk")
    assert len(asked) == 1
    visit.page.unroute(CHUNK)
    visit.page.click("#failure button:has-text('Try again')")
    visit.shows("A", 20)
    forgive(visit)


def test_the_list_of_all_features_asks_again_too(visit: Visit) -> None:
    faults = iter([True])
    visit.page.route("**/overview.zst", lambda route: route.abort() if next(faults, False) else route.fallback())
    visit.open("features.html")
    visit.page.wait_for_selector("html[data-state=ready]")
    assert visit.page.text_content("#said") == ""
    forgive(visit)


def test_a_host_that_falls_silent_is_asked_again(visit: Visit) -> None:
    page, held = visit.page, list[Route]()
    page.clock.install()
    page.route(CHUNK, lambda route: route.fallback() if held else held.append(route))
    page.goto(visit.base + FEATURE)
    while not held:
        page.wait_for_timeout(20)
    page.clock.run_for(29_000)
    assert page.get_attribute("html", "data-state") == "loading"
    page.clock.run_for(2_000)
    page.wait_for_selector("#said:has-text('The host did not answer. Asking again')")
    page.clock.run_for(2_000)
    visit.shows("A", 20)


@pytest.mark.parametrize("name", ["feature", "features", "pairs", "compare"])
@pytest.mark.parametrize("status", [404, 503])
def test_a_script_that_cannot_be_fetched_is_told(visit: Visit, name: str, status: int) -> None:
    visit.page.route("**/js/*.js", lambda route: route.fulfill(status=status, body="no"))
    visit.page.goto(visit.base + name + ".html")
    visit.page.locator(".late:has-text('a script of this page could not be fetched')").wait_for(state="visible")
    visit.page.close()  # seconds later the browser says what was fetched and nobody used
    visit.faults.clear()  # the browser's own words on what it could not fetch


@pytest.mark.parametrize("name", ["feature", "features", "pairs", "compare"])
def test_a_page_that_works_does_not_say_that_it_is_late(visit: Visit, name: str) -> None:
    page = visit.open(name + ".html")
    page.wait_for_selector("html[data-state=ready]")
    assert page.evaluate("[...document.querySelectorAll('.late, .unstyled')].every((note) => !note.checkVisibility())")


@pytest.mark.parametrize("name", ["feature", "about", "features"])
def test_styles_that_cannot_be_fetched_are_told(visit: Visit, name: str) -> None:
    visit.page.route("**/css/featviz.css", lambda route: route.abort())
    visit.page.goto(visit.base + name + ".html")
    visit.page.locator(".unstyled").wait_for(state="visible")
    visit.faults.clear()  # the browser's own words on what it could not fetch
