"""Not one bit of a bundle can change unnoticed."""

import random
from pathlib import Path

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.manifest import decode_manifest, manifest_problem
from featviz.errors import BundleError
from tests.synthetic import TINY, synthetic_bundle

FLIPS = 2_000


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("flips") / "site"
    synthetic_bundle(site, features=2, chunk_size=1, shape=TINY)
    return site


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def data_files(site: Path) -> list[Path]:
    return [site / "manifest.json", *sorted(path for path in (site / "data").rglob("*") if path.is_file())]


def unnoticed(site: Path, flips: list[tuple[Path, int]]) -> list[str]:
    found = []
    for path, bit in flips:
        data = path.read_bytes()
        path.write_bytes(flipped(data, bit))
        if check(site).whole:
            found.append(f"{path.relative_to(site)}, bit {bit}")
        path.write_bytes(data)
    return found


def test_any_flipped_bit_is_found(small_site: Path) -> None:
    """Every bit of every file is as likely as any other."""
    assert check(small_site).whole
    files = data_files(small_site)
    bits = [(path, bit) for path in files for bit in range(8 * path.stat().st_size)]
    assert unnoticed(small_site, random.Random(0).sample(bits, FLIPS)) == []


def test_a_flipped_bit_in_each_file_is_found(small_site: Path) -> None:
    """However small the file is."""
    rng = random.Random(1)
    flips = [(path, rng.randrange(8 * path.stat().st_size)) for path in data_files(small_site) for _ in range(20)]
    assert unnoticed(small_site, flips) == []


def test_each_bit_of_the_manifest_counts(small_site: Path) -> None:
    """Its digest among them: neither its digits nor its name can change unnoticed."""
    data = (small_site / "manifest.json").read_bytes()
    assert [bit for bit in range(8 * len(data)) if not is_noticed(flipped(data, bit))] == []


def is_noticed(manifest: bytes) -> bool:
    try:
        decode_manifest(manifest)
        return manifest_problem(manifest) is not None
    except BundleError:
        return True
