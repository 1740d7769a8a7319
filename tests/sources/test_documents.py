"""Documents from tables and datasets."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from datasets import Dataset, DatasetDict

from featviz.errors import InputError
from featviz.sources import datasets
from featviz.sources.documents import DocumentOptions, read_documents

TEXTS = ["one fox", "two foxes", "’ \u2028"]


def read(place: Path | str, **options: str) -> list[str]:
    return list(read_documents(place, DocumentOptions(**options)))


def refusal(place: Path | str, **options: str) -> str:
    with pytest.raises(InputError) as refused:
        read(place, **options)
    return str(refused.value)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "texts.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": TEXTS, "body": TEXTS[::-1], "id": [1, 2, 3]}), path)
    return path


def test_a_parquet_is_read_by_its_column(parquet: Path) -> None:
    assert read(parquet) == TEXTS
    assert read(parquet, key="body") == TEXTS[::-1]


def test_a_column_that_is_not_there_names_the_nearest(parquet: Path) -> None:
    assert 'has no "bodi". Did you mean body? It has text, body, id: give --text-key' in refusal(parquet, key="bodi")


def test_a_column_of_numbers_is_refused(parquet: Path) -> None:
    assert '"id" holds int, expected a text' in refusal(parquet, key="id")


def test_half_a_parquet_is_refused(parquet: Path) -> None:
    parquet.write_bytes(parquet.read_bytes()[:-50])
    assert "is not a whole parquet file" in refusal(parquet)


@pytest.mark.parametrize(("package", "place"), [("pyarrow", "texts.parquet"), ("datasets", "folder")])
def test_what_to_install_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, place: str) -> None:
    (tmp_path / "folder").mkdir()
    for file in ("texts.parquet", "folder/texts.parquet"):
        (tmp_path / file).touch()
    monkeypatch.setitem(sys.modules, package, None)
    extra = {"pyarrow": "parquet", "datasets": "datasets"}[package]
    assert f'pip install "featviz[{extra}]"' in refusal(tmp_path / place)


def test_a_jsonl_is_read_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"body": text}) + "\n" for text in TEXTS))
    assert read(path, key="body") == TEXTS
    assert 'expected a JSON object with a text as "text"' in refusal(path)


def test_a_folder_of_parquet_files_is_a_dataset(tmp_path: Path, parquet: Path) -> None:
    (tmp_path / "README.md").write_text("# A dataset")
    assert read(tmp_path) == TEXTS
    assert read(tmp_path, key="body") == TEXTS[::-1]
    assert 'has no "bodi". Did you mean body?' in refusal(tmp_path, key="bodi")


def test_a_split_that_a_folder_lacks_is_told_with_those_it_has(tmp_path: Path, parquet: Path) -> None:
    message = refusal(tmp_path, split="tests")
    assert "cannot be loaded as a dataset" in message
    assert "train" in message


def test_a_dataset_that_was_saved_is_read(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"text": TEXTS})
    rows.save_to_disk(str(tmp_path / "one"))
    DatasetDict(train=rows.select([0]), test=rows.select([1, 2])).save_to_disk(str(tmp_path / "two"))
    assert read(tmp_path / "one") == TEXTS
    assert read(tmp_path / "two", split="test") == TEXTS[1:]


class Hub:
    """Stands for the datasets package."""

    def __init__(self, rows: Any):
        self.rows = rows

    def load_dataset(self, *arguments: Any, **options: Any) -> Any:
        self.asked = (arguments, options)
        if isinstance(self.rows, Exception):
            raise self.rows
        return self.rows


def hub(monkeypatch: pytest.MonkeyPatch, rows: Any) -> Hub:
    stand_in = Hub(rows)
    monkeypatch.setattr(datasets, "_library", lambda name: stand_in)
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda self, name: type("Info", (), {"sha": "c0ffee"}))
    return stand_in


def test_a_name_is_a_dataset_on_the_hub_of_which_only_what_is_needed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hub(monkeypatch, ({"text": text} for text in TEXTS))
    found = read_documents("owner/some-data", DocumentOptions(subset="en"))
    assert next(iter(found)) == TEXTS[0]
    assert (found.name, found.revision) == ("owner/some-data", "c0ffee")
    assert asked.asked == (("owner/some-data", "en"), {"split": "train", "streaming": True, "revision": "c0ffee"})


def test_a_hub_that_has_no_such_dataset_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    hub(monkeypatch, FileNotFoundError("Dataset owner/nothing\ndoes not exist on the Hub."))
    message = refusal("owner/nothing")
    assert "owner/nothing are no file here, and as a Hugging Face dataset they cannot be loaded" in message
    assert message.endswith("Dataset owner/nothing does not exist on the Hub.")


def test_a_stream_that_breaks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> Any:
        yield {"text": "one"}
        raise ConnectionError("reset by peer")

    hub(monkeypatch, rows())
    told = refusal("owner/some-data")
    assert told == "owner/some-data cannot be read on: reset by peer. Are its files whole, and not empty?"


@pytest.mark.parametrize("place", ["texts.txt", "folder/texts.txt", "./owner/name", "/owner/name", "a/b/c"])
def test_a_path_that_is_not_there_is_no_name_on_the_hub(place: str) -> None:
    assert "do not exist. Expected a text file" in refusal(place)


def test_a_folder_without_texts_says_what_it_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    assert "holds no text files. Expected some of .txt, .md, .py, .rst, .parquet" in refusal(tmp_path)
