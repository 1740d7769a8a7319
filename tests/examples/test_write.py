"""Settings files to begin with."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from featviz.cli import main
from featviz.errors import InputError
from featviz.examples.write import NEEDED, commented, examples, write_settings
from featviz.settings import Settings, make_settings, read_settings


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["init", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commented_file_explains_every_option_once() -> None:
    keys = re.findall(r"^(?:# )?(\w+) = ", commented(), re.MULTILINE)
    assert keys == [item.name for item in fields(Settings)]
    text = " ".join(commented().replace("#", " ").split())
    assert all(text.count(item.metadata["help"]) == 1 for item in fields(Settings))


def test_the_commented_file_says_the_defaults() -> None:
    everything = re.sub(r"^# (\w+ = )", r"\1", commented(), flags=re.MULTILINE)
    assert make_settings(tomllib.loads(everything)) == Settings()


def test_what_is_needed_is_open_and_the_rest_is_not() -> None:
    assert tuple(tomllib.loads(commented())) == NEEDED


def test_its_lines_are_short() -> None:
    assert max(map(len, commented().splitlines())) <= 100


@pytest.mark.parametrize("name", examples())
def test_an_example_has_known_keys_and_names_what_is_needed(name: str, tmp_path: Path) -> None:
    write_settings(tmp_path / "featviz.toml", name)
    values = read_settings(tmp_path / "featviz.toml")
    assert set(NEEDED) <= values.keys()
    assert make_settings(values).saes()


def test_the_examples_are_listed_with_what_they_are() -> None:
    listed = said("--list")
    assert [line.split()[0] for line in listed.splitlines()] == list(examples())
    assert "gelu-1l          gelu-1l, a one-layer transformer, with two SAEs of its MLP neurons" in listed


def test_init_says_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said() == "featviz.toml is written. Say in it what model, sae and tokens are. Then: featviz build\n"
    assert said("gelu-1l", "-o", "other.toml") == "other.toml is written. Then: featviz build other.toml\n"
    assert "NeelNanda/sparse_autoencoder/25.pt" in Path("other.toml").read_text(encoding="utf-8")


def test_a_file_that_is_there_stays_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "featviz.toml"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"is there already\. Name another file with -o, or replace it with --force"):
        write_settings(path)
    assert path.read_text(encoding="utf-8") == "mine"
    write_settings(path, force=True)
    assert path.read_text(encoding="utf-8") == commented()


@pytest.mark.parametrize("name", ["gelu-1", "../gelu-1l", "__init__"])
def test_an_unknown_example_names_the_nearest(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r'There is no example ".*"\. There are gelu-1l, gemma-scope-2b, gpt2-small'):
        write_settings(tmp_path / "featviz.toml", name)
    with pytest.raises(InputError, match=r"Did you mean gelu-1l\?"):
        write_settings(tmp_path / "featviz.toml", "gelu-1")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        write_settings(tmp_path / "nowhere" / "featviz.toml")
