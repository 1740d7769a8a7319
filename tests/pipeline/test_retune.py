"""What does not need the model is tuned without capturing again, and ends as a build from nothing would."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from featviz.pipeline import build as module
from featviz.pipeline.build import build
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from tests.pipeline.resumable import data, keep_everything, settings
from tests.tiny import Tiny

FEWER: list[dict[str, Any]] = [
    {"top": 3, "bottom": 2, "per_interval": 1},
    {"chunk_size": 2},
    {"histogram_bins": 7, "neighbours": 2, "logit_tokens": 4},
]
"""All that these show has been computed."""
MORE: list[dict[str, Any]] = [
    {"top": 25, "bottom": 22},
    {"intervals": 7},
    {"window": 9},
    {"seed": 3},
    {"effect_tokens": 3},
]
"""Effects of other windows, which have not."""


@pytest.fixture(scope="module")
def first(files: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with all of a build's pieces."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        quickly(patch)
        build(settings(files, folder / "build"))
    return folder / "build.work"


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)


def quickly(patch: pytest.MonkeyPatch) -> None:
    keep_everything(patch)
    patch.setattr(module, "build_site", lambda *arguments: [])


def hooks_of_runs(patch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """Fills with each run's sequences and hooks."""
    runs: list[tuple[int, list[str]]] = []
    whole = LanguageModel.run

    def run(model: LanguageModel, ids: Any, hooks: Any, *rest: Any) -> Any:
        runs.append((len(ids), list(hooks)))
        return whole(model, ids, hooks, *rest)

    patch.setattr(LanguageModel, "run", run)
    return runs


@pytest.mark.parametrize("changes", [*FEWER, *MORE], ids=lambda changes: ",".join(changes))
def test_captured_firings_are_used_again_and_nothing_differs(
    files: Tiny, tmp_path: Path, first: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    runs = hooks_of_runs(monkeypatch)
    build(replace(settings(files, tmp_path / "tuned", work=str(first)), **changes))
    tuned, runs[:] = list(runs), []
    build(replace(settings(files, tmp_path / "anew"), **changes))
    assert data(tmp_path / "tuned") == data(tmp_path / "anew")
    batches = [hooks for sequences, hooks in tuned if sequences > 1]
    assert all(hooks == [FINAL_RESIDUAL] for hooks in batches)
    if changes in FEWER:
        assert batches == []
    assert len(tuned) < len(runs)
