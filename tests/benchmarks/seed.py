"""The baseline: the algorithm of the program that this project starts from, written anew from its description.

One call for some features of SAE A: the model runs over all tokens, all of B and the chosen columns of A are encoded,
float32 rolling sums give the correlations; then, feature by feature and group by group, the residuals of every window
are unembedded twice, with the feature and without it.

``python -m tests.benchmarks.seed CASE FEATURES`` prints the call's CPU seconds and the bytes that it pickles, as JSON.
"""

import json
import pickle
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from featviz.sources.readers import read_sae
from featviz.sources.readout import Readout

BUFFER = 5
TOP, INTERVALS, PER_INTERVAL, CHANGES, TABLE, NEIGHBOURS, BATCH = 20, 10, 5, 5, 10, 3, 8


class RollingCorrelation:
    """Pearson and cosine of two sets of columns, from float32 sums over batches."""

    def __init__(self) -> None:
        self.n = 0
        self.sums: list[Tensor] = []

    def update(self, x: Tensor, y: Tensor) -> None:
        """Take in a batch: ``x`` [token a], ``y`` [token b]."""
        new = [x.sum(0), y.sum(0), x.square().sum(0), y.square().sum(0), x.T @ y]
        self.sums = [old + add for old, add in zip(self.sums, new, strict=True)] if self.sums else new
        self.n += len(x)

    def top(self, k: int) -> dict[str, Tensor]:
        """The k highest Pearson of each column of x."""
        x, y, x2, y2, xy = self.sums
        pearson = (self.n * xy - x[:, None] * y) / (
            (self.n * x2 - x.square()).sqrt()[:, None] * (self.n * y2 - y.square()).sqrt()
        )
        best = pearson.nan_to_num(-1).topk(min(k, len(y)))
        cosine = (xy / (x2.sqrt()[:, None] * y2.sqrt())).gather(1, best.indices)
        return {"index": best.indices, "pearson": best.values, "cosine": cosine}


@dataclass(frozen=True)
class Forward:
    """What a call keeps of its pass over the tokens."""

    activations: Tensor
    """[seq pos feature]"""
    residual: Tensor
    """[seq pos d_model]"""
    tables: list[dict[str, Tensor]]


@torch.no_grad()
def seed_call(case: Path, features: int) -> list[dict[str, Any]]:
    """The data of the first features of A that fire often enough to fill a dashboard."""
    model = LanguageModel.load(str(case / "model"))
    sae_a, sae_b = read_sae(case / "sae_a"), read_sae(case / "sae_b")
    ids = torch.from_numpy(np.load(case / "tokens.npy").astype(np.int64))
    chosen = torch.arange(features)
    readout, to_residual = model.readout(), model.to_final_residual(sae_a.write_hook)
    assert to_residual is not None
    before = cpu_seconds()
    kept = _forward(model, sae_a, sae_b, ids, chosen)
    direction = sae_a.W_dec[chosen] @ to_residual
    found = []
    for row in range(features):
        logits = direction[row] @ readout.unembed
        highest, lowest = logits.topk(TABLE), logits.topk(TABLE, largest=False)
        groups = [
            _effects(ids, kept, row, direction[row], readout, place) for place in _groups(kept.activations[..., row])
        ]
        tables = [{key: column[row] for key, column in table.items()} for table in kept.tables]
        histogram = (torch.histc(logits, 40), torch.histc(kept.activations[..., row], 40))
        found.append(_arrays({"groups": groups, "logits": [*highest, *lowest], "tables": tables, "bins": histogram}))
    print(json.dumps({"cpu": cpu_seconds() - before, "bytes": len(pickle.dumps(found))}))
    return found


def cpu_seconds() -> float:
    """User and system, of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _forward(model: LanguageModel, sae_a: Any, sae_b: Any, ids: Tensor, chosen: Tensor) -> Forward:
    neurons, within, across = RollingCorrelation(), RollingCorrelation(), RollingCorrelation()
    activations, residuals = [], []
    for batch in ids.split(BATCH):
        seen = model.run(batch, [sae_a.read_hook, FINAL_RESIDUAL])
        x = seen[sae_a.read_hook].flatten(0, 1)
        of_a = torch.relu(x @ sae_a.W_enc[:, chosen] + sae_a.b_enc[chosen])
        of_b = torch.relu(x @ sae_b.W_enc + sae_b.b_enc)
        neurons.update(of_a, x)
        within.update(of_a, of_a)
        across.update(of_a, of_b)
        activations.append(of_a.unflatten(0, tuple(batch.shape)))
        residuals.append(seen[FINAL_RESIDUAL])
    tables = [each.top(NEIGHBOURS) for each in (neurons, within, across)]
    return Forward(torch.cat(activations), torch.cat(residuals), tables)


def _groups(activations: Tensor) -> Iterator[Tensor]:
    """Places [window 2] of the top, the bottom and each interval; the edges of a sequence can not be centres."""
    inner = activations[:, BUFFER:-BUFFER]
    flat, width = inner.flatten(), inner.shape[1]

    def places(index: Tensor) -> Tensor:
        return torch.stack([index // width, index % width + BUFFER], dim=1)

    yield places(flat.topk(TOP).indices)
    yield places(flat.topk(TOP, largest=False).indices)
    bounds = torch.linspace(0, float(activations.max()), INTERVALS + 1)
    for low, high in pairwise(bounds.tolist()):
        inside = ((flat >= low) & (flat <= high)).nonzero().flatten()
        if len(inside):
            yield places(inside[torch.randperm(len(inside))[:PER_INTERVAL]])


def _effects(
    ids: Tensor, kept: Forward, row: int, direction: Tensor, readout: Readout, place: Tensor
) -> dict[str, Tensor]:
    """Windows of a group, and what removing the feature does to each prediction in them: two unembeddings."""
    pos = place[:, 1:] + torch.arange(-BUFFER, BUFFER + 1)
    seq = place[:, :1].expand_as(pos)
    residual, activation, tokens = kept.residual[seq, pos], kept.activations[..., row][seq, pos], ids[seq, pos]
    ablated = residual - activation[..., None] * direction
    clean = _log_prob(residual, readout)
    change = clean - _log_prob(ablated, readout)
    loss = -change[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    high, low = change.topk(CHANGES), change.topk(CHANGES, largest=False)
    return {
        "tokens": tokens, "activation": activation, "loss": loss,
        "high": high.values, "high_id": high.indices, "low": low.values, "low_id": low.indices,
    }  # fmt: skip


def _log_prob(residual: Tensor, readout: Readout) -> Tensor:
    """Its own shortcut of the final norm: a division by the standard deviation."""
    return (residual / residual.std(-1, keepdim=True) @ readout.unembed).log_softmax(-1)


def _arrays(value: Any) -> Any:
    """The same with numpy arrays for tensors: what is pickled."""
    if isinstance(value, Tensor):
        return value.numpy()
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    return [_arrays(item) for item in value]


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("features", type=int)
def main(case: Path, features: int) -> None:
    """Run one call and print what it cost."""
    seed_call(case, features)


if __name__ == "__main__":
    main()
