"""Final residuals that pass 1 keeps, so that the model runs once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from featviz.capture import CaptureSettings, ShardedCapture, residuals
from featviz.capture.residuals import Residuals, kept_tokens
from featviz.pieces import Pieces
from featviz.pipeline.compute import Computation
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.progress import Stages
from featviz.records import Record
from featviz.sources.model import FINAL_RESIDUAL
from tests.comparison import settings_of
from tests.tiny import CONTEXT, SEQUENCES, Tiny

BATCH = 2
BATCHES = [range(first, first + BATCH) for first in range(0, SEQUENCES, BATCH)]


@pytest.fixture(scope="module")
def inputs(files: Tiny) -> Inputs:
    return load_inputs(settings_of(files))


def captured(inputs: Inputs, store: Pieces, **settings: Any) -> Residuals:
    walk = CaptureSettings(BATCH, store=store, residuals=True, **settings)
    ShardedCapture(inputs.model, inputs.saes, inputs.tokens, walk).run(lambda sequences: None)
    return Residuals.of(store, inputs.model, inputs.tokens)


def test_they_are_the_models(inputs: Inputs, tmp_path: Path) -> None:
    kept = captured(inputs, Pieces(tmp_path))
    for batch in BATCHES:
        ids = torch.from_numpy(inputs.tokens.ids[batch.start : batch.stop])
        found = kept.recall(batch)
        assert found is not None
        assert torch.equal(found, inputs.model.run(ids, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1))


def test_a_damaged_one_is_told_and_not_recalled(inputs: Inputs, tmp_path: Path) -> None:
    told: list[str] = []
    kept = captured(inputs, Pieces(tmp_path, told.append))
    piece = tmp_path / f"residuals/0-{BATCH}.npz"
    data = bytearray(piece.read_bytes())
    data[len(data) // 2] ^= 1
    piece.write_bytes(data)
    assert kept.recall(BATCHES[0]) is None
    assert kept.recall(BATCHES[1]) is not None
    assert told == [f"{piece} is damaged: what it held is computed again."]


def test_no_more_than_so_many_are_kept(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residuals, "MOST_BYTES", 4 * inputs.model.d_model * CONTEXT * (2 * BATCH + 1))
    kept = captured(inputs, Pieces(tmp_path))
    assert [kept.recall(batch) is not None for batch in BATCHES] == [True, True] + [False] * (len(BATCHES) - 2)
    assert len(list(tmp_path.glob("residuals/*"))) == 2


def test_on_a_gpu_none_are_kept() -> None:
    assert kept_tokens(100, 8, "cuda") == 0
    assert kept_tokens(100, 8, "cpu") == 100


def records_of(inputs: Inputs, files: Tiny, folder: Path) -> list[Record]:
    computation = Computation.start(inputs, settings_of(files, batch_size=BATCH), Stages(), Pieces(folder))
    return [record for name in inputs.saes for part in computation.records(name) for record in part]


def test_a_build_runs_the_model_once_over_the_tokens(
    inputs: Inputs, files: Tiny, tmp_path: Path, model_runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = records_of(inputs, files, tmp_path / "whole")
    model_runs.clear()
    inputs.model.readout()
    beside = sum(model_runs)
    model_runs.clear()
    again = records_of(inputs, files, tmp_path / "again")
    assert sum(model_runs) - beside == SEQUENCES
    model_runs.clear()
    monkeypatch.setattr(residuals, "MOST_BYTES", 0)
    without = records_of(inputs, files, tmp_path / "without")
    assert sum(model_runs) - beside > SEQUENCES
    for other in (again, without):
        same(other, whole)


def same(found: Sequence[Record], expected: Sequence[Record]) -> None:
    for mine, its in zip(found, expected, strict=True):
        for column in ("loss", "token", "value"):
            np.testing.assert_array_equal(getattr(mine.windows.effects, column), getattr(its.windows.effects, column))


def test_where_effects_are_exact_none_are_kept(inputs: Inputs, files: Tiny, tmp_path: Path) -> None:
    Computation.start(inputs, settings_of(files, effect="exact"), Stages(), Pieces(tmp_path))
    assert not (tmp_path / "residuals").exists()
