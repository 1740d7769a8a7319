"""Features as text, for a look at whether a person can read them."""

from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel

from featviz.demo.contexts import BOS_ID
from featviz.demo.neurons import neuron_activations
from featviz.demo.sae import JumpReluSae

WINDOWS = 8
TOKENS_BEFORE, TOKENS_AFTER = 8, 4


@torch.no_grad()
def print_features(
    tokenizer: Tokenizer, model: GPT2LMHeadModel, sae: JumpReluSae, contexts: np.ndarray, count: int, seed: int
) -> None:
    """Print random features: density, top logits, and the windows around their largest activations."""
    activations = sae.encode(neuron_activations(model, torch.from_numpy(contexts)))
    rows = logit_rows(model, sae)
    centres = np.argwhere(contexts != BOS_ID)
    for feature in sorted(np.random.default_rng(seed).permutation(activations.shape[1])[:count].tolist()):
        values = activations[:, feature]
        density = (values > 0).float().mean().item()
        tops = [repr(tokenizer.decode([token])) for token in rows[feature].topk(WINDOWS).indices.tolist()]
        print(f"\nfeature {feature}  density {density:.3%}  max {values.max():.2f}  raises {' '.join(tops)}")
        for value, place in zip(*values.topk(WINDOWS), strict=True):
            if value > 0:
                print(f"  {value:6.2f}  {_window(tokenizer, contexts, *centres[place])}")


def logit_rows(model: GPT2LMHeadModel, sae: JumpReluSae) -> torch.Tensor:
    """What each feature adds to the logits [d_sae d_vocab], the final norm's scale left out."""
    blocks: Any = model.transformer.h
    to_residual = sae.W_dec @ blocks[0].mlp.c_proj.weight
    centred = to_residual - to_residual.mean(dim=-1, keepdim=True)
    return (centred * model.transformer.ln_f.weight) @ model.lm_head.weight.T


def _window(tokenizer: Tokenizer, contexts: np.ndarray, seq: int, pos: int) -> str:
    """The text around one token, the token itself between ⟦ and ⟧."""
    context = contexts[seq].tolist()
    before = tokenizer.decode(context[max(1, pos - TOKENS_BEFORE) : pos])
    after = tokenizer.decode(context[pos + 1 : pos + 1 + TOKENS_AFTER])
    return repr(f"{before}⟦{tokenizer.decode([context[pos]])}⟧{after}")
