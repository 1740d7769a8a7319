"""A build that is stopped and started again ends with the bytes of one that was not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from featviz.bundle.check import check
from featviz.capture import running
from featviz.effects import table
from featviz.pipeline.build import build
from featviz.progress import Stages
from featviz.settings import Settings
from tests.comparison import settings_of
from tests.tiny import Tiny


class Stopped(Exception):
    """Stands for whatever ends a build."""


class StoppingStages(Stages):
    """Ends the build after so many steps of progress."""

    steps_left = 10**9

    @contextmanager
    def stage(self, name: str, total: int, unit: str = "") -> Iterator[Callable[[int], None]]:
        with super().stage(name, total, unit) as advance:

            def step(done: int) -> None:
                self.steps_left -= 1
                if self.steps_left < 0:
                    raise Stopped
                advance(done)

            yield step


@pytest.fixture
def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SAVE_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(table, "SAVE_EVERY_SECONDS", 0.0)


def settings(files: Tiny, out: Path, **changed: Any) -> Settings:
    return settings_of(files, out=str(out), batch_size=3, chunk_size=5, **changed)


def data(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in (out / "data").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def whole(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("whole") / "build"
    build(settings(files, out))
    return data(out)


@pytest.mark.usefixtures("save_always")
def test_stopped_again_and_again_it_ends_with_the_same_bytes(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out = tmp_path / "build"
    stops = 0
    for allowed in range(2, 400, 7):
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


@pytest.mark.parametrize("seconds", [0.3, 1.2])
def test_killed_for_real_it_goes_on(files: Tiny, tmp_path: Path, whole: dict[str, bytes], seconds: float) -> None:
    """SIGKILL from outside, so many seconds after the work folder appears."""
    out = tmp_path / "build"
    program = (
        "from featviz.capture import running; from featviz.effects import table; from featviz.cli import main\n"
        "running.SAVE_EVERY_SECONDS = table.SAVE_EVERY_SECONDS = 0.0; main()"
    )
    given = settings(files, out)
    names = ("model", "sae", "sae_b", "tokens", "out", "batch_size", "chunk_size")
    options = [word for name in names for word in (f"--{name.replace('_', '-')}", str(getattr(given, name)))]
    command = [sys.executable, "-c", program, "build", *options]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 120
    while not (tmp_path / "build.work").exists() and killed.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    time.sleep(seconds)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    build(given)
    assert data(out) == whole
    assert check(out).whole
