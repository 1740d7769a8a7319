from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.codec.compression import compress
from featviz.bundle.format import release_path
from featviz.bundle.manifest import SaeInfo
from featviz.bundle.parts.overview import Column, Overview
from featviz.bundle.parts.overview_blocks import block_of, overview_files, overview_names, read_overview
from featviz.bundle.parts.spelling import Spelling
from featviz.bundle.reader import Bundle
from featviz.errors import BundleError
from tests.synthetic import TINY, synthetic_bundle

FEATURES = 11
OVERVIEW = Overview(
    "A",
    FEATURES,
    [Spelling("a"), Spelling("b")],
    {Column("firings"): np.arange(FEATURES) * 100, Column("promotes"): np.arange(FEATURES) % 3},
    {2: "two", 3: "three", 10: "ten"},
)


@pytest.fixture
def entry(site: Path) -> SaeInfo:
    """The manifest's entry of an SAE whose overview is in blocks."""
    return replace(Bundle.open(site).manifest.saes[0], d_sae=FEATURES, parts={"overview_blocks": 1})


def written(block: int) -> dict[str, bytes]:
    return {name: data for _, name, data in overview_files(OVERVIEW, block)}


def test_up_to_twice_a_block_it_is_one_file() -> None:
    assert [(part, name) for part, name, _ in overview_files(OVERVIEW, 6)] == [("overview", "A/overview.zst")]


@pytest.mark.parametrize(("block", "blocks"), [(1, 11), (4, 3), (5, 3)])
def test_blocks_come_back_as_the_whole(entry: SaeInfo, block: int, blocks: int) -> None:
    files = written(block)
    found = read_overview(entry, files.__getitem__)
    assert len(files) == blocks
    assert (found.tokens, found.labels, found.blocks) == (OVERVIEW.tokens, OVERVIEW.labels, 1)
    assert {key: codes.tolist() for key, codes in found.columns.items()} == {
        key: codes.tolist() for key, codes in OVERVIEW.columns.items()
    }


def test_a_block_holds_features_from_all_over(entry: SaeInfo) -> None:
    assert list(block_of(OVERVIEW, 1, 3).shown) == [1, 4, 7, 10]
    assert block_of(OVERVIEW, 1, 3).labels == {10: "ten"}


def test_the_first_block_says_how_many_there_are(entry: SaeInfo) -> None:
    names = [name for _, name in overview_names(entry, written(4).__getitem__)]
    assert names == ["A/overview/0.zst", "A/overview/1.zst", "A/overview/2.zst"]


def test_a_block_in_another_ones_place_is_refused(entry: SaeInfo) -> None:
    files = written(4)
    files["A/overview/1.zst"] = files["A/overview/2.zst"]
    with pytest.raises(BundleError, match=r"A/overview/1.zst: it is block 2 of 3; expected 1 of 3"):
        read_overview(entry, files.__getitem__)


def test_a_block_that_cannot_be_is_refused(entry: SaeInfo) -> None:
    impossible = replace(OVERVIEW, block=3, blocks=3, columns={}).encode()
    with pytest.raises(BundleError, match="there is no block 3 of 3"):
        read_overview(entry, lambda _: impossible)


def test_a_block_that_lacks_a_column_is_refused(entry: SaeInfo) -> None:
    files = written(4)
    files["A/overview/2.zst"] = replace(block_of(OVERVIEW, 2, 3), columns={}).encode()
    with pytest.raises(BundleError, match=r"A/overview/2.zst: it lacks the column firings"):
        read_overview(entry, files.__getitem__)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A bundle whose six features have an overview in three blocks."""
    synthetic_bundle(tmp_path / "large", features=6, saes="A", chunk_size=2, shape=TINY, overview_block=2)
    return tmp_path / "large"


def test_a_bundle_with_blocks_is_whole(large: Path) -> None:
    assert check(large).problems == []
    assert list(Bundle.open(large).manifest.saes[0].parts) == ["overview_blocks", "search"]


def test_check_names_the_block_that_is_damaged(large: Path) -> None:
    bundle = Bundle.open(large)
    block = large / release_path(bundle.manifest.release) / "A" / "overview" / "1.zst"
    block.write_bytes(compress(b"FVO"))
    paths = {problem.path for problem in check(large).problems}
    assert "A/overview/1.zst" in paths
    assert not any("search" in path or "0.zst" in path for path in paths)
