"""The site on each host as it behaves: a feature, search, an old link, a wrong one, an unknown page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.hosts import HOSTS_LIKE, hosted
from tests.browser.test_failures import fails, forgive
from tests.browser.test_search import type_in

pytestmark = pytest.mark.parametrize("name", [*HOSTS_LIKE, "http.server"], scope="module")


@pytest.fixture(scope="module")
def address(site: Path, name: str) -> Iterator[str]:
    """Where the site lies on the host."""
    with hosted(site, name) as found:
        yield found


@pytest.fixture
def there(visit_with: Callable[..., Visit], address: str) -> Visit:
    """A window on that host's site."""
    visit = visit_with()
    visit.base = address
    return visit


def test_from_home_to_a_feature_to_the_next_and_by_search_to_another(there: Visit) -> None:
    page = there.open("index.html")
    page.locator(".card").nth(1).locator(".picks a").nth(1).click()
    there.shows("B", 6)
    page.keyboard.press("ArrowRight")
    there.shows("B", 7)
    type_in(page, "</script>")
    page.locator(".hit[data-feature]").first.wait_for()


def test_an_old_link_with_parameters_of_another_time_is_followed(there: Visit) -> None:
    there.open("feature.html?utm_source=paper&sae=A&feature=20&layout=old")
    there.shows("A", 20)


def test_a_link_to_no_feature_is_told(there: Visit) -> None:
    there.open("feature.html?sae=A&feature=64000")
    assert "0 to 63" in fails(there, "unknown-feature")


def test_a_chunk_that_was_not_uploaded_is_told_whatever_the_status(there: Visit) -> None:
    there.page.route("**/A/0/1.json.zst", lambda route: route.continue_(url=f"{there.base}data/nowhere.json.zst"))
    there.open("feature.html?sae=A&feature=20")
    assert "A/0/1.json.zst" in fails(there, "missing-chunk")
    forgive(there)


def test_every_file_arrives_as_it_was_published(there: Visit) -> None:
    page = there.open("about.html")
    page.click("#verify")
    page.wait_for_selector("#verified[data-state=done]")
    assert page.inner_text("#verified").startswith("Every file that was compared is the one that was published (")
