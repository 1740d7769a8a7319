"""SAEDashboard's batches for Neuronpedia."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.errors import InputError
from featviz.importers.dashboards import Dashboard
from featviz.importers.recognise import read_dashboards
from tests.foreign import batch, neuronpedia_feature, write_batches


def dashboard_of(path: Path, content: dict[str, Any]) -> Dashboard:
    (path / "batch-0.json").write_text(json.dumps(batch([content])), encoding="utf-8")
    [dashboard] = read_dashboards(path)
    return dashboard


def test_batches_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    assert [dashboard.feature for dashboard in read_dashboards(write_batches(tmp_path, 24))] == list(range(24))


def test_one_batch_can_be_read_alone(tmp_path: Path) -> None:
    found = list(read_dashboards(write_batches(tmp_path) / "batch-3.json"))
    assert [dashboard.feature for dashboard in found] == [6, 7]


def test_the_origin_is_what_the_files_say(tmp_path: Path) -> None:
    origin = read_dashboards(write_batches(tmp_path)).origin
    assert (origin.model, origin.tokens, origin.sae, origin.counted) == ("tiny", "some/text", "3-res-jb", 4096)
    assert len(origin.files) == 10


def test_a_correlation_that_does_not_exist_is_none(tmp_path: Path) -> None:
    correlated = dashboard_of(tmp_path, neuronpedia_feature(0)).correlated_features
    assert correlated
    assert np.isnan(correlated.pearson[0])


def test_silent_windows_of_the_lowest_interval_are_bottom_activations(tmp_path: Path) -> None:
    groups = dashboard_of(tmp_path, neuronpedia_feature(0)).groups
    found = [(group.kind, group.index, group.population, len(group.snippets)) for group in groups]
    assert found == [
        ("top", None, 40, 1),
        ("interval", 1, None, 1),
        ("interval", 0, None, 1),
        ("bottom", None, None, 1),
    ]


@pytest.mark.parametrize("index", [-1, 99, None])
def test_without_a_target_the_strongest_token_is_it(tmp_path: Path, index: int | None) -> None:
    content = neuronpedia_feature(0)
    content["activations"][0] |= {"qualifying_token_index": index}
    assert dashboard_of(tmp_path, content).groups[0].snippets[0].target == 4


def test_a_feature_that_never_fired_has_no_groups(tmp_path: Path) -> None:
    dashboard = dashboard_of(tmp_path, neuronpedia_feature(0, firings=0))
    assert (dashboard.firings, dashboard.groups) == (0, [])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("feature_index", -1, "feature_index: expected an integer of at least 0"),
        ("feature_index", 2**40, "expected a number of at most 4194303"),
        ("pos_values", [1.0], "columns of unequal lengths"),
        ("freq_hist_data_bar_heights", [0.5, 0, 0, 0], "expected whole counts"),
        ("activations", [{"bin_min": 0, "bin_max": 1, "tokens": ["a"], "values": [-1.0]}], "expected numbers from 0"),
        ("activations", [{"bin_min": 0, "bin_max": 1, "tokens": [], "values": []}], "at least one token"),
        ("activations", "all", "expected a list"),
    ],
)
def test_what_cannot_be_right_is_told(tmp_path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dashboard_of(tmp_path, neuronpedia_feature(0) | {key: value})


@pytest.mark.parametrize("text", ["{}", "[]", '{"features": 3}', "{", '{"features": [1]}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "batch-0.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"batch-0\.json is no"):
        read_dashboards(tmp_path)


def test_an_empty_folder_is_told_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Looked for: .* \(sae_vis HTML\); a folder with batch-0\.json"):
        read_dashboards(tmp_path)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone does not exist\. Expected an \.html file"):
        read_dashboards(tmp_path / "gone")
