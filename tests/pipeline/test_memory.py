"""A device that is too small ends a build in one line, and costs no finished work."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.errors import FeatvizError
from featviz.pipeline import build as module
from featviz.pipeline.build import build
from featviz.sources.model import FINAL_RESIDUAL, Change, LanguageModel
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import HOOK, Tiny

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has a total capacity of 8 GiB")
ON_CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried")


class Device:
    """Runs so many sequences at once, and so many times at all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception, at_once: int = 1000, times: int = 10**6):
        self.error, self.at_once, self.left = error, at_once, times
        self.sizes: list[int] = []
        whole = LanguageModel._run

        def run(model: LanguageModel, tokens: Tensor, hooks: Any, change: Change | None) -> dict[str, Tensor]:
            self.left -= 1
            if self.left < 0 or len(tokens) > self.at_once:
                raise self.error
            self.sizes.append(len(tokens))
            return whole(model, tokens, hooks, change)

        monkeypatch.setattr(LanguageModel, "_run", run)


@pytest.fixture(autouse=True)
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "build_site", lambda *args: [])


@pytest.mark.parametrize("error", [CUDA, ON_CPU, MemoryError()], ids=["cuda", "cpu", "python"])
def test_it_is_told_with_what_to_lower_and_what_is_kept(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    Device(monkeypatch, error, at_once=0)
    with pytest.raises(FeatvizError) as told:
        build(settings(files, tmp_path / "out"))
    message = str(told.value)
    assert message.startswith(f"Out of memory on cpu ({' '.join(str(error).split())[:20] or 'MemoryError'}")
    assert "lower --batch-size (now 3) or --context (now 128)" in message
    assert f"Finished work is kept in {tmp_path / 'out.work'}: the same command goes on from there" in message
    assert "\n" not in message


def test_what_was_finished_is_not_run_again(files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(settings(files, tmp_path / "whole"))
    out = tmp_path / "out"
    keep_everything(monkeypatch)
    with monkeypatch.context() as patch:
        Device(patch, MemoryError(), times=4)
        with pytest.raises(FeatvizError, match="Out of memory"):
            build(settings(files, out))
    with monkeypatch.context() as patch:
        again = Device(patch, MemoryError())
        build(settings(files, out))
    with monkeypatch.context() as patch:
        anew = Device(patch, MemoryError())
        build(settings(files, tmp_path / "anew"))
    assert len(again.sizes) < len(anew.sizes)
    assert data(out) == data(tmp_path / "whole")


def test_a_batch_that_does_not_fit_is_run_in_halves(
    model: LanguageModel, files: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = torch.from_numpy(np.load(files.tokens)[:7])
    hooks, change = [HOOK, FINAL_RESIDUAL], Change(HOOK, torch.rand((7, 24, 32)), torch.rand((7, 24, 16)))
    whole = model.run(ids, hooks, change)
    device = Device(monkeypatch, CUDA, at_once=2)
    halves = model.run(ids, hooks, change)
    assert device.sizes == [1, 2, 2, 2]
    for hook in hooks:
        torch.testing.assert_close(halves[hook], whole[hook], rtol=1e-5, atol=1e-5)


def test_an_error_of_another_kind_is_left_as_it_is(
    files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Device(monkeypatch, RuntimeError("shapes do not match"), at_once=0)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        build(settings(files, tmp_path / "out"))
