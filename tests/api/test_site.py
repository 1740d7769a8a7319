"""A site as objects."""

import builtins
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featviz
from featviz.api.site import Sae, Site
from featviz.bundle.manifest import decode_manifest
from featviz.bundle.reader import Bundle
from featviz.bundle.show import show
from featviz.bundle.writer import write_manifest
from featviz.errors import BundleError, FeatureNotFound, FeatvizError
from tests.synthetic import TINY, synthetic_bundle

FEATURES = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of two SAEs of eight features, three a chunk."""
    folder = tmp_path_factory.mktemp("site")
    synthetic_bundle(folder, features=FEATURES, chunk_size=3, shape=TINY)
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Site:
    return featviz.open(folder)


@pytest.fixture(scope="module")
def sae(site: Site) -> Sae:
    return site.sae("B")


def test_a_site_says_what_it_holds(site: Site, folder: Path) -> None:
    assert list(site.saes) == ["A", "B"]
    assert (site.sae().name, site.path) == ("A", folder)
    assert site.manifest.title == "Synthetic features"
    assert repr(site) == f"<featviz site {str(folder)!r}: Synthetic features, A (8 features), B (8 features)>"


def test_an_sae_is_a_sequence_of_features(sae: Sae) -> None:
    assert len(sae) == FEATURES
    assert [feature.number for feature in sae] == list(range(FEATURES))
    assert repr(sae[5]) == repr(sae.feature(5))
    assert sae.feature(int(np.int64(5))).sae == "B"


@pytest.mark.parametrize("number", range(FEATURES))
def test_a_feature_says_what_show_says(site: Site, number: int) -> None:
    feature, shown = site.sae("A").feature(number), show(site.bundle, number, "A")
    assert (feature.firings, feature.density, feature.max) == (shown["firings"], shown["density"], shown["max"])
    assert (feature.label and feature.label.text) == (shown["label"] and shown["label"]["text"])
    for row, side in ((feature.promotes, "positive"), (feature.suppresses, "negative")):
        assert row is not None
        assert row.text == [token["text"] for token in shown["logit_table"][side]]
        assert row.logit.tolist() == [token["logit"] for token in shown["logit_table"][side]]
    assert len(feature.groups) == len(shown["groups"])
    for group, expected in zip(feature.groups, shown["groups"], strict=True):
        bounds = (expected["kind"], expected["index"], expected["low"], expected["high"], expected["population"])
        assert (group.kind, group.index, group.low, group.high, group.population) == bounds
        for window, lines in zip(group, expected["windows"], strict=True):
            check_window(window, lines)


def check_window(window: featviz.Window, shown: dict[str, Any]) -> None:
    places = ("sequence", "position", "start", "count")
    assert {name: getattr(window, name) for name in places} == {name: shown[name] for name in places}
    tokens = shown["tokens"]
    assert window.token.tolist() == [token["id"] for token in tokens]
    assert window.text == [token["text"] for token in tokens]
    for name in ("activation", "loss_effect"):
        values = np.array([token[name] for token in tokens], dtype=np.float64)
        np.testing.assert_allclose(getattr(window, name), values, rtol=1e-9)
    for at, token in enumerate(tokens):
        changes = (token["top"] or []) + (token["bottom"] or [])
        assert window.changed_token[at][: len(changes)].tolist() == [change["id"] for change in changes]
        np.testing.assert_allclose(window.change[at][: len(changes)], [change["change"] for change in changes])
        assert bool(np.isnan(window.change[at]).all()) == (not changes)


def test_a_window_reads_as_text(sae: Sae) -> None:
    window = next(feature for feature in sae if feature.top).top[0]
    target = window.text[window.target]
    assert f"⟦{target}⟧" in str(window)
    assert str(window).replace("⟦", "").replace("⟧", "") == "".join(window.text)


def test_a_feature_says_in_a_line_what_it_is(sae: Sae) -> None:
    said = [repr(feature) for feature in sae]
    assert all(line.startswith(f"<feature B/{number}") for number, line in enumerate(said))
    assert any(line.endswith("0 firings, dead>") for line in said)
    assert any(", fires on '" in line for line in said)


def test_what_is_not_there_is_told(site: Site) -> None:
    with pytest.raises(FeatureNotFound, match='has no SAE "C"; it has A, B'):
        site.sae("C")
    with pytest.raises(FeatureNotFound, match="its features are 0 … 7"):
        site.sae("A").feature(8)
    with pytest.raises(BundleError, match=r"holds no manifest\.json"):
        featviz.open("nowhere")


def test_the_overview_holds_the_records_numbers(sae: Sae) -> None:
    columns, features = sae.overview(), list(sae)
    assert columns["feature"].tolist() == list(range(FEATURES))
    assert columns["firings"].tolist() == [feature.firings for feature in features]
    assert columns["density"].tolist() == [feature.density for feature in features]
    largest = [np.nan if feature.max is None else float(f"{feature.max:.3g}") for feature in features]
    np.testing.assert_allclose(columns["max"], largest)
    promoted = [feature.promotes.text[0] if feature.promotes else None for feature in features]
    assert columns["promotes"] == promoted
    assert columns["label"] == [feature.label and feature.label.text for feature in features]
    for feature, partner, pearson in zip(
        features, columns["correlated_feature_A"].tolist(), columns["pearson_A"].tolist(), strict=True
    ):
        correlation = feature.correlated_features["A"]
        if correlation is None or not correlation.index.size or np.isnan(correlation.pearson[0]):
            assert partner == -1
            assert np.isnan(pearson)
        else:
            assert (partner, pearson) == (correlation.index[0], round(float(correlation.pearson[0]), 2))


def test_a_dataframe_of_the_overview(sae: Sae) -> None:
    frame = sae.to_dataframe()
    assert frame.index.name == "feature"
    assert frame.loc[2, "firings"] == sae.feature(2).firings


def test_without_pandas_the_extra_is_named(sae: Sae, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FeatvizError, match=r"pip install 'featviz\[pandas\]'"):
        sae.to_dataframe()


def test_a_site_without_overview_says_so(folder: Path, tmp_path: Path) -> None:
    manifest = decode_manifest((folder / "manifest.json").read_bytes())
    write_manifest(tmp_path, replace(manifest, saes=[replace(sae, parts={}) for sae in manifest.saes]))
    with pytest.raises(BundleError, match=r"has no overview of SAE A\. Its features can be read one by one"):
        Site(Bundle.open(tmp_path)).sae("A").overview()


def test_a_site_without_pages_cannot_be_shown_in_a_notebook(sae: Sae) -> None:
    with pytest.raises(BundleError, match=r"has no feature\.html: it holds data, but no pages"):
        sae.feature(1)._repr_html_()


def test_every_public_name_is_there_and_documented() -> None:
    for name in set(featviz.__all__) - {"__version__"}:
        assert (getattr(featviz, name).__doc__ or "").strip(), name
    assert set(featviz.__all__) <= set(dir(featviz))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        featviz.opne  # noqa: B018


@pytest.mark.parametrize(
    ("program", "unloaded"),
    [
        ("import featviz", ("numpy", "torch", "click", "orjson")),
        (
            "import featviz; featviz.open({folder!r}).sae('A').feature(3).top",
            ("torch", "transformers", "mkdocs", "pandas"),
        ),
    ],
)
def test_importing_and_reading_load_little(folder: Path, program: str, unloaded: tuple[str, ...]) -> None:
    code = f"{program.format(folder=str(folder))}; import sys; print(*(set({unloaded!r}) & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(featviz.__file__).parents[1], check=True
    )
    assert answer.stdout.split() == []
