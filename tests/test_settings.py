"""Settings: what is accepted, and what is said about what is not."""

from pathlib import Path
from typing import Any

import pytest

from featviz.errors import InputError
from featviz.settings import LARGEST, Settings, make_settings, read_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "featviz.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        make_settings(values)
    return str(refused.value)


def test_values_replace_those_of_the_base() -> None:
    base = Settings(top=3, bottom=4)
    settings = make_settings({"top": 7}, base)
    assert (settings.top, settings.bottom) == (7, 4)


def test_an_unknown_key_names_the_nearest() -> None:
    message = refusal({"histogram_bin": 3})
    assert 'unknown key "histogram_bin". Did you mean histogram_bins?' in message
    assert "Known keys: model, processing" in message


def test_the_message_names_where_the_value_stands() -> None:
    with pytest.raises(InputError, match=r"^here\.toml: top is -1, expected at least 0\.$"):
        make_settings({"top": -1}, origin="here.toml")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("top", "3", "top is '3', expected a whole number"),
        ("top", 3.0, "top is 3.0, expected a whole number"),
        ("seed", True, "seed is True, expected a whole number"),
        ("bos", 1, "bos is 1, expected true or false"),
        ("model", {"name": "x"}, "expected a text"),
        ("tokens", ["a"], "expected a text"),
        ("sae", 3, "expected a text or a list of texts"),
        ("sae", ["a", 3], "expected a text or a list of texts"),
        ("sae", ["a\0b"], "holds characters that are no text"),
        ("window", None, "window is None, expected a whole number or a text"),
        ("window", "wide", 'expected a number of tokens or "full"'),
    ],
)
def test_a_value_of_another_kind_is_refused(key: str, value: Any, expected: str) -> None:
    assert expected in refusal({key: value})


@pytest.mark.parametrize(
    ("key", "low"),
    [
        ("context", 2),
        ("max_tokens", 1),
        ("window", 0),
        ("top", 0),
        ("intervals", 1),
        ("histogram_bins", 1),
        ("logit_tokens", 1),
        ("effect_tokens", 1),
        ("neighbours", 1),
        ("chunk_size", 1),
        ("batch_size", 1),
        ("seed", 0),
    ],
)
def test_a_number_has_a_smallest_value(key: str, low: int) -> None:
    assert getattr(make_settings({key: low}), key) == low
    assert f"expected at least {low}" in refusal({key: low - 1})


@pytest.mark.parametrize(
    ("key", "high"), [("seed", LARGEST), ("window", LARGEST), ("intervals", 1000), ("chunk_size", 1024)]
)
def test_a_number_has_a_largest_value(key: str, high: int) -> None:
    assert getattr(make_settings({key: high}), key) == high
    assert f"expected at most {high}" in refusal({key: high + 1})


@pytest.mark.parametrize("text", ["a\0b", "\udcff"])
def test_a_text_that_cannot_be_written_down_is_refused(text: str) -> None:
    assert "holds characters that are no text" in refusal({"title": text})


def test_a_name_that_no_file_can_have_is_refused() -> None:
    message = refusal({"labels": "a" * 5000})
    assert "cannot be a path here" in message
    assert "cannot be a path here" in refusal({"labels": "a=" + "a" * 255})
    assert len(message) < 250


def test_a_place_may_be_as_long_as_it_can_be_without_a_name() -> None:
    assert make_settings({"sae": "L8=" + "x" * 255}).saes() == {"L8": "x" * 255}


@pytest.mark.parametrize(("window", "reach"), [(0, 0), (5, 5), ("full", None)])
def test_the_window_as_a_reach(window: int | str, reach: int | None) -> None:
    assert make_settings({"window": window}).groups().reach == reach


@pytest.mark.parametrize(
    ("settings", "saes"),
    [
        (Settings(), {}),
        (Settings(sae="x"), {"A": "x"}),
        (Settings(sae="x", sae_b="y"), {"A": "x", "B": "y"}),
        (Settings(sae=("x", "L8=y", "z")), {"A": "x", "L8": "y", "C": "z"}),
        (Settings(sae="L8-16k=google/gemma=2/x"), {"L8-16k": "google/gemma=2/x"}),
        (Settings(sae="folder/L0=71"), {"A": "folder/L0=71"}),
        (Settings(sae="x" * 300 + "=y"), {"x" * 300: "y"}),
        (Settings(sae="no name=y"), {"no name": "y"}),
        (Settings(sae=("=y", "y=")), {"A": "=y", "B": "y="}),
    ],
)
def test_saes_have_names(settings: Settings, saes: dict[str, str]) -> None:
    assert settings.saes() == saes


def test_a_folder_with_an_equals_sign_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "L0=71").mkdir()
    assert Settings(sae="L0=71").saes() == {"A": "L0=71"}


def test_two_saes_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="Two SAEs are called b: y and z"):
        Settings(sae=("x", "b=y", "b=z")).saes()
    with pytest.raises(InputError, match="Two SAEs are called b: y and z"):
        Settings(sae=("x", "y", "b=z")).saes()


def test_paths_of_named_saes_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "owner" / "here").mkdir(parents=True)
    path = written(tmp_path, 'sae = ["a", "L8=b", "owner/repository/c", "owner/here"]')
    sae = [f"{tmp_path}/a", f"L8={tmp_path}/b", "owner/repository/c", f"{tmp_path}/owner/here"]
    assert read_settings(path) == {"sae": sae}


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'sae = "sae_a"\ntokens = "../text"\nout = "site"\nlabels = "/labels.json"\npages = ""')
    assert read_settings(path) == {
        "sae": str(tmp_path / "sae_a"),
        "tokens": str(tmp_path / "../text"),
        "out": str(tmp_path / "site"),
        "labels": "/labels.json",
        "pages": "",
    }


def test_a_model_is_a_folder_beside_the_file_or_else_a_name(tmp_path: Path) -> None:
    path = written(tmp_path, 'model = "gpt2"')
    assert read_settings(path) == {"model": "gpt2"}
    (tmp_path / "gpt2").mkdir()
    assert read_settings(path) == {"model": str(tmp_path / "gpt2")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed = 1\nseed = 2", "is not TOML"),
        ("title = 2020-01-01", "title is datetime.date(2020, 1, 1), expected a text"),
        ("[top]\nwindows = 3", "top is {'windows': 3}, expected a whole number"),
        ("seed = " + "9" * 30, f"expected at most {LARGEST}"),
        ("a = " + "[" * 5000, "is not TOML"),
        ("modle = 'gpt2'", "Did you mean model?"),
    ],
    ids=["twice", "date", "table", "huge", "deep", "unknown"],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str, expected: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_settings(path)
    assert str(refused.value).startswith(str(path))
    assert expected in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "featviz.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not TOML"):
        read_settings(path)


@pytest.mark.parametrize(("name", "expected"), [("missing.toml", "does not exist"), (".", "cannot be read")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read_settings(tmp_path / name)
