"""sae_vis's HTML, read as data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.errors import InputError
from featviz.importers.recognise import read_dashboards
from featviz.importers.sae_vis import SaeVis
from tests.foreign import sae_vis_feature, sae_vis_html, write_sae_vis


def dashboards_of(path: Path, content: dict[str, Any]) -> list[Any]:
    file = path / "page.html"
    file.write_text(sae_vis_html({7: content}), encoding="utf-8")
    return list(read_dashboards(file))


def test_features_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    file = write_sae_vis(tmp_path / "page.html", 10, 2, 9)
    assert [dashboard.feature for dashboard in SaeVis((file,))] == [2, 9, 10]


def test_firings_are_the_sum_of_the_histogram(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7))
    assert (dashboard.firings, dashboard.density) == (40, 0.00977)
    assert (dashboard.activations.low, dashboard.activations.high) == (0.0, 2.0)


def test_shares_of_intervals_become_numbers(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7))
    found = [(group.kind, group.index, group.population) for group in dashboard.groups]
    assert found == [("top", None, 40), ("interval", 1, 10), ("interval", 0, 30)]


def test_shares_that_rounding_leaves_open_are_unknown(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7, firings=400_000))
    assert [group.population for group in dashboard.groups] == [400_000, None, None]


def test_tables_are_numbers_again(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7))
    assert (dashboard.neuron_alignment.value[0], dashboard.neuron_alignment.share[0]) == (0.25, 0.015)
    assert np.isnan(dashboard.correlated_neurons.pearson[0])
    assert dashboard.correlated_features.index.tolist() == [12]
    assert dashboard.correlated_b.pearson.tolist() == [-0.5]


def test_entities_are_the_characters_that_they_stand_for(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7))
    change = dashboard.groups[0].snippets[0].changes[0]
    assert (change.promoted[0], change.suppressed[0]) == ((" dog", 1.0), ("\\n", -1.0))


def test_a_window_knows_its_place_and_target(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7))
    snippet = dashboard.groups[0].snippets[1]
    assert (snippet.seq, snippet.start, snippet.target, snippet.ids) == (1, 10, 2, [1, 2, 3, 4, 5])


def test_a_window_that_is_shown_twice_is_shown_once(tmp_path: Path) -> None:
    content = sae_vis_feature(7)
    top = content["seqMultiGroup"][0]["seqGroupData"]
    top.append(top[0])
    assert len(dashboards_of(tmp_path, content)[0].groups[0].snippets) == 3


def test_fillers_of_the_top_are_left_out(tmp_path: Path) -> None:
    content = sae_vis_feature(7)
    del content["seqMultiGroup"][0]["seqGroupData"][1]["seqData"][2]["featAct"]
    assert len(dashboards_of(tmp_path, content)[0].groups[0].snippets) == 2


def test_of_whole_sequences_the_first_position_is_0(tmp_path: Path) -> None:
    content = sae_vis_feature(7)
    windows = [window["seqData"] for group in content["seqMultiGroup"] for window in group["seqGroupData"]]
    for number, window in enumerate(windows):
        bold = 2 + number % 2
        for place, token in enumerate(window):
            token |= {"isBold": place == bold, "tokPosn": f"({number}, {bold + place})", "featAct": 1.0}
    [dashboard] = dashboards_of(tmp_path, content)
    assert {snippet.start for group in dashboard.groups for snippet in group.snippets} == {0}


def test_a_feature_that_never_fired_has_no_groups(tmp_path: Path) -> None:
    [dashboard] = dashboards_of(tmp_path, sae_vis_feature(7, firings=0))
    assert (dashboard.firings, dashboard.activations, dashboard.groups) == (0, None, [])


def test_components_that_the_layout_leaves_out_are_unknown(tmp_path: Path) -> None:
    content = {key: value for key, value in sae_vis_feature(7).items() if key == "actsHistogram"}
    [dashboard] = dashboards_of(tmp_path, content)
    assert (dashboard.logits, dashboard.logit_histogram, dashboard.neuron_alignment) == (None, None, None)


def no_histogram(content: dict[str, Any]) -> None:
    del content["actsHistogram"]


def board(content: dict[str, Any]) -> None:
    content["seqMultiGroup"][0]["seqGroupData"][0]["seqData"] = {"board": []}


def negative(content: dict[str, Any]) -> None:
    content["seqMultiGroup"][0]["seqGroupData"][0]["seqData"][2]["featAct"] = -1.0


def slipped(content: dict[str, Any]) -> None:
    content["seqMultiGroup"][0]["seqGroupData"][0]["seqData"][3]["posVal"].pop()


def huge(content: dict[str, Any]) -> None:
    content["seqMultiGroup"][0]["seqGroupData"][0]["seqData"][0]["tokID"] = 10**12


def code(content: dict[str, Any]) -> None:
    content["featureTables"]["correlatedNeurons"][0]["value"] = "__import__('os')"


def backwards(content: dict[str, Any]) -> None:
    content["actsHistogram"]["x"].reverse()


def surrogate(content: dict[str, Any]) -> None:
    content["logitsTable"]["negLogits"][0]["symbol"] = "\ud800"


def elsewhere(content: dict[str, Any]) -> None:
    content["seqMultiGroup"][0]["seqGroupData"][0]["seqData"][0]["tokPosn"] = "../../etc"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_histogram, "how often the feature fired is not known"),
        (board, "it holds a board game's board; expected a list of tokens"),
        (negative, "expected activations of at least 0"),
        (slipped, "columns of unequal lengths"),
        (huge, "expected a number of at most 4194303, found 1000000000000"),
        (code, "expected a number such as"),
        (backwards, "in increasing order"),
        (surrogate, "expected a text"),
        (elsewhere, r"expected a place such as \(1527, 31\)"),
    ],
)
def test_what_cannot_be_right_is_told(tmp_path: Path, damage: Callable[[dict[str, Any]], None], message: str) -> None:
    content = sae_vis_feature(7)
    damage(content)
    with pytest.raises(InputError, match=message):
        dashboards_of(tmp_path, content)


@pytest.mark.parametrize("data", ["alert(1)", "{", '{"../x": {}}', "[]", "{}", "[" * 100_000])
def test_code_and_broken_json_are_refused(tmp_path: Path, data: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"function defineData() {{\n    return {data};\n}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"page\.html is no"):
        read_dashboards(file)


@pytest.mark.parametrize("name", ["page.html", "notes.txt"])
def test_another_file_is_told_what_was_looked_for(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<p>hello</p>", encoding="utf-8")
    with pytest.raises(InputError, match=r"defineData \(sae_vis HTML\); a folder with batch-0\.json"):
        read_dashboards(tmp_path / name)
