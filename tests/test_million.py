"""The bundle of the benchmark of a million features, at a size for every day."""

from dataclasses import replace
from pathlib import Path

from featviz.bundle.checks.check import check
from featviz.bundle.reader import Bundle
from tests.benchmarks.million import Size, inventory, write
from tests.synthetic import TINY


def test_varied_records_make_a_whole_bundle(tmp_path: Path) -> None:
    write(tmp_path, replace(TINY, d_sae=700, d_vocab=200), Size(2, 100), templates=8)
    assert check(tmp_path).problems == []
    assert Bundle.open(tmp_path).manifest.saes[0].parts.keys() == {"overview_blocks", "search"}


def test_no_folder_holds_more_than_its_chunks(tmp_path: Path) -> None:
    write(tmp_path, replace(TINY, d_sae=700, d_vocab=200), Size(2, 100), templates=8)
    lines = inventory(tmp_path)
    assert "entries of a folder, at most: 256" in lines
    assert {tuple(line.split()[:2]) for line in lines} >= {("chunks", "350"), ("overview", "7")}
