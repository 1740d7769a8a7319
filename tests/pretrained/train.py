"""A small SAE of any hook, trained on the CPU: the demo's recipe on another model's activations."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from featviz.demo.train_sae import SaeTrainer, learning_rate_share
from featviz.sources.model import LanguageModel

BATCH, ROWS = 16, 1024
"""Sequences of a forward pass; activations of a step."""


def train(model: Path, hook: str, ids: np.ndarray, steps: int, folder: Path, seed: int = 0) -> None:
    """Write a SAELens folder of an SAE that reads ``hook``; the first token of each sequence is left out."""
    torch.manual_seed(seed)
    x = activations(LanguageModel.load(str(model)), hook, ids)
    mean = x.mean(dim=0)
    scale = (x - mean).square().mean().sqrt()
    x = (x - mean) / scale
    trainer, started = SaeTrainer(x[torch.randperm(len(x))[:8192]]), time.monotonic()
    for step, rows in enumerate(batches(x, steps), start=1):
        error = trainer.step(rows, learning_rate_share(step, steps))
        if step % 100 == 0 or step == steps:
            dead, seconds = int(trainer.dead().sum()), time.monotonic() - started
            print(f"step {step}/{steps}  unexplained {error:.3f}  dead {dead}  {seconds:.0f} s", flush=True)
    write(trainer, mean, scale, hook, model.name, folder)


@torch.no_grad()
def activations(model: LanguageModel, hook: str, ids: np.ndarray) -> torch.Tensor:
    """What the SAE reads, ``[row d_in]``, of all tokens but the first of each sequence."""
    found = [
        model.run(torch.from_numpy(ids[first : first + BATCH]).long(), [hook])[hook][:, 1:].flatten(0, 1)
        for first in range(0, len(ids), BATCH)
    ]
    return torch.cat(found)


def batches(x: torch.Tensor, steps: int) -> Iterator[torch.Tensor]:
    """Rows in random order, as often as it takes."""
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        if len(order) < ROWS:
            order = torch.cat([order, torch.randperm(len(x))])
        yield x[order[:ROWS]]
        order = order[ROWS:]


@torch.no_grad()
def write(trainer: SaeTrainer, mean: torch.Tensor, scale: torch.Tensor, hook: str, model: str, folder: Path) -> None:
    """The SAE for activations as the model makes them, instead of centred and scaled ones."""
    weights = {name: tensor.detach().clone() for name, tensor in trainer.sae.state_dict().items()}
    weights |= {
        "b_enc": weights["b_enc"] * scale,
        "threshold": weights["threshold"] * scale,
        "b_dec": weights["b_dec"] * scale + mean,
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / "sae_weights.safetensors")
    d_in, d_sae = weights["W_enc"].shape
    config = {
        "architecture": "jumprelu",
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": "float32",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "metadata": {"hook_name": hook, "model_name": model, "prepend_bos": True, "weight_processing": "none"},
    }
    (folder / "cfg.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
