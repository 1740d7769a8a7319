"""Addresses that a hand has mangled: each says what happened and what to do, and the rest of the page works."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

NUMBERS = ["-1", "1e9", "abc", "NaN", "Infinity", "", "0x10", "6.0", "64", "%FF", "6%00", "%D9%A6", "6,7", "null"]
"""None of them is the number of a feature; %D9%A6 is a digit of another script."""
SAES = ["", "C", "%", "%E0%A4%A", "A;feature=6", "A%26feature=6", "__proto__", "..%2fA", "A%20B"]
PAGES = ["feature.html", "features.html", "pairs.html", "compare.html"]


def told(visit: Visit, address: str, kind: str) -> str:
    """The failure's text; its links and the search are there."""
    page = visit.open(address)
    page.wait_for_selector(f'html[data-state=error][data-error="{kind}"]')
    assert page.locator(".failure .ways a").count() > 0
    assert page.locator("#search").is_visible()
    return page.inner_text(".failure")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_none_is_told_with_those_that_are(visit: Visit, number: str) -> None:
    assert "0 to 63" in told(visit, f"feature.html?sae=A&feature={number}", "unknown-feature")


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_sae_is_told_with_those_there_are(visit: Visit, page: str) -> None:
    assert "A, B" in told(visit, f"{page}?sae=C&feature=6", "unknown-sae")


@pytest.mark.parametrize("sae", SAES)
def test_a_mangled_name_is_told(visit: Visit, sae: str) -> None:
    assert "A, B" in told(visit, f"feature.html?sae={sae}&feature=6", "unknown-sae")


def test_a_name_in_the_wrong_case_leads_to_the_feature_asked_for(visit: Visit) -> None:
    told(visit, "feature.html?sae=b&feature=6", "unknown-sae")
    visit.page.click(".failure .ways a")
    visit.shows("B", 6)


@pytest.mark.parametrize("address", ["pairs.html?sae=A&with=", "pairs.html?sae=A&with=C", "compare.html?sae=A&with=C"])
def test_an_unknown_partner_is_told_with_those_there_are(visit: Visit, address: str) -> None:
    assert "A, B" in told(visit, address, "unknown-sae")


@pytest.mark.parametrize(
    ("address", "feature"),
    [
        ("feature.html?sae=A&feature=%206%20", 6),
        ("feature.html?sae=A&feature=006", 6),
        ("feature.html?feature=6", 6),
        ("feature.html?&&&=&sae=A&&feature=6&", 6),
        ("feature.html?sae=A&feature=6#garbage<b>%zz", 6),
        ("/feature.html?sae=A&feature=6", 6),
        ("feature.html?sae=A", 0),
        ("feature.html?", 0),
    ],
)
def test_what_can_be_understood_is(visit: Visit, address: str, feature: int) -> None:
    visit.open(address)
    visit.shows("A", feature)


@pytest.mark.parametrize(
    "wrong",
    [
        "group=interval-99",
        "group=Top",
        "group=",
        "pin=99.99",
        "pin=a",
        "context=-3",
        "wrap=yes",
        "feature=7",
        "Pin=0.3",
    ],
)
def test_what_a_dashboard_passes_over_is_told(visit: Visit, wrong: str) -> None:
    page = visit.open(f"feature.html?sae=A&feature=6&{wrong}")
    visit.shows("A", 6)
    expect(page.locator("#said")).to_contain_text(f"says {wrong}, which makes no sense")


def test_an_address_that_makes_sense_is_not_commented_on(visit: Visit) -> None:
    page = visit.open("feature.html?from=mail&sae=A&feature=6&group=top&pin=0.3&context=20&wrap=1&spaces=1#x")
    page.locator(".kwic[role=list]").first.wait_for()
    assert page.inner_text("#said") == ""


@pytest.mark.parametrize(
    "address",
    [
        "features.html?sae=A&sort=nothing",
        "features.html?sae=A&density=NaN..1e999",
        "features.html?sae=A&max=5..1",
        "features.html?sae=A&order=up",
        "pairs.html?sae=A&threshold=abc",
        "pairs.html?sae=A&threshold=7",
        "pairs.html?sae=A&kind=weird",
        "pairs.html?sae=A&sort=zz",
    ],
)
def test_what_a_table_passes_over_is_told(visit: Visit, address: str) -> None:
    page = visit.open(address)
    wrong = address.split("&")[1]
    assert f"says {wrong}, which makes no sense" in page.inner_text("#ignored")
    page.wait_for_selector("html[data-state=ready] .rows .row")


@pytest.mark.parametrize("path", ["Feature.html", "feature", "feature.html/", "feature.htm", "nope/feature.html"])
def test_a_path_that_leads_nowhere_keeps_what_it_asked_for(visit: Visit, path: str) -> None:
    page = visit.page
    answer = page.goto(f"{visit.base}{path}?sae=B&feature=6")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="seems to mean").click()
    visit.shows("B", 6)
    visit.faults[:] = [fault for fault in visit.faults if "404" not in fault and "MIME" not in fault]
