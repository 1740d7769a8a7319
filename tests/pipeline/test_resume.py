"""A build that is stopped and started again ends with the bytes of one that was not."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.folder import claimed
from featviz.errors import BundleError
from featviz.pipeline.build import build
from featviz.pipeline.work import claimed_work
from featviz.progress import Stages
from tests.pipeline.resumable import data, keep_everything, options, settings
from tests.tiny import Tiny

pytestmark = pytest.mark.usefixtures("without_pages")


class Stopped(Exception):
    """Stands for whatever ends a build."""


class StoppingStages(Stages):
    """Ends the build after so many steps of progress."""

    steps_left = 10**9

    @contextmanager
    def stage(self, name: str, total: int, unit: str = "", part: float = 1.0) -> Iterator[Callable[[float], None]]:
        with super().stage(name, total, unit, part) as advance:

            def step(done: float) -> None:
                self.steps_left -= 1
                if self.steps_left < 0:
                    raise Stopped
                advance(done)

            yield step


@pytest.fixture
def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_everything(monkeypatch)


@pytest.mark.usefixtures("save_always")
def test_stopped_again_and_again_it_ends_with_the_same_bytes(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out = tmp_path / "build"
    stops = 0
    for allowed in range(2, 400, 4):
        stages = StoppingStages()
        stages.steps_left = allowed
        try:
            build(settings(files, out), stages=stages)
        except Stopped:
            stops += 1
            assert not (out / "manifest.json").exists()
        else:
            break
    assert stops > 10
    assert data(out) == whole


@pytest.mark.usefixtures("save_always")
def test_finished_work_is_not_done_again(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.sources.model import LanguageModel

    out = tmp_path / "build"
    build(settings(files, out))
    first = data(out)
    run, sizes = LanguageModel.run, list[int]()

    def counted(self: LanguageModel, ids: Any, hooks: Any) -> Any:
        sizes.append(len(ids))
        return run(self, ids, hooks)

    monkeypatch.setattr(LanguageModel, "run", counted)
    build(settings(files, out, title="another title", top=5))
    assert set(sizes) == {1}, "only the check of the readout runs the model"
    assert data(out) != first
    assert check(out).whole


@pytest.mark.usefixtures("save_always")
def test_other_inputs_never_meet_old_pieces(files: Tiny, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "build"
    stages = StoppingStages()
    stages.steps_left = 60
    with pytest.raises(Stopped):
        build(settings(files, out, max_tokens=96), stages=stages)
    build(settings(files, out))
    assert data(out) == whole


def test_a_stop_leaves_the_published_site_whole(files: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "build"
    build(settings(files, out))
    before = (out / "manifest.json").read_bytes()
    stages = StoppingStages()
    stages.steps_left = 100
    with pytest.raises(Stopped):
        build(settings(files, out, seed=3), stages=stages)
    assert (out / "manifest.json").read_bytes() == before
    assert check(out).whole


def test_killed_for_real_it_goes_on() -> None:
    """SIGKILL at random moments; the command alone kills 50 times each way."""
    command = [sys.executable, "-m", "tests.benchmarks.kills", "--kills", "5"]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert killed.stdout.count("every end had the same bytes") == 2, killed.stderr


def test_two_builds_at_once_are_refused(files: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "build"
    with claimed(out), pytest.raises(BundleError, match=r"Another featviz is writing into .*build at this moment"):
        build(settings(files, out))
    assert not (out / "data").exists()
    assert not (tmp_path / "build.work").exists()


def test_two_builds_with_one_work_folder_are_refused(files: Tiny, tmp_path: Path) -> None:
    with claimed_work(tmp_path / "work"), pytest.raises(BundleError, match="name another folder with --work"):
        build(settings(files, tmp_path / "build", work=str(tmp_path / "work")))
    assert not (tmp_path / "build").exists()


def test_what_a_killed_build_left_is_removed_first(files: Tiny, tmp_path: Path) -> None:
    """It may be what fills the disk."""
    out = tmp_path / "build"
    left = out / "data" / ".partial-0123abcd"
    with claimed(out):
        left.mkdir(parents=True)
    stages = StoppingStages()
    stages.steps_left = 0
    with pytest.raises(Stopped):
        build(settings(files, out), stages=stages)
    assert not left.exists()


def test_ctrl_c_says_how_to_go_on(files: Tiny, tmp_path: Path) -> None:
    """SIGINT while effects are computed, for real."""
    program = (
        "import signal; from featviz.pipeline import block; from featviz.cli import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # who runs the tests may ignore it
        "block.Direct.effects = lambda *args: signal.raise_signal(signal.SIGINT); main()"
    )
    command = [sys.executable, "-c", program, "build", *options(settings(files, tmp_path / "build"))]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert stopped.returncode == 130
    assert stopped.stderr.endswith("as it was; run the same command to go on.\n")
    assert "Traceback" not in stopped.stderr
    assert not (tmp_path / "build" / "manifest.json").exists()
