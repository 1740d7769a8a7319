"""Second step of the recipe: a one-layer GPT-2 with 512 GELU neurons."""

import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel

from featviz.demo.contexts import BOS_ID, CONTEXT_SIZE, endless_batches
from featviz.demo.train_tokenizer import VOCABULARY

CONTEXTS_PER_BATCH = 16
PEAK_LEARNING_RATE = 3e-3
WARM_UP_STEPS = 200
WEIGHT_DECAY = 0.1
SEED = 0

CONFIG = GPT2Config(
    vocab_size=VOCABULARY,
    n_positions=CONTEXT_SIZE,
    n_embd=224,
    n_layer=1,
    n_head=7,
    n_inner=512,
    activation_function="gelu",
    resid_pdrop=0.0,
    embd_pdrop=0.0,
    attn_pdrop=0.0,
    bos_token_id=BOS_ID,
    eos_token_id=BOS_ID,
    tie_word_embeddings=False,
)


def train_model(stream: np.ndarray, steps: int, model_folder: Path) -> None:
    """Train on a row of token ids and write the model in float16."""
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel(CONFIG)
    optimizer = _optimizer(model)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_share(step, steps))
    recent, started = [], time.time()
    for step, batch in enumerate(islice(endless_batches(stream, CONTEXTS_PER_BATCH, SEED), steps), start=1):
        loss = next_token_loss(model, torch.from_numpy(batch))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        recent.append(loss.item())
        if step % 100 == 0 or step == steps:
            print(f"model step {step}/{steps}  loss {np.mean(recent):.3f}  {time.time() - started:.0f} s", flush=True)
            recent.clear()
    model.half().save_pretrained(model_folder)


def next_token_loss(model: GPT2LMHeadModel, tokens: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of a batch [batch pos] in nats, computed in bfloat16 for speed."""
    with torch.autocast("cpu", torch.bfloat16):
        residual = model.transformer(tokens).last_hidden_state[:, :-1]
        logits = model.lm_head(residual)
    return cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def learning_rate_share(step: int, steps: int) -> float:
    """Linear warm-up to 1, then linear decay to 0."""
    return min((step + 1) / WARM_UP_STEPS, (steps - step) / max(1, steps - WARM_UP_STEPS))


def _optimizer(model: GPT2LMHeadModel) -> torch.optim.Optimizer:
    """AdamW; only matrices decay."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim == 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_LEARNING_RATE, betas=(0.9, 0.99))
