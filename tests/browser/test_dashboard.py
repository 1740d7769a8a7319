"""What a feature's page shows."""

import re
from pathlib import Path

import numpy as np
import pytest

from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from tests.browser.conftest import TITLE, Visit

PANELS = {
    "left": [
        "label",
        "neuron_alignment",
        "correlated_neurons",
        "correlated_features",
        "correlated_features",
        "similar_features",
    ],
    "middle": ["activation_histogram", "logit_table", "logit_histogram"],
}


def test_a_dashboard_says_that_it_is_drawn(visit: Visit) -> None:
    visit.open("feature.html?sae=A&feature=6")
    visit.shows("A", 6)
    assert visit.page.title() == f"A / 6 · {TITLE}"


@pytest.mark.parametrize("column", PANELS)
def test_a_column_holds_its_panels_in_order(visit: Visit, column: str) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    names = page.eval_on_selector_all(f"#{column} > .panel", "panels => panels.map(panel => panel.classList[1])")
    assert names == PANELS[column]


def test_groups_run_from_top_over_falling_intervals_to_bottom(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    titles = page.locator("#groups h2 > span:first-child").all_inner_texts()
    assert len(titles) == 12
    assert titles[0].lower().startswith("top activations")
    assert titles[-1].lower().startswith("bottom activations")
    highs = [float(title.split("–")[1]) for title in titles[1:-1]]
    assert highs == sorted(highs, reverse=True)


def test_titles_count_firings_and_give_their_share(visit: Visit, site: Path) -> None:
    record = show(Bundle.open(site), 6, "A")
    page = visit.open("feature.html?sae=A&feature=6")
    firings, share = record["firings"], f"{100 * record['density']:#.3g}"
    assert page.locator(".group.top .note").inner_text() == f"20 of {firings:,} firings · {share} %"
    assert page.locator(".group.bottom .note").inner_text() == "20 of 65,024 positions · 100 %"


def test_titles_give_the_bounds_of_intervals(visit: Visit, site: Path) -> None:
    groups = show(Bundle.open(site), 6, "A")["groups"][1:-1]
    bounds = visit.open("feature.html?sae=A&feature=6").locator(".group.interval .bounds, .nothing .bounds")
    shown = np.array([[float(bound) for bound in each.split(" – ")] for each in bounds.all_inner_texts()])
    np.testing.assert_allclose(shown, [(group["low"], group["high"]) for group in groups], atol=groups[0]["high"] / 200)


def test_the_targets_stand_in_one_column(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    lefts = page.eval_on_selector_all(".group.top .target", "all => all.map(t => t.getBoundingClientRect().left)")
    assert len(lefts) == 20
    assert max(lefts) - min(lefts) < 1


def test_a_line_opens_to_its_full_width(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    line = page.locator(".line").first
    left = "getBoundingClientRect().left"
    cut = f"line => line.querySelector('.t').{left} < line.{left}"
    assert line.evaluate(cut)
    line.locator(".more").click()
    assert not line.evaluate(cut)


def test_what_is_below_the_first_screen_is_laid_out_a_frame_later_in_the_same_place(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    put_off, left, heights = page.evaluate(
        """() => new Promise((done) => {
            const count = () => document.querySelectorAll(".group[style]").length;
            const height = () => document.documentElement.scrollHeight;
            addEventListener("featviz:shown", () => {
                const [put_off, before] = [count(), height()];
                requestAnimationFrame(() => requestAnimationFrame(() => done([put_off, count(), [before, height()]])));
            });
            document.getElementById("next").click();
        })"""
    )
    assert put_off > 0
    assert left == 0
    assert heights[0] == heights[1]


def test_a_focused_token_at_the_end_of_a_cut_line_is_seen(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    after = "document.activeElement.closest('.line').querySelector('.after')"
    page.locator(".target").first.focus()
    page.keyboard.press("End")
    right, edge, end = page.evaluate(
        f"[document.activeElement, {after}].map(box => box.getBoundingClientRect().right)"
        f".concat({after}.querySelector('.t:last-child').getBoundingClientRect().right)"
    )
    assert right == end
    assert right <= edge + 1


def test_lines_stay_wrapped_from_feature_to_feature(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    page.click("#wrap")
    page.keyboard.press("ArrowRight")
    visit.shows("A", 7)
    assert page.get_attribute("#wrap", "aria-pressed") == "true"
    assert page.locator("#groups.wrapped").count() == 1


def test_a_dead_feature_says_so_and_keeps_the_panels_that_exist(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=1")
    visit.shows("A", 1)
    assert "This feature never fired" in page.inner_text("#groups")
    assert page.locator(".line").count() == 0
    assert page.locator(".logit_table tbody tr").count() == 20
    assert page.locator(".similar_features tbody tr").count() == 3


def test_a_statistic_that_does_not_exist_is_a_dash(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=3")
    cells = page.locator(".correlated_features tbody td:not(:first-child)").all_inner_texts()
    assert set(cells) == {"–"}


def test_a_label_is_shown_as_text_with_its_score_and_source(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=4")
    text = page.inner_text(".panel.label")
    assert "closing </script> tags & “quotes”" in text
    assert "score 0.820" in text
    assert "by a test" in text


def test_without_a_label_the_slot_says_so(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    assert "No label yet" in page.inner_text(".panel.label")


def test_empty_intervals_are_lines_and_not_boxes(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=5")
    assert page.locator(".nothing").count() > 0
    assert page.locator(".nothing .kwic").count() == 0


def test_hostile_tokens_are_inert_text(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    assert page.locator("#groups script").count() == 0
    assert "</script>" in page.inner_text("#groups")


def test_a_part_of_a_character_is_told_from_a_backslash(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    kinds = page.eval_on_selector_all(
        ".t", r"all => all.filter(t => t.textContent === '\\xe2').map(t => t.classList.contains('bytes'))"
    )
    assert set(kinds) == {True, False}


def test_line_ends_are_marked_and_not_broken(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    assert page.locator(".t i.newline").count() > 0
    heights = page.eval_on_selector_all(".line", "lines => lines.map(line => line.offsetHeight)")
    assert len(set(heights)) == 1


def test_histograms_have_round_marks_and_name_a_bin_that_is_pointed_at(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=6")
    marks = page.locator(".activation_histogram .tick").all_inner_texts()
    assert 2 <= len(marks) <= 7
    assert all(re.fullmatch(r"[0-9]|[0-9]\.[05]|0\.[0-9]", mark) for mark in marks)
    chart = page.locator(".activation_histogram .chart")
    before = chart.locator(".readout").inner_text()
    chart.locator("svg").hover(position={"x": 3, "y": 60})
    assert chart.locator(".readout").inner_text() != before


def test_a_feature_takes_few_requests(visit: Visit) -> None:
    visit.open("feature.html?sae=A&feature=6")
    data = [place for place, url in enumerate(visit.requests) if "/data/" in url]
    assert len(data) == 1
    assert data[0] < 6
    assert len(visit.requests) == len(set(visit.requests))


def test_a_feature_takes_few_elements(visit: Visit) -> None:
    page = visit.open("feature.html?sae=A&feature=2")
    assert page.evaluate("document.querySelectorAll('*').length") <= 3000


def test_the_chunk_next_door_is_fetched_before_it_is_asked_for(visit: Visit) -> None:
    with visit.page.expect_request("**/A/0/1.json.zst"):
        visit.open("feature.html?sae=A&feature=14")


@pytest.mark.parametrize("pattern", ["*.html"])
def test_pages_hold_no_inline_script_or_style(site: Path, pattern: str) -> None:
    for file in site.glob(pattern):
        text = file.read_text("utf-8")
        assert "<style" not in text, file.name
        assert " style=" not in text, file.name
        scripts = re.findall(r"<script[^>]*>[^<]*</script>", text)
        assert text.count("<script") == len(scripts), file.name
        assert scripts, file.name
        for script in scripts:
            assert re.fullmatch(r'<script( type="module")? src="(\.\.?/)*js/\w+\.js"[^>]*></script>', script), script
