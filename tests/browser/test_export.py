"""Some features as one file, opened from the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from featviz.site.export import export
from tests.browser.conftest import SETTLED


@pytest.fixture(scope="module")
def file(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features 6, 7 and 4 of SAE A."""
    out = tmp_path_factory.mktemp("export") / "some picks.html"
    export(site, [("A", feature) for feature in (6, 7, 4)], out)
    return out


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    """The file, opened; the test ends with what went wrong in it and what else it asked for."""
    context = chromium.new_context()
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on(
        "request", lambda request: faults.append(request.url) if not request.url.startswith(file.as_uri()) else None
    )
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto(file.as_uri())
    page.wait_for_selector(SETTLED)
    yield page
    context.close()
    assert [fault for fault in faults if not fault.startswith("data:")] == []


def shows(page: Page, feature: int) -> None:
    page.wait_for_selector(f'html[data-state=ready][data-sae="A"][data-feature="{feature}"]')


def test_opens_with_its_first_feature(page: Page) -> None:
    shows(page, 4)
    assert page.locator("#groups .line").count() > 20


def test_steps_from_one_of_its_features_to_the_next(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    shows(page, 6)
    page.keyboard.press("ArrowRight")
    shows(page, 7)
    page.go_back()
    shows(page, 6)


def test_its_links_are_good_for_the_file(page: Page, file: Path) -> None:
    page.goto(f"{file.as_uri()}?sae=A&feature=7")
    shows(page, 7)


@pytest.mark.parametrize(("sae", "held"), [("A", "Of A it has 4, 6, 7."), ("B", "Of B it has none.")])
def test_a_link_to_a_feature_that_is_not_there_says_so(page: Page, file: Path, sae: str, held: str) -> None:
    page.goto(f"{file.as_uri()}?sae={sae}&feature=9")
    page.wait_for_selector("html[data-state=error][data-error=not-in-file]")
    message = page.locator("#failure").inner_text()
    assert f"Feature 9 of SAE {sae} is not here. {held}" in message
    page.locator("#failure a").last.click()
    shows(page, 7)


def test_its_features_can_be_searched(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    shows(page, 6)
    page.locator("#search").fill("closing")
    page.locator("#found [data-facet=label]").click()
    page.locator("#found [role=option][data-feature='4']").click()
    shows(page, 4)
