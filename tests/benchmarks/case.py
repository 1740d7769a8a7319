"""A seeded case of a real SAE's shape, without a hub: a random model, two random SAEs of a wanted L0, Zipf tokens."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file


@dataclass(frozen=True)
class Shape:
    """Sizes of the case; the defaults are gelu-1l's."""

    d_model: int = 512
    d_mlp: int = 2048
    n_layers: int = 1
    n_heads: int = 8
    d_vocab: int = 48_262
    d_sae: int = 16_384
    sequences: int = 512
    context: int = 128
    l0: float = 46.0

    @property
    def places(self) -> int:
        """Positions, BOS included."""
        return self.sequences * self.context

    def smaller(self, factor: int) -> "Shape":
        """The same model and tokens with a ``factor``-th of the features, as dense as before."""
        return replace(self, d_sae=self.d_sae // factor, l0=self.l0 / factor)


@dataclass(frozen=True)
class Case:
    """Where a case lies."""

    model: Path
    sae_a: Path
    sae_b: Path
    tokens: Path
    shape: Shape

    @property
    def hook(self) -> str:
        """What both SAEs read and write."""
        return f"blocks.{self.shape.n_layers - 1}.mlp.hook_post"


def make_case(folder: Path, shape: Shape, seed: int = 0) -> Case:
    """Write the case into ``folder``; what is there already is used again."""
    case = Case(folder / "model", folder / "sae_a", folder / "sae_b", folder / "tokens.npy", shape)
    if not (case.sae_b / "cfg.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_tokens(case, seed)
        _write_model(case, seed)
        for number, sae in enumerate((case.sae_a, case.sae_b)):
            _write_sae(case, sae, seed + 1 + number)
    return case


def _write_tokens(case: Case, seed: int) -> None:
    """Zipf-distributed ids after a BOS (id 0), as text has them."""
    shape = case.shape
    weight = 1 / (np.arange(1, shape.d_vocab) + 2.7)
    generator = np.random.default_rng(seed)
    ids = 1 + generator.choice(shape.d_vocab - 1, size=(shape.sequences, shape.context), p=weight / weight.sum())
    ids[:, 0] = 0
    np.save(case.tokens, ids.astype(np.int32))


def _write_model(case: Case, seed: int) -> None:
    from tokenizers import Tokenizer, decoders, models
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    shape = case.shape
    torch.manual_seed(seed)
    vocabulary = {"<|endoftext|>": 0} | {f"t{number}": number for number in range(1, shape.d_vocab)}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>")
    config = GPT2Config(
        n_embd=shape.d_model, n_inner=shape.d_mlp, n_layer=shape.n_layers, n_head=shape.n_heads,
        n_positions=shape.context,
        vocab_size=shape.d_vocab, activation_function="gelu", tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, initializer_range=0.05,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(case.model)
    fast.save_pretrained(case.model)


def _write_sae(case: Case, folder: Path, seed: int) -> None:
    """Random unit directions; each feature's bias sets its density, log-normal around the wanted L0."""
    shape = case.shape
    generator = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn((shape.d_sae, shape.d_mlp), generator=generator), dim=-1)
    spread = torch.exp(torch.randn(shape.d_sae, generator=generator))
    density = (spread * (shape.l0 / shape.d_sae / spread.mean())).clamp(max=0.2)
    sample = _activations(case)
    scale = sample.std()
    pre = (sample - sample.mean(0)) @ directions.T / scale
    rank = ((1 - density) * (len(sample) - 1)).long()
    threshold = pre.sort(0).values.gather(0, rank[None])[0]
    folder.mkdir(exist_ok=True)
    encoder = (directions.T / scale).contiguous()
    bias = -threshold - sample.mean(0) @ encoder
    tensors = {"W_enc": encoder, "b_enc": bias, "W_dec": directions * scale, "b_dec": torch.zeros(shape.d_mlp)}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "sae_weights.safetensors")
    config = {
        "architecture": "standard", "d_in": shape.d_mlp, "d_sae": shape.d_sae, "dtype": "float32",
        "hook_name": case.hook, "apply_b_dec_to_input": False, "normalize_activations": "none",
    }  # fmt: skip
    (folder / "cfg.json").write_text(json.dumps(config))


@torch.no_grad()
def _activations(case: Case, sequences: int = 64) -> torch.Tensor:
    """MLP activations [token d_mlp] of the first sequences, BOS left out."""
    from featviz.sources.model import LanguageModel

    ids = torch.from_numpy(np.load(case.tokens)[:sequences].astype(np.int64))
    return LanguageModel.load(str(case.model)).run(ids, [case.hook])[case.hook][:, 1:].flatten(0, 1)
