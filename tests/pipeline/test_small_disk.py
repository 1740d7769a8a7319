"""A disk that is really full: a small one in memory, which a test may mount where it runs as root."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from featviz.bundle.checks.check import check
from featviz.errors import FeatvizError
from featviz.pipeline.build import build
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import Tiny

ENOUGH = "64m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={ENOUGH}", "tmpfs", folder], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here ({error}); tests/pipeline/test_full_disk.py pretends one")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def resize(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


@pytest.mark.parametrize("size", ["48k", "1700k"])
def test_a_full_disk_is_told_and_the_build_goes_on_when_there_is_room(
    files: Tiny, disk: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    keep_everything(monkeypatch)
    resize(disk, size)
    with pytest.raises(FeatvizError, match=r"The disk of .* is full"):
        build(settings(files, disk / "build"))
    assert not (disk / "build" / "manifest.json").exists()
    resize(disk, ENOUGH)
    build(settings(files, disk / "build"))
    assert data(disk / "build") == whole


def test_a_full_disk_leaves_the_published_site_whole(files: Tiny, disk: Path) -> None:
    out = disk / "build"
    build(settings(files, out))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    used = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
    resize(disk, f"{used // 1024 + 400}k")
    with pytest.raises(FeatvizError, match="is full"):
        build(settings(files, out, seed=3, title="another"))
    assert {path: path.read_bytes() for path in before} == before
    assert check(out).whole
