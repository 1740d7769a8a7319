"""Models as TransformerLens's authors published them, gelu-1l among them, with files that stand for the hub's."""

import json
from pathlib import Path

import huggingface_hub
import pytest
import torch

from featviz.bundle.checks.check import check
from featviz.errors import InputError
from featviz.pipeline import build as pipeline
from featviz.settings import Settings
from featviz.sources import model as module
from featviz.sources.model import LanguageModel
from tests.sources.test_readers import one_layer
from tests.tiny import TEXT, make_tokenizer

GELU_1L = "NeelNanda/GELU_1L512W_C4_Code"
D_MODEL, D_MLP, HEADS, D_HEAD, D_VOCAB, CONTEXT = 16, 32, 2, 8, 300, 32

transformer_lens = pytest.importorskip("transformer_lens.model_bridge.sources.tl_legacy", reason="TransformerLens 3")


def state() -> dict[str, torch.Tensor]:
    """Weights by the names that a HookedTransformer has for them."""
    random = torch.Generator().manual_seed(0)
    head = (HEADS, D_MODEL, D_HEAD)
    shapes: dict[str, tuple[int, ...]] = {
        "embed.W_E": (D_VOCAB, D_MODEL),
        "pos_embed.W_pos": (CONTEXT, D_MODEL),
        **{f"blocks.0.attn.W_{name}": head for name in "QKV"},
        **{f"blocks.0.attn.b_{name}": (HEADS, D_HEAD) for name in "QKV"},
        "blocks.0.attn.W_O": (HEADS, D_HEAD, D_MODEL),
        "blocks.0.attn.b_O": (D_MODEL,),
        **{f"{norm}.{name}": (D_MODEL,) for norm in ("blocks.0.ln1", "blocks.0.ln2", "ln_final") for name in "wb"},
        "blocks.0.mlp.W_in": (D_MODEL, D_MLP),
        "blocks.0.mlp.b_in": (D_MLP,),
        "blocks.0.mlp.W_out": (D_MLP, D_MODEL),
        "blocks.0.mlp.b_out": (D_MODEL,),
        "unembed.W_U": (D_MODEL, D_VOCAB),
        "unembed.b_U": (D_VOCAB,),
    }
    return {name: torch.randn(shape, generator=random) * 0.4 for name, shape in shapes.items()}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository's files."""
    make_tokenizer(tmp_path / "tokenizer")
    config = {
        "d_model": D_MODEL,
        "n_layers": 1,
        "d_mlp": D_MLP,
        "d_head": D_HEAD,
        "n_heads": HEADS,
        "n_ctx": CONTEXT,
        "d_vocab": D_VOCAB,
        "act_fn": "gelu",
        "attn_only": False,
        "normalization": "LN",
        "tokenizer_name": str(tmp_path / "tokenizer"),
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    torch.save(state(), tmp_path / "model_final.pth")
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda repository, name, **_: str(tmp_path / name))
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", lambda *_, **__: ["config.json", "model_final.pth"])
    return tmp_path


@pytest.mark.parametrize("name", [GELU_1L, "gelu-1l"])
@pytest.mark.parametrize("processing", ["none", "folded"])
def test_it_is_booted_by_its_name_or_short_name(hub: Path, name: str, processing: str) -> None:
    model = LanguageModel.load(name, processing)
    assert (model.name, model.n_layers, model.d_vocab, model.revision) == (GELU_1L, 1, D_VOCAB, None)
    assert model.hook_width("blocks.0.mlp.hook_post") == D_MLP
    model.readout()  # compares its logits with the model's own


def test_its_neurons_are_those_of_its_weights(hub: Path) -> None:
    """Neurons of the first position, computed by hand: attention sees that position alone."""
    weights, token = {name: weight.double() for name, weight in state().items()}, 7

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return torch.layer_norm(x, (D_MODEL,), weights[f"{name}.w"], weights[f"{name}.b"], eps=1e-5)

    residual = weights["embed.W_E"][token] + weights["pos_embed.W_pos"][0]
    value = torch.einsum("d,hde->he", norm(residual, "blocks.0.ln1"), weights["blocks.0.attn.W_V"])
    value = value + weights["blocks.0.attn.b_V"]
    mixed = torch.einsum("he,hed->d", value, weights["blocks.0.attn.W_O"]) + weights["blocks.0.attn.b_O"]
    before = norm(residual + mixed, "blocks.0.ln2") @ weights["blocks.0.mlp.W_in"] + weights["blocks.0.mlp.b_in"]
    hook = "blocks.0.mlp.hook_post"
    found = LanguageModel.load("gelu-1l").run(torch.tensor([[token, 3]]), [hook])[hook][0, 0]
    torch.testing.assert_close(found.double(), torch.nn.functional.gelu(before), rtol=1e-4, atol=1e-5)


def test_a_site_of_it_is_built(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "build_site", lambda *arguments: [])
    sae, text, out = one_layer(hub / "saes", d_in=D_MLP) / "25.pt", hub / "text.txt", hub / "out"
    text.write_text(TEXT, encoding="utf-8")
    manifest = pipeline.build(Settings(model="gelu-1l", sae=str(sae), tokens=str(text), out=str(out)))
    assert (manifest.model.name, manifest.model.processing) == (GELU_1L, "folded")
    assert check(out).problems == []


def test_other_short_names_stay_where_transformerlens_knows_none() -> None:
    assert module._full_name("no-such-model") == "no-such-model"
    assert module._full_name("gpt2-small") == "gpt2"


def test_a_transformerlens_that_cannot_read_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformer_lens.model_bridge import sources

    monkeypatch.delattr(sources, "boot_tl_legacy")
    with pytest.raises(InputError, match="in a form that TransformerLens reads from version 4 on"):
        LanguageModel.load("gelu-1l")
