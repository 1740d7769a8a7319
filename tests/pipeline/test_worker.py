"""Any number of workers, killed or not, leave what a build of one process computes: the same bytes."""

import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from featviz.bundle.lock import locked
from featviz.effects import partial, table
from featviz.errors import BundleError, FeatvizError, InputError
from featviz.pipeline import build as module
from featviz.pipeline import compute
from featviz.pipeline.block import Block
from featviz.pipeline.build import build
from featviz.pipeline.worker import work
from tests.pipeline.resumable import data, settings
from tests.pipeline.test_finished import nothing_left
from tests.pipeline.test_full_disk import fill
from tests.tiny import Tiny

BLOCK_FEATURES, PART, ROW_BYTES = 32, 8, 4 * 40 * 100
"""A few features a block and a few tokens a slice, so that there is work for many."""


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Without pages, too: no worker makes any."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "BLOCK_FEATURES", BLOCK_FEATURES)
        patch.setattr(compute, "PART", PART)
        patch.setattr(partial, "ROW_BYTES", ROW_BYTES)
        patch.setattr(partial, "LEAST_SLICE", 50)
        patch.setattr(table, "SAVE_EVERY_SECONDS", 0.0)
        patch.setattr(module, "build_site", lambda *args: [])
        yield


@pytest.fixture(scope="module")
def alone(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The releases of a build that nobody helped."""
    out = tmp_path_factory.mktemp("alone") / "build"
    build(settings(files, out))
    return data(out)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_ends_with_the_same_bytes(
    files: Tiny, tmp_path: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    given = settings(files, tmp_path / "build")
    blocks = [work(given, piece, workers) for piece in range(workers)]
    assert min(blocks) > 0
    monkeypatch.setattr(Block, "of", nothing_left)
    build(given)
    assert data(tmp_path / "build") == alone


def test_two_at_once_of_which_one_is_killed_end_with_the_same_bytes(
    files: Tiny, tmp_path: Path, alone: dict[str, bytes]
) -> None:
    given = settings(files, tmp_path / "build")
    victim, other = forked(given, 0, 2), forked(given, 1, 2)
    pieces = tmp_path / "build.work"
    while not list(pieces.rglob("groups/*/*.npz")) and os.waitpid(victim, os.WNOHANG) == (0, 0):
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(other, 0)[1]) == 0
    os.waitpid(victim, 0)
    build(given)
    assert data(tmp_path / "build") == alone


def forked(given: object, piece: int, pieces: int) -> int:
    """A worker in a process of its own, which goes on from here; its id."""
    child = os.fork()
    if child:
        return child
    try:
        work(given, piece, pieces)  # type: ignore[arg-type]
    except BaseException:
        os._exit(1)
    os._exit(0)


def test_a_share_that_is_not_there_is_refused(files: Tiny, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no piece 4 of 4; expected 0 … 3"):
        work(settings(files, tmp_path / "build"), 4, 4)


def test_the_site_is_not_put_together_while_a_worker_is_at_work(files: Tiny, tmp_path: Path) -> None:
    given = settings(files, tmp_path / "build")
    folder = tmp_path / "build.work"
    folder.mkdir()
    (folder / "lock").touch()
    with locked(folder / "lock", shared=True):
        work(given, 0, 2)
        with pytest.raises(BundleError, match="Another featviz is writing"):
            build(given)


def test_locks_that_a_killed_process_left_hinder_nobody(files: Tiny, tmp_path: Path, alone: dict[str, bytes]) -> None:
    folder = tmp_path / "build.work"
    folder.mkdir()
    for name in ("lock", "driver"):
        (folder / name).touch()
    work(settings(files, tmp_path / "build"), 0, 2)
    build(settings(files, tmp_path / "build"))
    assert data(tmp_path / "build") == alone


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP])
def test_without_locks_it_goes_on_and_says_so(
    files: Tiny,
    tmp_path: Path,
    alone: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reason: int,
) -> None:
    def refuse(file: object, how: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("fcntl.flock", refuse)
    capsys.readouterr()
    work(settings(files, tmp_path / "build"), 0, 2)
    assert "build.work is where there are no locks: run featviz finish" in capsys.readouterr().err.replace("\n", " ")
    build(settings(files, tmp_path / "build"))
    assert data(tmp_path / "build") == alone


def test_a_work_folder_that_cannot_be_written_is_told(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(
        InputError, match=r"Cannot write .*lock: Read-only file system\. Name another folder with --work"
    ):
        work(settings(files, tmp_path / "build"), 0, 2)


@pytest.mark.parametrize("left", [0, 60_000])
def test_a_full_disk_ends_a_worker_in_one_line_and_costs_no_finished_work(
    files: Tiny, tmp_path: Path, alone: dict[str, bytes], left: int
) -> None:
    given = settings(files, tmp_path / "disk" / "build")
    with pytest.MonkeyPatch.context() as patch:
        fill(patch, tmp_path / "disk", left)
        with pytest.raises(FeatvizError, match=r"The disk of .* is full"):
            work(given, 0, 2)
    work(given, 0, 2)
    build(given)
    assert data(tmp_path / "disk" / "build") == alone
