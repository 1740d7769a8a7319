import shutil
from pathlib import Path

import pytest

from featviz.bundle.reader import Bundle
from featviz.errors import BundleError, FeatureNotFound
from tests.bundle.comparison import assert_same_record
from tests.synthetic import TINY, synthetic_records


def chunk_file(site: Path, sae: str, chunk: int) -> Path:
    return site / "data" / Bundle.open(site).manifest.release / sae / "0" / f"{chunk}.json.zst"


def part_file(site: Path, name: str, sae: str = "A") -> Path:
    return site / "data" / Bundle.open(site).manifest.release / sae / name


def test_opens_a_site_or_its_manifest(site: Path) -> None:
    assert Bundle.open(site).manifest == Bundle.open(site / "manifest.json").manifest


@pytest.mark.parametrize("feature", [0, 1, 5])
@pytest.mark.parametrize("sae", ["A", "B"])
def test_finds_the_record_of_a_feature(site: Path, sae: str, feature: int) -> None:
    assert_same_record(Bundle.open(site).record(sae, feature), synthetic_records(6, shape=TINY, sae=sae)[feature])


def test_the_first_sae_is_the_default(site: Path) -> None:
    assert Bundle.open(site).sae().name == "A"


def test_an_unknown_sae_is_answered_with_the_known_ones(site: Path) -> None:
    with pytest.raises(FeatureNotFound, match=r'no SAE "AA"; it has A, B. Did you mean A\?'):
        Bundle.open(site).record("AA", 0)


@pytest.mark.parametrize("feature", [-1, 6])
def test_a_feature_out_of_range_is_answered_with_the_range(site: Path, feature: int) -> None:
    with pytest.raises(FeatureNotFound, match=f"no feature {feature}; its features are 0 … 5"):
        Bundle.open(site).record("A", feature)


def test_a_missing_chunk_is_named(site: Path) -> None:
    path = chunk_file(site, "A", 1)
    path.unlink()
    with pytest.raises(BundleError, match=r"A/0/1.json.zst is missing"):
        Bundle.open(site).record("A", 3)


def test_a_damaged_chunk_is_named(site: Path) -> None:
    path = chunk_file(site, "A", 1)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(BundleError, match=r"A/0/1.json.zst: damaged or truncated zstd"):
        Bundle.open(site).record("A", 3)


def test_a_chunk_in_the_place_of_another_is_refused(site: Path) -> None:
    shutil.copy(chunk_file(site, "A", 0), chunk_file(site, "A", 1))
    with pytest.raises(BundleError, match="starts at feature 0, not at 2"):
        Bundle.open(site).record("A", 3)


@pytest.mark.parametrize("path", ["nowhere", "nowhere/manifest.json", ".featviz"])
def test_a_path_without_a_bundle_is_named(site: Path, path: str) -> None:
    with pytest.raises(BundleError, match=rf"{path} holds no manifest.json"):
        Bundle.open(site / path)


def test_a_damaged_manifest_is_named(site: Path) -> None:
    (site / "manifest.json").write_text("{")
    with pytest.raises(BundleError, match=r"manifest.json: not valid JSON"):
        Bundle.open(site)
