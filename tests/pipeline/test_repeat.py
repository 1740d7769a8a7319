"""Builds repeated from their manifests."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from featviz.bundle.manifest import Manifest
from featviz.bundle.reader import Bundle
from featviz.cli import main
from featviz.errors import InputError
from featviz.pipeline import build as pipeline
from featviz.pipeline.repeat import outcome, settings_of
from tests.synthetic import TINY, synthetic_bundle
from tests.tiny import Tiny

Run = Callable[..., Result]


@pytest.fixture
def run(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``featviz build`` without pages, in a folder with the tiny things in it."""
    shutil.copytree(files.model.parent, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(pipeline, "build_site", lambda *arguments: [])
    return lambda *arguments: CliRunner().invoke(main, ["build", *arguments])


@pytest.fixture
def first(run: Run) -> Manifest:
    """The manifest of a build with settings of its own, in ``first``."""
    inputs = ["--model", "model", "--sae", "sae_a", "--sae", "wide=sae_b", "--tokens", "tokens.npy"]
    result = run(*inputs, "--top", "3", "--seed", "7", "--window", "full", "--out", "first")
    assert result.exit_code == 0, result.output
    return Bundle.open(Path("first")).manifest


def test_a_build_is_repeated_byte_for_byte(run: Run, first: Manifest) -> None:
    result = run("--from-manifest", "first", "--out", "second")
    assert result.exit_code == 0, result.output
    assert f"The data are the same, byte for byte: release {first.release}." in result.output
    second = Bundle.open(Path("second")).manifest
    assert replace(second, created=first.created, settings=first.settings) == first
    assert second.settings | {"out": "first"} == first.settings


def test_what_is_not_here_is_named_with_the_options_for_it(
    run: Run, first: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    here = tmp_path / "here"
    result = run("--from-manifest", str(here / "first" / "manifest.json"), "--model", str(here / "model"))
    assert result.exit_code == 1
    assert 'The manifest names sae "sae_a", sae "sae_b", tokens "tokens.npy" without a path' in result.output
    assert "say where they are with --sae, --tokens." in result.output


@pytest.mark.parametrize(
    ("option", "place", "message"),
    [
        ("--tokens", "others.npy", 'The text "others.npy", as token ids, is not what the manifest was made of'),
        ("--sae", "sae_b", "SAE A is not what the manifest was made of: its SHA-256 begins with"),
        ("--model", "other", "The model's file config.json is not what the manifest was made of"),
    ],
)
def test_other_inputs_are_refused(run: Run, first: Manifest, option: str, place: str, message: str) -> None:
    np.save("others.npy", np.load("tokens.npy")[:5])
    shutil.copytree("model", "other")
    (Path("other") / "config.json").write_text((Path("model") / "config.json").read_text() + "\n")
    result = run("--from-manifest", "first", option, place, "--out", "second")
    assert result.exit_code == 1
    assert message in result.output
    assert not Path("second").exists()


@pytest.fixture
def synthetic(tmp_path: Path) -> Manifest:
    """The manifest of a bundle that no build has made."""
    return synthetic_bundle(tmp_path, features=2, shape=TINY)


def test_a_site_without_inputs_that_can_be_read_again_is_refused(synthetic: Manifest) -> None:
    with pytest.raises(InputError, match="names no model that could be read again"):
        settings_of(synthetic, {})


def test_a_setting_that_this_featviz_does_not_know_is_named(synthetic: Manifest) -> None:
    inputs = {"model": "m", "sae": "s", "tokens": "t"}
    newer = replace(synthetic, settings=synthetic.settings | inputs | {"topp": 3})
    with pytest.raises(InputError, match=r"the manifest's settings: unknown key .topp.. Did you mean top\?"):
        settings_of(newer, {})


def test_other_data_are_told_with_the_versions_that_differ(synthetic: Manifest) -> None:
    said = outcome(replace(synthetic, release="0" * 16, versions={"numpy": "1.0", "python": "3.11.0"}), synthetic)
    assert said.startswith(f"The data are others: release {synthetic.release}, not 0000")
    assert said.endswith("Other versions: numpy 1.0 then, 2.0.0 now.")


def test_a_config_beside_it_is_refused(run: Run) -> None:
    result = run("some.toml", "--from-manifest", "first")
    assert result.exit_code == 2
    assert "CONFIG and --from-manifest both say what to build" in result.output
