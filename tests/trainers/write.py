"""Writes ``tests/trainers/data``: run once for each trainer, in an environment that has it and nothing of featviz.

    python tests/trainers/write.py saelens               # pip install sae-lens
    python tests/trainers/write.py dictionary_learning   # pip install dictionary-learning
    python tests/trainers/write.py sparsify              # pip install eai-sparsify

Every checkpoint is a folder as the trainer writes it, with ``expected.npz`` beside it: the inputs ``x``, and the
``activations`` and ``output`` of the SAE after the trainer has loaded it from the folder.
"""

import json
import sys
import types
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

DATA = Path(__file__).parent / "data"
D_IN, D_SAE, D_OUT, K, TOKENS = 6, 12, 5, 3, 16
HOOK = "blocks.0.hook_resid_post"


def expect(folder: Path, package: str, activations: torch.Tensor, output: torch.Tensor) -> None:
    values: dict[str, Any] = {
        "x": inputs().numpy(),
        "activations": activations.detach().numpy(),
        "output": output.detach().numpy(),
    }
    np.savez_compressed(folder / "expected.npz", written_by=f"{package} {metadata.version(package)}", **values)


def inputs() -> torch.Tensor:
    return torch.randn(TOKENS, D_IN, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def randomise(module: torch.nn.Module) -> None:
    """Every parameter at random, so that no convention hides behind a zero or a one."""
    random = torch.Generator().manual_seed(2)
    for name, parameter in module.named_parameters():
        scale = 0.2 if parameter.ndim == 1 else 0.5
        parameter.copy_(torch.randn(parameter.shape, generator=random) * scale)
        if name == "threshold":
            parameter.abs_()


def write_saelens() -> None:
    from sae_lens import SAE
    from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
    from sae_lens.saes.gated_sae import GatedSAE, GatedSAEConfig
    from sae_lens.saes.jumprelu_sae import JumpReLUSAE, JumpReLUSAEConfig
    from sae_lens.saes.sae import SAEMetadata
    from sae_lens.saes.standard_sae import StandardSAE, StandardSAEConfig
    from sae_lens.saes.topk_sae import TopKSAE, TopKSAEConfig
    from sae_lens.saes.transcoder import (
        JumpReLUTranscoder,
        JumpReLUTranscoderConfig,
        SkipTranscoder,
        SkipTranscoderConfig,
    )

    kwargs: dict[str, Any] = {"d_in": D_IN, "d_sae": D_SAE}
    across = kwargs | {"d_out": D_OUT, "apply_b_dec_to_input": False}
    saes: dict[str, Callable[[Any], Any]] = {
        "standard": lambda meta: StandardSAE(StandardSAEConfig(**kwargs, metadata=meta)),
        "standard_raw_input": lambda meta: StandardSAE(
            StandardSAEConfig(**kwargs, apply_b_dec_to_input=False, metadata=meta)
        ),
        "jumprelu": lambda meta: JumpReLUSAE(JumpReLUSAEConfig(**kwargs, metadata=meta)),
        "gated": lambda meta: GatedSAE(GatedSAEConfig(**kwargs, metadata=meta)),
        "topk": lambda meta: TopKSAE(TopKSAEConfig(**kwargs, k=K, rescale_acts_by_decoder_norm=False, metadata=meta)),
        "topk_by_decoder_norm": lambda meta: TopKSAE(
            TopKSAEConfig(**kwargs, k=K, rescale_acts_by_decoder_norm=True, metadata=meta)
        ),
        "batchtopk": lambda meta: BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**kwargs, k=K, metadata=meta)),
        "skip_transcoder": lambda meta: SkipTranscoder(SkipTranscoderConfig(**across, metadata=meta)),
        "jumprelu_transcoder": lambda meta: JumpReLUTranscoder(JumpReLUTranscoderConfig(**across, metadata=meta)),
    }
    for name, make in saes.items():
        out = {"hook_name_out": "blocks.0.hook_mlp_out"} if "transcoder" in name else {}
        sae = make(SAEMetadata(model_name="tiny", hook_name=HOOK, model_from_pretrained_kwargs={}, **out))
        randomise(sae)
        folder = DATA / f"saelens_{name}"
        if name == "batchtopk":
            sae.topk_threshold = torch.tensor(0.4, dtype=sae.topk_threshold.dtype)
            sae.save_inference_model(folder)
            sae.save_model(DATA / "saelens_batchtopk_in_training")
        else:
            sae.save_model(folder)
        loaded = SAE.load_from_disk(folder)
        expect(folder, "sae-lens", loaded.encode(inputs()), loaded(inputs()))
        if name == "batchtopk":
            expect(DATA / "saelens_batchtopk_in_training", "sae-lens", loaded.encode(inputs()), loaded(inputs()))


def write_dictionary_learning() -> None:
    stand_in = types.ModuleType("nnsight")  # the package imports it for its data; its SAEs do without
    stand_in.LanguageModel = object  # type: ignore[attr-defined]
    sys.modules.setdefault("nnsight", stand_in)
    from dictionary_learning.dictionary import AutoEncoder, AutoEncoderNew, GatedAutoEncoder, JumpReluAutoEncoder
    from dictionary_learning.trainers.batch_top_k import BatchTopKSAE
    from dictionary_learning.trainers.matryoshka_batch_top_k import MatryoshkaBatchTopKSAE
    from dictionary_learning.trainers.top_k import AutoEncoderTopK
    from dictionary_learning.utils import load_dictionary

    saes = [
        AutoEncoder(D_IN, D_SAE),
        AutoEncoderNew(D_IN, D_SAE),
        GatedAutoEncoder(D_IN, D_SAE),
        JumpReluAutoEncoder(D_IN, D_SAE),
        AutoEncoderTopK(D_IN, D_SAE, K),
        BatchTopKSAE(D_IN, D_SAE, K),
        MatryoshkaBatchTopKSAE(D_IN, D_SAE, K, [4, 8]),
    ]
    for sae in saes:
        randomise(sae)
        if isinstance(sae, BatchTopKSAE | MatryoshkaBatchTopKSAE):
            sae.threshold.fill_(0.4)
        name = type(sae).__name__
        folder = DATA / f"dictionary_learning_{name}"
        folder.mkdir(parents=True, exist_ok=True)
        trainer = {"dict_class": name, "activation_dim": D_IN, "dict_size": D_SAE, "k": K, "layer": 0}
        config = {"trainer": trainer | {"lm_name": "tiny", "submodule_name": "resid_post_layer_0"}}
        (folder / "config.json").write_text(json.dumps(config, indent=4))
        torch.save(sae.state_dict(), folder / "ae.pt")
        loaded, _ = load_dictionary(str(folder), device="cpu")
        expect(folder, "dictionary-learning", loaded.encode(inputs()), loaded(inputs()))


def write_sparsify() -> None:
    from sparsify import SparseCoder
    from sparsify.config import SparseCoderConfig

    saes = {
        "topk/layers.0": SparseCoderConfig(num_latents=D_SAE, k=K),
        "groupmax/layers.0": SparseCoderConfig(num_latents=D_SAE, k=K, activation="groupmax"),
        "transcoder/layers.0.mlp": SparseCoderConfig(num_latents=D_SAE, k=K, transcode=True),
        "skip_transcoder/layers.0.mlp": SparseCoderConfig(num_latents=D_SAE, k=K, transcode=True, skip_connection=True),
    }
    for name, config in saes.items():
        sae = SparseCoder(D_IN, config)
        randomise(sae)
        folder = DATA / f"sparsify_{name}"
        sae.save_to_disk(folder)
        loaded = SparseCoder.load_from_disk(folder)
        top, index, _ = loaded.encode(inputs())
        activations = torch.zeros(TOKENS, D_SAE).scatter_(-1, index, top)
        expect(folder, "eai-sparsify", activations, loaded(inputs()).sae_out)


if __name__ == "__main__":
    WRITERS = {
        "saelens": write_saelens,
        "dictionary_learning": write_dictionary_learning,
        "sparsify": write_sparsify,
    }
    WRITERS[sys.argv[1]]()
