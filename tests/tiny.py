"""A one-layer GPT-2, two SAEs on its MLP and some contexts: made in a second, small enough for plain loops."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

HOOK = "blocks.0.mlp.hook_post"
BOS, BOS_ID = "<|endoftext|>", 0
CONTEXT = 24
SEQUENCES = 12
D_MLP = 32
D_SAE = 48

CONSTANT_NEURON, SILENT_NEURON = 3, 4
"""Neurons with the same activation everywhere: one above zero, one at zero."""
DEAD, ALWAYS, ONCE, ZERO_DECODER, MOSTLY = 5, 6, 7, 8, 9
"""Features of both SAEs: never fires, fires everywhere, fires once, writes nothing, is rarely silent."""

TEXT = """It’s a fox’s den, isn’t it? def fox(den):\n\treturn den + 1  # 🦊 says hi\n
The fox said: “I’m here 🦊🌲”, and the trees didn’t. class Tree(Fox):\n\tdef grow(self):\n\t\treturn self.height
for tree in trees:\n\tprint(tree)  # <script>alert(1)</script> &amp; C:\\xe2\\x80\n
Where’s the moon 🌕? It’s behind the tree; that’s where it’s been. while fox.sleeps():\n\tmoon.rise()\n
The den’s warm, the fox’s asleep, the tree’s tall. None of them know what x = 3.14159 means, naïve as they are.
"""


@dataclass(frozen=True)
class Tiny:
    """Paths of everything a build reads."""

    model: Path
    sae_a: Path
    sae_b: Path
    tokens: Path


def make(folder: Path) -> Tiny:
    """Write the model, both SAEs (SAELens folders) and the tokens (``.npy``) below ``folder``."""
    tiny = Tiny(folder / "model", folder / "sae_a", folder / "sae_b", folder / "tokens.npy")
    make_model(tiny.model)
    tokens = make_tokens(tiny.model)
    np.save(tiny.tokens, tokens)
    neurons = neuron_activations(tiny.model, tokens)
    make_sae(tiny.sae_a, neurons, seed=33, architecture="standard")
    make_sae(tiny.sae_b, neurons, seed=116, architecture="jumprelu")
    return tiny


def make_model(folder: Path, seed: int = 0) -> None:
    """Write ``config.json``, ``model.safetensors`` and the tokenizer's files."""
    make_tokenizer(folder)
    config = GPT2Config(
        vocab_size=300, n_positions=32, n_embd=16, n_layer=1, n_head=2, n_inner=D_MLP, activation_function="gelu",
        layer_norm_epsilon=1e-2, tie_word_embeddings=False, bos_token_id=BOS_ID, eos_token_id=BOS_ID,
        embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0,
    )  # fmt: skip
    model: Any = GPT2LMHeadModel(config)
    random = np.random.default_rng(seed)
    for name, weight in model.named_parameters():
        weight.data = torch.tensor(random.normal(*scale_of(name), size=weight.shape), dtype=torch.float32)
    mlp_in = model.transformer.h[0].mlp.c_fc
    mlp_in.weight.data[:, [CONSTANT_NEURON, SILENT_NEURON]] = 0
    mlp_in.bias.data[CONSTANT_NEURON], mlp_in.bias.data[SILENT_NEURON] = 1, 0
    model.save_pretrained(folder)


def scale_of(parameter: str) -> tuple[float, float]:
    """Mean and deviation of a parameter: everything large enough to matter, the norms far from the identity."""
    if "ln_" in parameter:
        return (1.0, 0.4) if parameter.endswith("weight") else (0.0, 0.4)
    return (0.0, 0.7) if "lm_head" in parameter else (0.0, 0.4)


def make_tokenizer(folder: Path) -> None:
    """Train a byte-level BPE on a little text with ``’``, newlines, tabs, and emoji it must split."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[BOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT + "’’" * 5], trainer)
    fast: Any = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=BOS)
    fast.save_pretrained(folder)


def make_tokens(model: Path) -> np.ndarray:
    """Contexts [seq pos] that begin with BOS.

    Sequence 5 repeats sequence 1, sequence 8 repeats a passage of sequence 2 at another place, sequence 9 is one
    token over and over, sequence 10 holds a second document, sequence 11 ends in padding.
    """
    ids = PreTrainedTokenizerFast.from_pretrained(model)(TEXT)["input_ids"]
    bodies = np.resize(ids, (SEQUENCES, CONTEXT - 1))
    tokens = np.concatenate([np.full((SEQUENCES, 1), BOS_ID), bodies], axis=1).astype(np.int64)
    tokens[5] = tokens[1]
    tokens[8, 10:24] = tokens[2, 3:17]
    tokens[9, 1:] = tokens[0, 1]
    tokens[10, 12] = BOS_ID
    tokens[11, 20:] = BOS_ID
    return tokens


def neuron_activations(model: Path, tokens: np.ndarray) -> np.ndarray:
    """Activations at `HOOK` of every position that is no BOS, equal contexts once. [position neuron]"""
    contexts = torch.from_numpy(np.unique(tokens, axis=0))
    gpt2: Any = GPT2LMHeadModel.from_pretrained(model).double().eval()
    seen: list[torch.Tensor] = []
    handle = gpt2.transformer.h[0].mlp.act.register_forward_hook(lambda module, args, output: seen.append(output))
    with torch.no_grad():
        gpt2(contexts)
    handle.remove()
    return np.asarray(seen[0][contexts != BOS_ID])


def make_sae(folder: Path, neurons: np.ndarray, seed: int, architecture: str) -> None:
    """Write a SAELens folder whose biases make its features fire at 2 to 60 % of ``neurons``."""
    random = np.random.default_rng(seed)
    W_enc = random.normal(0, 0.5, (D_MLP, D_SAE))
    W_dec = random.normal(0, 0.25, (D_SAE, D_MLP))
    W_dec[ZERO_DECODER] = 0
    b_dec = random.normal(0, 0.3, D_MLP)
    subtracts = architecture == "standard"
    b_enc = firing_biases((neurons - b_dec * subtracts) @ W_enc, random)
    weights = {"W_enc": W_enc, "b_enc": b_enc, "W_dec": W_dec, "b_dec": b_dec}
    if architecture == "jumprelu":
        weights["threshold"] = random.uniform(0.1, 0.5, D_SAE)
        weights["b_enc"] = b_enc + weights["threshold"]
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.astype(np.float32) for name, weight in weights.items()}, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(sae_config(architecture, subtracts), indent=2), encoding="utf-8")


def firing_biases(before: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Encoder biases that lie midway between two activations, so that no firing hangs on rounding."""
    share = random.uniform(0.02, 0.6, D_SAE)
    count = np.maximum(2, (share * len(before)).astype(int))
    count[ONCE], count[MOSTLY] = 1, len(before) - 6
    descending = -np.sort(-before, axis=0)
    feature = np.arange(D_SAE)
    bias: np.ndarray = -(descending[count - 1, feature] + descending[count, feature]) / 2
    bias[DEAD] = -100
    bias[ALWAYS] = 1 - descending[-1, ALWAYS]
    return bias


def sae_config(architecture: str, subtracts: bool) -> dict[str, object]:
    """What SAELens 6 writes as ``cfg.json``."""
    return {
        "architecture": architecture,
        "d_in": D_MLP,
        "d_sae": D_SAE,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": subtracts,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {"model_name": "tiny", "hook_name": HOOK, "hook_head_index": None, "prepend_bos": True},
    }
