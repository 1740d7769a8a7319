"""What the model and an SAE do on every token."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from torch import nn
from transformers import GPT2LMHeadModel


@dataclass(frozen=True)
class Forward:
    """One-layer GPT-2 and what it did on the tokens."""

    gpt2: Any
    tokens: np.ndarray
    """[seq pos]"""
    counts: np.ndarray
    """Whether a position counts. [seq pos]"""
    neurons: np.ndarray
    """Output of the MLP's activation function. [seq pos neuron]"""
    residual: np.ndarray
    """Input of the final norm. [seq pos d_model]"""
    log_probs: np.ndarray
    """Of the next token. [seq pos d_vocab]"""

    @cached_property
    def positions(self) -> list[tuple[int, int]]:
        """Every (seq, pos) that counts, in order."""
        return [(int(seq), int(pos)) for seq, pos in np.argwhere(self.counts)]


def run(folder: Path, tokens: np.ndarray, masked: set[int]) -> Forward:
    """Run the Hugging Face model in float64, one sequence at a time."""
    gpt2: Any = GPT2LMHeadModel.from_pretrained(folder).double().eval()
    neurons, residual, log_probs = [], [], []
    hooks = [
        gpt2.transformer.h[0].mlp.act.register_forward_hook(lambda module, args, output: neurons.append(output[0])),
        gpt2.transformer.ln_f.register_forward_hook(lambda module, args, output: residual.append(args[0][0])),
    ]
    for sequence in tokens:
        with torch.no_grad():
            log_probs.append(gpt2(torch.from_numpy(sequence[None])).logits[0].log_softmax(-1))
    for hook in hooks:
        hook.remove()
    counts = np.array([[token not in masked for token in sequence] for sequence in tokens.tolist()])
    return Forward(gpt2, tokens, counts, *(torch.stack(each).numpy() for each in (neurons, residual, log_probs)))


@dataclass(frozen=True)
class Sae:
    """One SAE in float64."""

    W_enc: np.ndarray
    """[d_in d_sae]"""
    b_enc: np.ndarray
    W_dec: np.ndarray
    """[d_sae d_in]"""
    b_dec: np.ndarray
    threshold: np.ndarray
    """A feature fires above it: 0 for relu. [d_sae]"""
    subtracts_bias: bool
    """Whether the decoder's bias is taken from the input."""


def read_sae(folder: Path) -> Sae:
    """Read a SAELens folder."""
    config = json.loads((folder / "cfg.json").read_text(encoding="utf-8"))
    stored = load_file(folder / "sae_weights.safetensors")
    weights = {name: weight.astype(np.float64) for name, weight in stored.items()}
    weights.setdefault("threshold", np.zeros_like(weights["b_enc"]))
    return Sae(**weights, subtracts_bias=config["apply_b_dec_to_input"])


def activations(sae: Sae, forward: Forward) -> np.ndarray:
    """Every feature at every position; zero where the position does not count. [seq pos feature]"""
    result = np.zeros((*forward.tokens.shape, len(sae.b_enc)))
    for seq, pos in forward.positions:
        source = forward.neurons[seq, pos]
        if sae.subtracts_bias:
            source = source - sae.b_dec
        before = source @ sae.W_enc + sae.b_enc
        result[seq, pos] = np.where(before > sae.threshold, before, 0)
    return result


def direction(sae: Sae, feature: int, forward: Forward) -> np.ndarray:
    """What one unit of the feature adds to the final residual. [d_model]"""
    return np.asarray(sae.W_dec[feature] @ double(forward.gpt2.transformer.h[0].mlp.c_proj.weight))


def double(parameter: nn.Parameter) -> np.ndarray:
    """The parameter's values."""
    return np.asarray(parameter.detach())
