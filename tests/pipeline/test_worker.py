"""Any number of workers, killed or not, leave what a build of one process computes: the same bytes."""

import os
import signal
import time
from pathlib import Path

import pytest

from featviz.bundle.lock import locked
from featviz.effects import table
from featviz.errors import BundleError, InputError
from featviz.pipeline import compute
from featviz.pipeline.build import build
from featviz.pipeline.worker import work
from featviz.sources.model import LanguageModel
from tests.pipeline.resumable import data, settings
from tests.tiny import Tiny

ROW_BYTES = 4 * 7 * 200
"""A few features a block, so that there is work for many."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "LOGIT_ROW_BYTES", ROW_BYTES)
    monkeypatch.setattr(table, "SAVE_EVERY_SECONDS", 0.0)


@pytest.fixture
def alone(files: Tiny, tmp_path: Path) -> dict[str, bytes]:
    """The releases of a build that nobody helped."""
    build(settings(files, tmp_path / "alone"))
    return data(tmp_path / "alone")


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_ends_with_the_same_bytes(
    files: Tiny, tmp_path: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    given = settings(files, tmp_path / "build")
    blocks = [work(given, piece, workers) for piece in range(workers)]
    assert min(blocks) > 0
    run, sizes = LanguageModel.run, list[int]()

    def counted(self: LanguageModel, ids: object, hooks: object) -> object:
        sizes.append(len(ids))  # type: ignore[arg-type]
        return run(self, ids, hooks)  # type: ignore[arg-type]

    monkeypatch.setattr(LanguageModel, "run", counted)
    build(given)
    assert set(sizes) == {1}, "only the check of the readout runs the model: nothing was left to compute"
    assert data(tmp_path / "build") == alone


def test_two_at_once_of_which_one_is_killed_end_with_the_same_bytes(
    files: Tiny, tmp_path: Path, alone: dict[str, bytes]
) -> None:
    given = settings(files, tmp_path / "build")
    victim, other = forked(given, 0, 2), forked(given, 1, 2)
    pieces = tmp_path / "build.work"
    while not list(pieces.rglob("effects/*/*.npz")) and os.waitpid(victim, os.WNOHANG) == (0, 0):
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
