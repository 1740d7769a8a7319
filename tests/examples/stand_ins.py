"""Small checkpoints under the names of real ones, in the folder where we stand; and a model of many thin layers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import GPT2Config, GPT2LMHeadModel

from tests.tiny import Tiny, make_tokenizer

D_MODEL, D_SAE, LAYERS = 8, 12, 21


def weights(d_in: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = {"W_enc": (d_in, D_SAE), "b_enc": (D_SAE,), "W_dec": (D_SAE, d_in), "b_dec": (d_in,)}
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def deep_model(folder: Path) -> None:
    """A model of 21 thin layers."""
    make_tokenizer(folder)
    config = GPT2Config(vocab_size=300, n_positions=32, n_embd=D_MODEL, n_layer=LAYERS, n_head=1, n_inner=16)
    torch.manual_seed(0)
    model: Any = GPT2LMHeadModel(config)
    model.save_pretrained(folder)


def gelu_1l(files: Tiny) -> None:
    shutil.copytree(files.model, "NeelNanda/GELU_1L512W_C4_Code")
    Path("NeelNanda/sparse_autoencoder").mkdir()
    for run in (25, 47):
        place = Path("NeelNanda/sparse_autoencoder") / f"{run}.pt"
        torch.save({name: torch.from_numpy(value) for name, value in weights(32).items()}, place)
        place.with_name(f"{run}_cfg.json").write_text('{"d_mlp": 32, "dict_mult": 1}', encoding="utf-8")


def gpt2_small(files: Tiny) -> None:
    deep_model(Path("gpt2"))
    for layer in (5, 8):
        saelens(Path(f"jbloom/GPT2-Small-SAEs-Reformatted/blocks.{layer}.hook_resid_pre"))


def saelens(folder: Path) -> None:
    """A folder as SAELens wrote it at first, named by its hook."""
    folder.mkdir(parents=True)
    save_file(weights(D_MODEL), folder / "sae_weights.safetensors")
    config = {"model_name": "gpt2-small", "hook_point": folder.name, "d_in": D_MODEL, "d_sae": D_SAE}
    (folder / "cfg.json").write_text(json.dumps(config), encoding="utf-8")


def gemma_scope_2b(files: Tiny) -> None:
    deep_model(Path("google/gemma-2-2b"))
    folder = Path("google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71")
    folder.mkdir(parents=True)
    np.savez(folder / "params.npz", **weights(D_MODEL), threshold=np.full(D_SAE, 0.5, np.float32))  # type: ignore[arg-type]


def transcoder(files: Tiny) -> None:
    deep_model(Path("HuggingFaceTB/SmolLM2-135M"))
    skip_transcoder(Path("EleutherAI/skip-transcoder-SmolLM2-135M-128x/layers.8.mlp"))


def skip_transcoder(folder: Path) -> None:
    """A folder as sparsify writes it."""
    folder.mkdir(parents=True)
    stored = weights(D_MODEL)
    named = {"encoder.weight": np.ascontiguousarray(stored["W_enc"].T), "encoder.bias": stored["b_enc"]}
    skip = {"W_skip": np.eye(D_MODEL, dtype=np.float32)}
    save_file({**named, "W_dec": stored["W_dec"], "b_dec": stored["b_dec"], **skip}, folder / "sae.safetensors")
    config = {"d_in": D_MODEL, "k": 4, "transcode": True, "skip_connection": True, "activation": "topk"}
    (folder / "cfg.json").write_text(json.dumps(config), encoding="utf-8")
