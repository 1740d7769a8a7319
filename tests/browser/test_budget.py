"""What a visitor downloads."""

import gzip
from pathlib import Path

import pytest

KIB = 1024
VIEWER = ["js/viewer.js", "js/vendor/*.js"]
"""The scripts of the first paint."""


def compressed(site: Path, *patterns: str) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for pattern in patterns for file in site.glob(pattern))


@pytest.mark.parametrize(
    ("patterns", "limit"), [(VIEWER, 25 * KIB), (["css/featviz.css"], 6 * KIB), (["feature.html"], 2 * KIB)]
)
def test_the_viewer_is_small(site: Path, patterns: list[str], limit: int) -> None:
    assert 0 < compressed(site, *patterns) <= limit


@pytest.mark.parametrize("name", ["search_box", "search_facts", "notes_panel", "citation", "failure"])
def test_what_is_loaded_when_it_is_needed_is_small(site: Path, name: str) -> None:
    assert 0 < compressed(site, f"js/{name}.js") <= 12 * KIB


def test_the_first_feature_takes_few_bytes(site: Path) -> None:
    chunk = max(file.stat().st_size for file in site.glob("data/*/A/*/*.json.zst"))
    shell = compressed(site, "feature.html", *VIEWER, "css/*.css", "manifest.json")
    assert chunk + shell <= 190 * KIB
