"""A disk that is full ends a build in one line, changes nothing that is published, and costs no finished work."""

import errno
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.checks.check import check
from featviz.errors import FeatvizError
from featviz.pipeline.build import build
from featviz.settings import Settings
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import Tiny


@dataclass
class FullDisk:
    """Below ``folder``, only so many bytes can be written."""

    folder: Path
    left: int

    def open(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            stream = whole(file, mode, *rest, **named)
            if "w" in mode and isinstance(file, str | Path) and Path(file).is_relative_to(self.folder):
                self.limit(stream)
            return stream

        return opened

    def limit(self, stream: Any) -> None:
        write = stream.write

        def limited(content: Any) -> Any:
            self.left -= len(content)
            if self.left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(content)

        stream.write = limited


def fill(patch: pytest.MonkeyPatch, folder: Path, left: int) -> None:
    patch.setattr(io, "open", FullDisk(folder, left).open(io.open))


def build_on_full_disk(given: Settings, left: int) -> None:
    """Saving finished pieces as often as can be."""
    with pytest.MonkeyPatch.context() as patch:
        fill(patch, Path(given.out).parent, left)
        keep_everything(patch)
        build(given)


def test_only_the_pretended_disk_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(monkeypatch, tmp_path / "disk", 3)
    (tmp_path / "elsewhere").write_bytes(b"1234")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "small").write_bytes(b"123")
    with pytest.raises(OSError, match="No space left"):
        (tmp_path / "disk" / "more").write_bytes(b"4")


@pytest.mark.parametrize("left", [0, 900_000, 1_500_000, 1_750_000])
def test_a_full_disk_is_told_and_the_build_goes_on_later(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], left: int
) -> None:
    out = tmp_path / "disk" / "build"
    with pytest.raises(FeatvizError) as refused:
        build_on_full_disk(settings(files, out), left)
    assert "is full" in str(refused.value)
    assert str(tmp_path / "disk") in str(refused.value)
    assert "run the same command again" in str(refused.value)
    assert not (out / "manifest.json").exists()
    build(settings(files, out))
    assert data(out) == whole


@pytest.mark.parametrize("left", [1_000, 400_000, 650_000])
def test_a_full_disk_leaves_the_published_site_as_it_was(files: Tiny, tmp_path: Path, left: int) -> None:
    out = tmp_path / "disk" / "build"
    build(settings(files, out))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(FeatvizError, match="is full"):
        build_on_full_disk(settings(files, out, seed=3, title="another"), left)
    assert {path: path.read_bytes() for path in before} == before
    assert check(out).whole
