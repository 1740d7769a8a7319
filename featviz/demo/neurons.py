"""The demo model's MLP neurons: reading them, and running the model with others in their place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import GPT2LMHeadModel

from featviz.demo.contexts import BOS_ID


def load_model(model_folder: Path) -> GPT2LMHeadModel:
    """The model in float32, its weights rounded to float16 as they are on disk."""
    return GPT2LMHeadModel.from_pretrained(model_folder, dtype=torch.float32).eval()


@torch.no_grad()
def neuron_activations(model: GPT2LMHeadModel, tokens: torch.Tensor) -> torch.Tensor:
    """Post-GELU activations [seq d_mlp] of a batch [batch pos], at all positions that are not BOS."""
    captured: list[torch.Tensor] = []
    hook = _gelu(model).register_forward_hook(lambda *call: captured.append(call[-1]))
    try:
        model.transformer(tokens)
    finally:
        hook.remove()
    return captured[0][tokens != BOS_ID]


@torch.no_grad()
def logits_with_neurons(
    model: GPT2LMHeadModel, tokens: torch.Tensor, replace: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Logits [batch pos d_vocab]; neurons [batch pos d_mlp] at positions that are not BOS pass through `replace`."""
    counts = (tokens != BOS_ID)[..., None]
    hook = _gelu(model).register_forward_hook(lambda *call: torch.where(counts, replace(call[-1]), call[-1]))
    try:
        return model(tokens).logits
    finally:
        hook.remove()


def _gelu(model: GPT2LMHeadModel) -> torch.nn.Module:
    blocks: Any = model.transformer.h
    return blocks[0].mlp.act
