"""A page shows what was published or says that it cannot, whichever bit of a file is another."""

import random
from pathlib import Path

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import SETTLED, Visit
from tests.browser.test_failures import FEATURE

FLIPS = 40


def flips(data: bytes, seed: int, number: int = FLIPS) -> list[bytes]:
    """Copies with one other bit, half of them in the file's first and last bytes, where the frame says what it is."""
    rng, size = random.Random(seed), len(data)
    ends = [*range(min(18, size)), *range(max(0, size - 8), size)]
    places = [rng.choice(ends) if k % 2 else rng.randrange(size) for k in range(number)]
    return [data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :] for at in places]


class Changed:
    """A file of the site that is served as ``body``."""

    def __init__(self, visit: Visit, pattern: str) -> None:
        self.body: bytes | None = None
        visit.page.route(pattern, self.answer)

    def answer(self, route: Route) -> None:
        route.fallback() if self.body is None else route.fulfill(body=self.body)


def test_a_chunk_with_another_bit_is_told_or_shows_the_same(visit: Visit, site: Path) -> None:
    file = next(site.glob("data/*/A/0/1.json.zst"))
    changed, page = Changed(visit, f"**/{file.relative_to(site).as_posix()}"), visit.open(FEATURE)
    dashboard = page.inner_text("#dashboard")
    told = 0
    for changed.body in flips(file.read_bytes(), 0):
        page.goto(visit.base + FEATURE)
        page.wait_for_selector(SETTLED)
        if page.get_attribute("html", "data-state") == "ready":
            assert page.inner_text("#dashboard") == dashboard
        else:
            assert page.get_attribute("html", "data-error") == "damaged-chunk"
            assert "/A/0/1.json.zst" in page.inner_text("#failure")
            told += 1
    assert told > FLIPS * 0.8


def test_a_manifest_with_another_bit_is_told(visit: Visit, site: Path) -> None:
    changed = Changed(visit, "**/manifest.json")
    for changed.body in flips((site / "manifest.json").read_bytes(), 1, 20):
        visit.page.goto(visit.base + FEATURE)
        visit.page.wait_for_selector("html[data-state=error]")
        assert visit.page.get_attribute("html", "data-error") in ("damaged-manifest", "wrong-format")


@pytest.mark.parametrize("name", ["overview.zst", "search/vocabulary.json.zst"])
def test_a_part_with_another_bit_is_told(visit: Visit, site: Path, name: str) -> None:
    file = next(site.glob(f"data/*/A/{name}"))
    changed = Changed(visit, f"**/{file.relative_to(site).as_posix()}")
    for changed.body in flips(file.read_bytes(), 2, 6):
        if name == "overview.zst":
            visit.page.goto(visit.base + "features.html?sae=A")
            visit.page.wait_for_selector("html[data-state=error]")
        else:
            visit.open("feature.html?sae=A&feature=6").fill("#search", "a")
            visit.page.wait_for_selector("#found [role=status]:has-text('cannot be read')")
