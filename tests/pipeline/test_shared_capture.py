"""Pass 1 that workers share, some of them killed, ends with the bytes of a build that did it alone."""

import os
import signal
import time
from pathlib import Path

import pytest

from featviz.capture.sharded import ShardedCapture
from featviz.pipeline import neurons
from featviz.pipeline.build import build
from featviz.pipeline.worker import work
from featviz.progress import Stages
from featviz.settings import Settings
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import Tiny


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_everything(monkeypatch)


def forked(given: Settings, piece: int, pieces: int, seconds_a_shard: float = 0.0) -> int:
    """A worker in a process of its own, which goes on from here; its id."""
    child = os.fork()
    if child:
        return child
    keep = ShardedCapture._keep

    def slowly(self: ShardedCapture, *of_shard: object) -> None:
        time.sleep(seconds_a_shard)
        keep(self, *of_shard)  # type: ignore[arg-type]

    ShardedCapture._keep = slowly  # type: ignore[method-assign, assignment]
    try:
        work(given, piece, pieces)
    except BaseException:
        os._exit(1)
    os._exit(0)


def runs(given: Settings) -> list[Path]:
    return sorted(Path(f"{given.out}.work").glob("*/runs/*.npz"))


def ended_well(worker: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0


def test_one_that_is_killed_in_a_shard_is_not_waited_for(files: Tiny, tmp_path: Path, whole: dict[str, bytes]) -> None:
    given = settings(files, tmp_path / "build")
    victim = forked(given, 0, 2, seconds_a_shard=0.5)
    while not runs(given):
        time.sleep(0.01)
    other = forked(given, 1, 2)
    time.sleep(0.2)
    os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    assert ended_well(other)
    build(given)
    assert data(tmp_path / "build") == whole


def test_two_at_once_share_the_shards(files: Tiny, tmp_path: Path, whole: dict[str, bytes]) -> None:
    given = settings(files, tmp_path / "build")
    workers = [forked(given, piece, 2, seconds_a_shard=0.3) for piece in range(2)]
    assert [ended_well(worker) for worker in workers] == [True, True]
    build(given)
    assert data(tmp_path / "build") == whole
    assert len(runs(given)) == 4


def test_a_damaged_run_is_said_in_one_line(files: Tiny, tmp_path: Path, whole: dict[str, bytes]) -> None:
    given = settings(files, tmp_path / "build")
    work(given, 0, 1)
    damaged = runs(given)[1]
    damaged.write_bytes(damaged.read_bytes()[1:])
    for merged in damaged.parents[1].glob("firings/*.npz"):
        merged.unlink()
    said: list[str] = []
    stages = Stages()
    stages.say = said.append  # type: ignore[method-assign, assignment]
    build(given, stages=stages)
    assert [line for line in said if "damaged" in line] == [f"{damaged} is damaged: what it held is computed again."]
    assert data(tmp_path / "build") == whole


@pytest.mark.parametrize("rows", [1, 5])
def test_sums_block_by_block_make_no_difference(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Where they cannot all be held, the model runs again for every block."""
    monkeypatch.setattr(neurons, "SUM_BYTES", 8 * 32 * rows * 10)
    build(settings(files, tmp_path / "build"))
    assert data(tmp_path / "build") == whole
