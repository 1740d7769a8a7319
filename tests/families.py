"""Tiny randomly initialised models of five families, and passes through them as Hugging Face runs them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from featviz.sources.model import LanguageModel
from tests.tiny import make_tokenizer

LAYERS, D_MODEL, D_MLP, HEADS, D_HEAD, VOCABULARY = 3, 16, 32, 4, 6, 300
LLAMA_LIKE = {
    "hidden_size": D_MODEL,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": 2,
    "intermediate_size": D_MLP,
    "max_position_embeddings": 32,
}
EVERY = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}


@dataclass(frozen=True)
class Family:
    """How to make a model of the family, and the names of its modules; those of a layer are relative to it."""

    model: type
    config: type
    options: dict[str, Any]
    layers: str
    norm: str
    mlp: str
    """What gives to the residual stream what the MLP writes: the norm after it, where there is one."""
    mlp_write: str
    attention: str
    attention_write: str
    parallel: bool = False
    """The MLP does not read what attention writes."""
    post_norms: bool = False
    """What MLP and attention write is normalised before it is added."""

    @property
    def d_head(self) -> int:
        return self.options.get("head_dim", D_MODEL // HEADS)


FAMILIES = {
    "gpt2": Family(
        GPT2LMHeadModel,
        GPT2Config,
        {"n_positions": 32, "n_embd": D_MODEL, "n_layer": LAYERS, "n_head": HEADS, "n_inner": D_MLP,
         "layer_norm_epsilon": 1e-3},
        "transformer.h", "transformer.ln_f", "mlp", "mlp.c_proj", "attn", "attn.c_proj",
    ),
    "neox": Family(
        GPTNeoXForCausalLM,
        GPTNeoXConfig,
        {key: value for key, value in LLAMA_LIKE.items() if key != "num_key_value_heads"} | {"layer_norm_eps": 1e-3},
        "gpt_neox.layers", "gpt_neox.final_layer_norm", "mlp", "mlp.dense_4h_to_h", "attention", "attention.dense",
        parallel=True,
    ),
    "llama": Family(
        LlamaForCausalLM,
        LlamaConfig,
        LLAMA_LIKE | {"head_dim": D_HEAD, "attention_bias": True, "mlp_bias": True, "rms_norm_eps": 1e-3},
        "model.layers", "model.norm", "mlp", "mlp.down_proj", "self_attn", "self_attn.o_proj",
    ),
    "gemma2": Family(
        Gemma2ForCausalLM,
        Gemma2Config,
        LLAMA_LIKE | {"head_dim": D_HEAD, "query_pre_attn_scalar": D_HEAD, "sliding_window": 8,
                      "final_logit_softcapping": 5.0, "rms_norm_eps": 1e-3},
        "model.layers", "model.norm", "post_feedforward_layernorm", "mlp.down_proj",
        "post_attention_layernorm", "self_attn.o_proj",
        post_norms=True,
    ),
    "qwen2": Family(
        Qwen2ForCausalLM,
        Qwen2Config,
        LLAMA_LIKE | {"tie_word_embeddings": True, "rms_norm_eps": 1e-3},
        "model.layers", "model.norm", "mlp", "mlp.down_proj", "self_attn", "self_attn.o_proj",
    ),
}  # fmt: skip


def make_family(name: str, folder: Path) -> None:
    """Write a model with weights large enough to matter and norms far from the identity, and its tokenizer."""
    family = FAMILIES[name]
    model: Any = family.model(family.config(**family.options, **EVERY))
    generator = torch.Generator().manual_seed(0)
    for parameter, weight in model.named_parameters():
        gain = "norm" in parameter or "ln_" in parameter
        around = 1.0 if gain and parameter.endswith("weight") and name != "gemma2" else 0.0
        weight.data = torch.randn(weight.shape, generator=generator) * 0.4 + around
    model.save_pretrained(folder)
    make_tokenizer(folder)


@dataclass(frozen=True)
class Case:
    """A family's model behind the bridge, and as it is."""

    family: Family
    folder: Path
    processing: str = "none"

    @cached_property
    def model(self) -> LanguageModel:
        return LanguageModel.load(str(self.folder), self.processing)

    @cached_property
    def plain(self) -> Any:
        return self.family.model.from_pretrained(self.folder).double().eval()  # type: ignore[attr-defined]

    def layer(self, number: int) -> Any:
        return self.plain.get_submodule(f"{self.family.layers}.{number}")


def module_of(family: Family, part: str) -> tuple[str, str]:
    """The module of a layer, and which side of it, that a hook stands for."""
    return {
        "hook_resid_pre": ("", "input"),
        "hook_resid_post": ("", "output"),
        "hook_mlp_out": (f".{family.mlp}", "output"),
        "mlp.hook_out": (f".{family.mlp}", "output"),
        "mlp.hook_post": (f".{family.mlp_write}", "input"),
        "hook_attn_out": (f".{family.attention}", "output"),
        "attn.hook_z": (f".{family.attention_write}", "input"),
    }[part]


def log_probs(case: Case, ids: Tensor, module: str, side: str, taken: Tensor) -> Tensor:
    """A forward pass with something taken out of one module's input or output. [seq pos d_vocab]"""

    def before(_: Any, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (args[0] - taken, *args[1:])

    def after(_: Any, args: Any, output: Any) -> Any:
        return (output[0] - taken, *output[1:]) if isinstance(output, tuple) else output - taken

    place = case.plain.get_submodule(module)
    handle = place.register_forward_pre_hook(before) if side == "input" else place.register_forward_hook(after)
    with torch.no_grad():
        result: Tensor = case.plain(ids).logits.log_softmax(-1)
    handle.remove()
    return result
