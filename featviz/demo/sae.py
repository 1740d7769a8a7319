"""The demo's own small SAE: a batch-top-k autoencoder in training, a JumpReLU one on disk.

Only the recipe and its quality table use this class. Featviz itself reads the folders as it reads anybody's SAE.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from featviz.demo import HOOK
from featviz.demo.contexts import CONTEXT_SIZE

D_SAE = 2048


class JumpReluSae(nn.Module):
    """x [seq d_in] -> activations [seq d_sae] -> reconstruction [seq d_in]."""

    threshold: torch.Tensor

    def __init__(self, d_in: int, d_sae: int) -> None:
        super().__init__()
        self.W_enc = nn.Parameter(torch.zeros(d_in, d_sae))
        self.b_enc = nn.Parameter(torch.zeros(d_sae))
        self.W_dec = nn.Parameter(torch.zeros(d_sae, d_in))
        self.b_dec = nn.Parameter(torch.zeros(d_in))
        self.register_buffer("threshold", torch.zeros(d_sae))

    def pre_activations(self, x: torch.Tensor) -> torch.Tensor:
        """What the nonlinearity sees, [seq d_sae]."""
        return (x - self.b_dec) @ self.W_enc + self.b_enc

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Activations [seq d_sae]: zero, or above the threshold."""
        pre = self.pre_activations(x)
        return pre * (pre > self.threshold)

    def decode(self, activations: torch.Tensor) -> torch.Tensor:
        """The reconstruction [seq d_in]."""
        return activations @ self.W_dec + self.b_dec

    def save(self, folder: Path, training_notes: dict[str, Any]) -> None:
        """Write a SAELens folder in float16."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = {name: tensor.detach().half().contiguous() for name, tensor in self.state_dict().items()}
        save_file(weights, folder / "sae_weights.safetensors")
        (folder / "cfg.json").write_text(json.dumps(self._saelens_config(training_notes), indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "JumpReluSae":
        """Read a folder that `save` wrote, as float32."""
        weights = {name: tensor.float() for name, tensor in load_file(folder / "sae_weights.safetensors").items()}
        sae = cls(*weights["W_enc"].shape)
        sae.load_state_dict(weights)
        return sae

    def _saelens_config(self, training_notes: dict[str, Any]) -> dict[str, Any]:
        d_in, d_sae = self.W_enc.shape
        return {
            "architecture": "jumprelu",
            "d_in": d_in,
            "d_sae": d_sae,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": True,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {
                "hook_name": HOOK,
                "hook_head_index": None,
                "model_name": "python-1l",
                "model_class_name": "GPT2LMHeadModel",
                "model_from_pretrained_kwargs": {},
                "weight_processing": "none",
                "context_size": CONTEXT_SIZE,
                "prepend_bos": True,
                "dataset_path": "python-standard-library",
                "training": training_notes,
            },
        }
