"""SAEs may be named like what every JavaScript object has: their pages work like others."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from featviz.site.build import build_site
from tests.browser.conftest import Visit, served
from tests.synthetic import Shape, synthetic_bundle

NAMES = ("constructor", "hasOwnProperty")
FEATURES = 16


@pytest.fixture(scope="module")
def named_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their records hold correlations with other SAEs, so that nothing in them has these names."""
    out = tmp_path_factory.mktemp("names") / "site"
    synthetic_bundle(out, FEATURES, NAMES, shape=Shape(d_sae=FEATURES))
    build_site(out, json.loads((out / "manifest.json").read_text("utf-8")))
    return out


@pytest.fixture
def named(named_site: Path, visit: Visit) -> Iterator[Visit]:
    with served(named_site) as visit.base:
        yield visit


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_shown(named: Visit, name: str) -> None:
    page = named.open(f"feature.html?sae={name}&feature=6")
    named.shows(name, 6)
    assert page.locator(".target").count() > 10


@pytest.mark.parametrize("name", NAMES)
def test_all_features_are_listed(named: Visit, name: str) -> None:
    page = named.open(f"features.html?sae={name}")
    page.wait_for_selector("html[data-state=ready] .rows .row")
    assert f"{FEATURES}" in page.inner_text("#count")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ["pairs.html?sae=constructor&with={}", "compare.html?sae=constructor&with={}"])
def test_what_does_not_correlate_is_told(named: Visit, address: str, name: str) -> None:
    page = named.open(address.format(name))
    assert "orrelation" in page.inner_text("#body")
    assert page.get_attribute("html", "data-error") != "unexpected"


def test_a_note_is_kept(named: Visit) -> None:
    page = named.open("feature.html?sae=constructor&feature=6")
    page.keyboard.press("n")
    page.locator("#noted[open] textarea").fill("mine")
    page.keyboard.press("Escape")
    page.reload()
    named.shows("constructor", 6)
    assert page.locator(".note-panel .remark").inner_text() == "mine"


def test_a_search_finds(named: Visit) -> None:
    page = named.open("feature.html?sae=hasOwnProperty&feature=6")
    page.fill("#search", "a")
    page.wait_for_selector("#found [role=option]")
