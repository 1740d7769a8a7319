"""Third step of the recipe: a batch-top-k SAE of the model's neurons, kept as a JumpReLU one.

Batch-top-k (Bussmann et al., 2024) keeps the k·batch largest activations of a batch, an auxiliary loss (Gao et al.,
2024) revives features that stopped firing. The average cut becomes the threshold that the finished SAE uses.
"""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from transformers import GPT2LMHeadModel

from featviz.demo.contexts import endless_batches
from featviz.demo.neurons import load_model, neuron_activations
from featviz.demo.sae import D_SAE, JumpReluSae

CONTEXTS_PER_BATCH = 8
FIRINGS_PER_TOKEN = 32
PEAK_LEARNING_RATE = 2e-3
WARM_UP_STEPS = 100
DECAY_SHARE = 0.4
"""The last part of the steps, over which the learning rate falls to zero."""

FIRST_ENCODER_SCALE = 0.2
"""The encoder starts as the decoder times this: features overlap, so full size would overshoot many times."""

DEAD_AFTER_STEPS = 100
REVIVED_PER_TOKEN = 64
REVIVAL_WEIGHT = 1 / 32
THRESHOLD_SMOOTHING = 0.99
ROWS_FOR_CUT = 256
"""The cut is found on this many rows of a batch: sorting all of it takes longer than the rest of the step."""


def train_sae(stream: np.ndarray, model_folder: Path, steps: int, seed: int, folder: Path) -> None:
    """Train on the neurons of a row of token ids and write a SAELens folder."""
    torch.manual_seed(seed)
    model = load_model(model_folder)
    batches = endless_batches(stream, CONTEXTS_PER_BATCH, seed)
    mean, scale = _mean_and_scale(model, batches)
    trainer = SaeTrainer((neuron_activations(model, _tensor(next(batches))) - mean) / scale)
    started = time.time()
    for step, batch in enumerate(islice(batches, steps), start=1):
        x = (neuron_activations(model, _tensor(batch)) - mean) / scale
        error = trainer.step(x, learning_rate_share(step, steps))
        if step % 100 == 0 or step == steps:
            progress = f"unexplained {error:.3f}  dead {trainer.dead().sum()}  {time.time() - started:.0f} s"
            print(f"SAE seed {seed} step {step}/{steps}  {progress}", flush=True)
    notes = {"recipe": "python -m featviz.demo.train", "seed": seed, "steps": steps}
    _in_raw_units(trainer.sae, mean, scale).save(folder, notes)


class SaeTrainer:
    """One SAE, its optimiser, and the running numbers of its training."""

    def __init__(self, sample: torch.Tensor) -> None:
        """Decoder rows start as random data points; `sample` [seq d_in] is a batch of them."""
        self.sae = JumpReluSae(sample.shape[-1], D_SAE)
        with torch.no_grad():
            rows = sample[torch.randint(len(sample), (D_SAE,))] + 0.5 * torch.randn(D_SAE, sample.shape[-1])
            self.sae.W_dec.copy_(rows / rows.norm(dim=-1, keepdim=True))
            self.sae.W_enc.copy_(FIRST_ENCODER_SCALE * self.sae.W_dec.T)
        self.optimizer = torch.optim.Adam(self.sae.parameters(), lr=PEAK_LEARNING_RATE, betas=(0.9, 0.99), foreach=True)
        self.steps_silent = torch.zeros(D_SAE)

    def step(self, x: torch.Tensor, rate_share: float) -> float:
        """One update on x [seq d_in]; returns the share of its variance left unexplained."""
        for group in self.optimizer.param_groups:
            group["lr"] = PEAK_LEARNING_RATE * rate_share
        with torch.autocast("cpu", torch.bfloat16):
            pre = self.sae.pre_activations(x).float()
            cut = self._cut(pre)
            activations = pre * (pre > cut)
            residual = x - self.sae.decode(activations).float()
        error = residual.square().sum() / x.square().sum()
        self._note_firings(activations, cut)
        loss = error + REVIVAL_WEIGHT * self._revival_error(pre, residual.detach())
        loss.backward()
        self._keep_decoder_on_sphere()
        return error.item()

    def dead(self) -> torch.Tensor:
        return self.steps_silent > DEAD_AFTER_STEPS

    @torch.no_grad()
    def _cut(self, pre: torch.Tensor) -> float:
        """The value that FIRINGS_PER_TOKEN positive pre-activations per row exceed, on average."""
        rows = pre[torch.randperm(len(pre))[:ROWS_FOR_CUT]]
        return max(0.0, rows.flatten().topk(FIRINGS_PER_TOKEN * len(rows)).values[-1].item())

    @torch.no_grad()
    def _note_firings(self, activations: torch.Tensor, cut: float) -> None:
        self.steps_silent += 1
        self.steps_silent[(activations > 0).any(dim=0)] = 0
        smoothing = THRESHOLD_SMOOTHING if self.sae.threshold.any() else 0.0
        self.sae.threshold.lerp_(torch.tensor(cut), 1 - smoothing)

    def _revival_error(self, pre: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """How badly the silent features alone would explain what the others left."""
        dead = self.dead().nonzero().squeeze(-1)
        if len(dead) == 0:
            return torch.zeros(())
        best = pre[:, dead].relu().topk(min(REVIVED_PER_TOKEN, len(dead)))
        activations = torch.zeros(len(pre), len(dead)).scatter(-1, best.indices, best.values)
        return (residual - activations @ self.sae.W_dec[dead]).square().sum() / residual.square().sum()

    def _keep_decoder_on_sphere(self) -> None:
        """Update without the gradient along each decoder row, then make the rows unit again."""
        rows, gradient = self.sae.W_dec, self.sae.W_dec.grad
        assert gradient is not None
        gradient -= (gradient * rows.data).sum(dim=-1, keepdim=True) * rows.data
        self.optimizer.step()
        self.optimizer.zero_grad()
        rows.data /= rows.data.norm(dim=-1, keepdim=True)


def learning_rate_share(step: int, steps: int) -> float:
    """Linear warm-up to 1, a plateau, linear decay to 0."""
    return min(1.0, step / WARM_UP_STEPS, (steps - step) / (DECAY_SHARE * steps))


def _mean_and_scale(
    model: GPT2LMHeadModel, batches: Iterator[np.ndarray], count: int = 20
) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean activation [d_in], and the root mean square of what is left, over a few batches."""
    sample = torch.cat([neuron_activations(model, _tensor(batch)) for batch in islice(batches, count)])
    mean = sample.mean(dim=0)
    return mean, (sample - mean).square().mean().sqrt()


@torch.no_grad()
def _in_raw_units(sae: JumpReluSae, mean: torch.Tensor, scale: torch.Tensor) -> JumpReluSae:
    """The same SAE for inputs as the model makes them, instead of centred and scaled ones."""
    sae.b_enc.mul_(scale)
    sae.threshold.mul_(scale)
    sae.b_dec.mul_(scale).add_(mean)
    return sae


def _tensor(batch: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(batch)
