"""An import ends as an ordinary site, which says what it lacks."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from featviz.bundle import manifest as manifest_module
from featviz.bundle.checks.check import check
from featviz.bundle.parts.search import read_search
from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from featviz.cli import main
from featviz.errors import BundleError, InputError
from featviz.importers.publish import Stated, publish
from featviz.site.export import export
from tests.foreign import batch, neuronpedia_feature, sae_vis_feature, sae_vis_html, write_batches, write_sae_vis

SCHEMA = Path(manifest_module.__file__).parent / "schema" / "manifest.schema.json"


@pytest.fixture(scope="module")
def vis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three features of sae_vis."""
    folder = tmp_path_factory.mktemp("vis")
    publish(write_sae_vis(folder / "page.html", 0, 3, 8), folder / "out", Stated(model="gelu-1l", hook="blocks.0.x"))
    return folder / "out"


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty features of SAEDashboard."""
    folder = tmp_path_factory.mktemp("batches")
    publish(write_batches(folder / "in", sae_set="res/../jb"), folder / "out")
    return folder / "out"


def test_the_sites_are_whole(vis: Path, batches: Path) -> None:
    assert check(vis).problems == check(batches).problems == []


def test_the_manifests_are_as_the_schema_says(vis: Path, batches: Path) -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for site in (vis, batches):
        validator.validate(json.loads((site / "manifest.json").read_bytes()))


def test_some_features_are_not_taken_for_all(vis: Path) -> None:
    sae = Bundle.open(vis).sae()
    assert (sae.features, sae.d_sae, sae.correlated_with) == ([0, 3, 8], 14, ["A", "B"])


def test_all_features_are_in_chunks_as_ever(batches: Path) -> None:
    sae = Bundle.open(batches).sae()
    assert (sae.features, sae.d_sae, sae.chunk_size, sae.chunks) == (None, 20, 16, 2)


def test_a_name_from_a_file_cannot_leave_the_folder(batches: Path) -> None:
    assert Bundle.open(batches).sae().name == "3-res-..-jb"
    assert {path.name for path in batches.parent.iterdir()} == {"in", "out"}


def test_what_is_not_known_is_null(batches: Path) -> None:
    manifest = Bundle.open(batches).manifest
    assert (manifest.effect, manifest.model.n_layers, manifest.tokens.sha256) == (None, None, None)
    assert (manifest.model.d_vocab, manifest.tokens.counted) == (11, 4096)


def test_what_is_stated_wins(vis: Path) -> None:
    manifest = Bundle.open(vis).manifest
    assert (manifest.title, manifest.model.name, manifest.saes[0].read_hook) == ("gelu-1l A", "gelu-1l", "blocks.0.x")


def test_the_pages_say_where_the_numbers_come_from(vis: Path) -> None:
    for page in ("index.html", "feature.html", "about.html"):
        text = (vis / page).read_text("utf-8")
        assert "sae_vis (HTML)" in text
        assert "similar features" in text
    assert "divides the final residual by its variance" in (vis / "about.html").read_text("utf-8")


def test_tokens_are_text_again(vis: Path) -> None:
    record = show(Bundle.open(vis), 3)
    tokens = [token for group in record["groups"] for window in group["windows"] for token in window["tokens"]]
    assert {token["text"] for token in tokens} >= {" the", "é", "’", "</script>"}
    assert {"id": 4, "text": "\\xe2\\x80", "bytes": "e280"}.items() <= next(t for t in tokens if t["id"] == 4).items()


def test_a_token_that_no_window_shows_has_no_id(vis: Path) -> None:
    negative = show(Bundle.open(vis), 3)["logit_table"]["negative"]
    assert [(token["id"], token["text"]) for token in negative] == [(0, " the"), (None, " never")]


def test_intervals_are_parts_of_the_largest_activation_that_is_printed(tmp_path: Path) -> None:
    content = sae_vis_feature(2)
    content["actsHistogram"]["x"] = [0.5, 1.5, 2.5, 3.5]
    file = tmp_path / "page.html"
    file.write_text(sae_vis_html({2: content}), encoding="utf-8")
    publish(file, tmp_path / "out")
    record = show(Bundle.open(tmp_path / "out"), 2)
    assert (record["max"], record["activation_histogram"]["high"]) == (2.0, 4.0)
    assert [(group["low"], group["high"]) for group in record["groups"]] == [(0.0, 2.0), (1.0, 2.0), (0.0, 1.0)]


def test_a_printed_activation_of_zero_is_below_rounding(tmp_path: Path) -> None:
    folder, content = tmp_path / "in", neuronpedia_feature(0)
    folder.mkdir()
    content |= {"freq_hist_data_bar_values": [0.0] * 4, "activations": []}
    (folder / "batch-0.json").write_text(json.dumps(batch([content])), encoding="utf-8")
    publish(folder, tmp_path / "out")
    assert Bundle.open(tmp_path / "out").record("3-res-jb", 0).max == 0.0005
    assert check(tmp_path / "out").problems == []


def test_tables_that_no_dashboard_has_are_said_to_be_missing(batches: Path) -> None:
    imported = Bundle.open(batches).manifest.imported
    assert imported
    assert {"neuron alignment", "correlated neurons"} <= set(imported.lacks)


def test_effects_are_those_of_the_file(vis: Path) -> None:
    window = show(Bundle.open(vis), 0)["groups"][0]["windows"][0]
    assert [token["loss_effect"] for token in window["tokens"]] == [None, None, None, -0.25, None]
    assert window["tokens"][3]["top"][0]["text"] == " dog"


def test_tokens_are_found(batches: Path) -> None:
    bundle = Bundle.open(batches)
    sae, folder = bundle.sae(), batches / "data" / bundle.manifest.release
    tokens, _ = read_search(sae.name, sae.d_sae, lambda name: (folder / name).read_bytes())
    assert "é" in [spelling.text for spelling in tokens.entries]


def test_features_can_be_exported(vis: Path, tmp_path: Path) -> None:
    assert export(vis, [(None, 3)], tmp_path / "one.html").features == 1


def test_a_feature_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    folder = write_batches(tmp_path / "in", 4)
    (folder / "batch-7.json").write_bytes((folder / "batch-0.json").read_bytes())
    with pytest.raises(InputError, match="Feature 0 is there twice, or after feature 3"):
        publish(folder, tmp_path / "out")


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    folder = write_batches(tmp_path / "in", 2)
    with pytest.raises(BundleError, match="was not written by featviz"):
        publish(folder, folder)


def test_the_same_file_gives_the_same_data(tmp_path: Path) -> None:
    file = write_sae_vis(tmp_path / "page.html", 1, 2)
    assert publish(file, tmp_path / "a").release == publish(file, tmp_path / "b").release


def test_the_command_says_what_it_read(tmp_path: Path) -> None:
    file = write_sae_vis(tmp_path / "page.html", 1, 2)
    result = CliRunner().invoke(main, ["import", str(file), "-o", str(tmp_path / "out"), "--name", "run25"])
    assert result.exit_code == 0, result.output
    assert "run25: 2 features from sae_vis (HTML)." in result.output


def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    file = write_sae_vis(tmp_path / "page.html", 1)
    result = CliRunner().invoke(main, ["import", str(file), "-o", str(tmp_path / "out"), "--name", "../../x"])
    assert result.exit_code == 1
    assert "cannot name an SAE" in result.output
    assert not (tmp_path / "out").exists()
