"""A device that is lost ends a build in one line; the next run goes on to the same bytes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from featviz.capture import residuals
from featviz.errors import FeatvizError
from featviz.pipeline.build import build
from featviz.settings import Settings
from featviz.sources.model import LanguageModel
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import Tiny

pytestmark = pytest.mark.usefixtures("without_pages", "as_on_a_gpu")

LOST = RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later.")


@pytest.fixture
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Final residuals are not kept: the model runs for the effects, too."""
    monkeypatch.setattr(residuals, "MOST_BYTES", 0)


class Failing:
    """Runs the model, so many times."""

    def __init__(self, patch: pytest.MonkeyPatch, runs: int, error: Exception) -> None:
        self.runs, self.left, self.error, whole = 0, runs, error, LanguageModel.run

        def run(model: LanguageModel, *arguments: Any, **named: Any) -> Any:
            if self.runs == self.left:
                raise self.error
            self.runs += 1
            return whole(model, *arguments, **named)

        patch.setattr(LanguageModel, "run", run)


def fail(given: Settings, runs: int, error: Exception = LOST) -> str:
    """The message of a build that fails after so many runs of the model."""
    with pytest.MonkeyPatch.context() as patch:
        keep_everything(patch)
        Failing(patch, runs, error)
        with pytest.raises(FeatvizError) as failed:
            build(given)
    return str(failed.value)


@pytest.mark.parametrize("runs", [4, 9])
def test_the_next_run_goes_on_to_the_same_bytes(
    files: Tiny, tmp_path: Path, whole: dict[str, bytes], runs: int
) -> None:
    given = settings(files, tmp_path / "build")
    assert "What is published is as it was" in fail(given, runs)
    assert not (tmp_path / "build" / "manifest.json").exists()
    build(given)
    assert data(tmp_path / "build") == whole


def test_what_was_finished_is_not_run_again(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(files, tmp_path / "build")
    fail(given, 9)
    keep_everything(monkeypatch)
    resumed = Failing(monkeypatch, 10**6, LOST)
    build(given)
    uninterrupted = Failing(monkeypatch, 10**6, LOST)
    build(settings(files, tmp_path / "other"))
    assert resumed.runs - uninterrupted.runs <= uninterrupted.runs - 5


def test_the_device_and_the_way_on_are_named(files: Tiny, tmp_path: Path) -> None:
    message = fail(settings(files, tmp_path / "build"), 4)
    assert message.startswith(
        "The device cpu failed (CUDA error: unspecified launch failure). Finished work is kept in"
    )
    assert "run the same command again" in message


@pytest.mark.skipif(not hasattr(torch, "AcceleratorError"), reason="this torch has no error of its own for it")
def test_torchs_own_error_of_a_lost_device_is_known(files: Tiny, tmp_path: Path) -> None:
    error = torch.AcceleratorError("the device is gone")
    assert "The device cpu failed (the device is gone)" in fail(settings(files, tmp_path / "build"), 4, error)


def test_a_mistake_of_ours_is_not_hidden(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Failing(monkeypatch, 4, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        build(settings(files, tmp_path / "build"))
