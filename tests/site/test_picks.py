"""The first page names what its picks fire on."""

from pathlib import Path

from featviz.bundle.manifest import Manifest
from featviz.site.picks import described_picks
from tests.synthetic import Shape, synthetic_bundle


def bundle(folder: Path) -> Manifest:
    return synthetic_bundle(folder, 8, ("A",), shape=Shape(d_sae=8))


def test_a_pick_has_the_token_that_it_fires_on(tmp_path: Path) -> None:
    picks = described_picks(tmp_path, bundle(tmp_path).content())["A"]
    assert picks
    assert all(pick.token for pick in picks if pick.feature != 1)


def test_a_pick_whose_chunk_is_missing_is_a_number(tmp_path: Path) -> None:
    manifest = bundle(tmp_path)
    next(tmp_path.glob("data/*/A/0/0.json.zst")).unlink()
    assert {pick.token for pick in described_picks(tmp_path, manifest.content())["A"]} == {None}
