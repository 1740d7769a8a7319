"""What a page shows of a feature is what `featviz show` prints of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from tests.browser.conftest import Visit

FEATURE = 6
FAINT = 0.02
"""Effects below this share of the largest have no underline."""
ROWS = (
    "panel => [...panel.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.textContent.trim()))"
)
HALVES = """
part => [...part.querySelectorAll("table")].map(
  (half) => [...half.tBodies[0].rows].map((row) => row.cells[1].textContent.trim()))
"""
TOKENS = """
() => [...document.querySelectorAll("#groups .t[data-at]")].map((t) => [
  Number(t.dataset.at), t.style.getPropertyValue("--a"), t.style.getPropertyValue("--e"),
  t.classList.contains("fires"), t.classList.contains("helps"), t.classList.contains("hurts"),
])
"""


@pytest.fixture(scope="module")
def record(site: Path) -> dict[str, Any]:
    return show(Bundle.open(site), FEATURE, "A")


def tokens_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """In the order of the page's flat indices."""
    return [token for group in record["groups"] for window in group["windows"] for token in window["tokens"]]


def place_of(record: dict[str, Any], at: int) -> tuple[dict[str, Any], int]:
    """The window that holds the token of a flat index, and which of its tokens that is."""
    for window in (window for group in record["groups"] for window in group["windows"]):
        if at < len(window["tokens"]):
            return window, at
        at -= len(window["tokens"])
    raise IndexError(at)


def number(text: str) -> float:
    """`−0.342`, `2.62 %` or `A / 1239`, as numbers."""
    return float(text.replace("−", "-").removesuffix(" %").split(" / ")[-1])


def are_rounded(shown: list[list[str]], halves: list[list[float]]) -> None:
    """Whether texts are numbers to three digits of the largest of both halves."""
    found = [[number(text) for text in half] for half in shown]
    np.testing.assert_allclose(found, halves, atol=0.006 * np.abs(halves).max())


def tables(record: dict[str, Any]) -> Iterator[tuple[str, list[list[float]]]]:
    """The panels of the left column, and what stands in the rows of each."""
    alignment, neurons = record["neuron_alignment"], record["correlated_neurons"]
    shares = [100 * share for share in alignment["share"]]
    yield "neuron_alignment", [list(row) for row in zip(alignment["neuron"], alignment["value"], shares, strict=True)]
    yield "correlated_neurons", [list(row) for row in zip(*neurons.values(), strict=True)]
    for sae in ("B", "A"):
        found = record["correlated_features"][sae]
        yield "correlated_features", [list(row) for row in zip(*found.values(), strict=True)]
    yield "similar_features", [list(row) for row in zip(*record["similar_features"].values(), strict=True)]


def test_tables(visit: Visit, record: dict[str, Any]) -> None:
    page = visit.open(f"feature.html?sae=A&feature={FEATURE}")
    panels = [panel for panel in page.locator("#left > .panel").all() if panel.locator("tbody").count()]
    for panel, (name, expected) in zip(panels, tables(record), strict=True):
        assert name in (panel.get_attribute("class") or "")
        shown = np.array([[number(cell) for cell in row] for row in panel.evaluate(ROWS)])
        np.testing.assert_allclose(shown, expected, rtol=0.005, atol=0.005 + 1e-9)


def test_highlights_are_shares_of_the_largest_activation(visit: Visit, record: dict[str, Any]) -> None:
    tokens = tokens_of(record)
    shown = visit.open(f"feature.html?sae=A&feature={FEATURE}").evaluate(TOKENS)
    assert len(shown) > 100
    for at, shade, _, fires, _, _ in shown:
        activation = tokens[at]["activation"] or 0
        assert fires == (activation > 0)
        if fires:
            assert float(shade) == pytest.approx(0.1 + 0.9 * activation / record["max"], abs=0.006)


def test_underlines_are_shares_of_the_largest_effect(visit: Visit, record: dict[str, Any]) -> None:
    tokens = tokens_of(record)
    largest = max(abs(token["loss_effect"] or 0) for token in tokens)
    shown = visit.open(f"feature.html?sae=A&feature={FEATURE}").evaluate(TOKENS)
    assert any(helps for *_, helps, _ in shown)
    assert any(hurts for *_, hurts in shown)
    for at, _, shade, _, helps, hurts in shown:
        share = (tokens[at]["loss_effect"] or 0) / largest
        assert (helps, hurts) == (share <= -FAINT, share >= FAINT)
        if helps or hurts:
            assert float(shade) == pytest.approx(0.3 + 0.7 * abs(share), abs=0.006)


def test_logits(visit: Visit, record: dict[str, Any]) -> None:
    halves = visit.open(f"feature.html?sae=A&feature={FEATURE}").locator(".logit_table").evaluate(HALVES)
    sides = [[token["logit"] for token in record["logit_table"][side]] for side in ("negative", "positive")]
    are_rounded(halves, sides)


def test_the_tooltip(visit: Visit, record: dict[str, Any]) -> None:
    page = visit.open(f"feature.html?sae=A&feature={FEATURE}")
    shown = page.locator("#groups .t.helps").first
    at = int(shown.get_attribute("data-at") or "")
    shown.hover()
    tip = page.locator("#tooltip")
    window, place = place_of(record, at)
    token = window["tokens"][place]
    assert tip.locator(".note").inner_text() == f"seq {window['sequence']} · pos {window['start'] + place}"
    activation, effect, number_of = tip.locator("dd").all_inner_texts()
    assert number(activation) == pytest.approx(token["activation"], rel=0.001)
    assert number(effect.removesuffix(" helps")) == pytest.approx(token["loss_effect"], rel=0.01)
    assert number(number_of) == token["id"]
    are_rounded(tip.evaluate(HALVES), [[each["change"] for each in token[side]] for side in ("top", "bottom")])


def test_the_heading(visit: Visit, record: dict[str, Any], site: Path) -> None:
    counted, firings = Bundle.open(site).manifest.tokens.counted, record["firings"]
    page = visit.open(f"feature.html?sae=A&feature={FEATURE}")
    density, largest, count = page.locator("#heading dd").all_inner_texts()
    assert density == f"{100 * firings / counted:#.3g} %"
    assert number(largest) == pytest.approx(record["max"], rel=0.001)
    assert count == f"{firings:,} of {counted:,}"
    noted = page.locator(".activation_histogram .note").inner_text()
    assert noted == f"{firings:,} nonzero · density {density}"


@pytest.mark.parametrize("name", ["activation_histogram", "logit_histogram"])
def test_histograms(visit: Visit, record: dict[str, Any], name: str) -> None:
    chart = visit.open(f"feature.html?sae=A&feature={FEATURE}").locator(f".{name} .chart")
    low, high, counts = record[name].values()
    tops = {}
    for path in chart.locator("path").all():
        for left, top in re.findall(r"M([\d.]+) 100V([\d.]+)H", path.get_attribute("d") or ""):
            tops[int(float(left))] = float(top)
    expected = {place: 100 - max(1.5, 100 * n / max(counts)) for place, n in enumerate(counts) if n}
    assert tops == pytest.approx(expected, abs=0.01)
    for tick in chart.locator(".tick").all():
        place = tick.evaluate("tick => parseFloat(tick.style.left)")
        assert place == pytest.approx(100 * (number(tick.inner_text()) - low) / (high - low), abs=0.1)
