"""What a visitor downloads."""

import gzip
from pathlib import Path

import pytest

KIB = 1024


def compressed(site: Path, *patterns: str) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for pattern in patterns for file in site.glob(pattern))


@pytest.mark.parametrize(
    ("pattern", "limit"), [("js/**/*.js", 25 * KIB), ("css/*.css", 6 * KIB), ("feature.html", 2 * KIB)]
)
def test_the_viewer_is_small(site: Path, pattern: str, limit: int) -> None:
    assert 0 < compressed(site, pattern) <= limit


def test_the_first_feature_takes_few_bytes(site: Path) -> None:
    chunk = max(file.stat().st_size for file in site.glob("data/*/A/*/*.json.zst"))
    shell = compressed(site, "feature.html", "js/**/*.js", "css/*.css", "manifest.json")
    assert chunk + shell <= 190 * KIB
