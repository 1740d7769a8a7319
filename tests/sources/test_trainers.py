"""Every format against its trainer's own numbers, which ``tests/trainers/write.py`` took down."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from featviz.sources.readers import read_sae
from featviz.sources.sae import SparseAutoencoder
from tests.tiny import Tiny
from tests.trainers.write import DATA, HOOK, K

FOLDERS = sorted(path.parent for path in DATA.rglob("expected.npz"))
MLP_IN, MLP_OUT = "blocks.0.mlp.hook_in", "blocks.0.mlp.hook_out"


def name_of(folder: Path) -> str:
    return folder.relative_to(DATA).parts[0]


def read(name: str) -> SparseAutoencoder:
    return read_sae(next(folder for folder in FOLDERS if name_of(folder) == name))


def expected(folder: Path, name: str) -> torch.Tensor:
    with np.load(folder / "expected.npz", allow_pickle=False) as values:
        return torch.from_numpy(values[name])


def test_there_are_checkpoints_of_three_trainers() -> None:
    writers = {str(np.load(folder / "expected.npz")["written_by"]).split()[0] for folder in FOLDERS}
    assert writers == {"sae-lens", "dictionary-learning", "eai-sparsify"}


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_activations_are_the_trainers(folder: Path) -> None:
    found, wanted = read_sae(folder).encode(expected(folder, "x")), expected(folder, "activations")
    assert bool((wanted > 0).any())
    assert not bool((wanted > 0).all())
    assert torch.equal(found > 0, wanted > 0)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_what_the_features_write_is_the_trainers_output(folder: Path) -> None:
    sae, x = read_sae(folder), expected(folder, "x")
    written = expected(folder, "activations") @ sae.W_dec + sae.b_dec
    if "skip" in name_of(folder):
        written += x @ load_file(next(folder.glob("*.safetensors")))["W_skip"].mT
    torch.testing.assert_close(written, expected(folder, "output"), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "architecture"),
    [
        ("saelens_standard", "relu"),
        ("saelens_gated", "gated"),
        ("saelens_batchtopk", "jumprelu"),
        ("saelens_skip_transcoder", "relu"),
        ("dictionary_learning_AutoEncoder", "relu"),
        ("dictionary_learning_GatedAutoEncoder", "gated"),
        ("dictionary_learning_BatchTopKSAE", "jumprelu"),
        ("sparsify_groupmax", "groupmax"),
    ],
)
def test_the_architecture_at_inference(name: str, architecture: str) -> None:
    assert read(name).architecture == architecture


def test_top_k_keeps_its_k() -> None:
    names = ("saelens_topk", "dictionary_learning_AutoEncoderTopK", "sparsify_topk")
    assert [read(name).k for name in names] == [K, K, K]


@pytest.mark.parametrize(
    ("name", "read_hook", "write_hook"),
    [
        ("saelens_standard", HOOK, HOOK),
        ("saelens_jumprelu_transcoder", HOOK, "blocks.0.hook_mlp_out"),
        ("dictionary_learning_AutoEncoder", HOOK, HOOK),
        ("sparsify_topk", HOOK, HOOK),
        ("sparsify_skip_transcoder", MLP_IN, MLP_OUT),
    ],
)
def test_the_hooks_come_from_the_checkpoint(name: str, read_hook: str, write_hook: str) -> None:
    sae = read(name)
    assert (sae.read_hook, sae.write_hook) == (read_hook, write_hook)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_trainers_read_the_models_weights_as_they_are(folder: Path) -> None:
    assert read_sae(folder).processing == "none"


def test_a_config_that_says_nothing_leaves_the_weights_open(files: Tiny) -> None:
    assert read_sae(files.sae_a).processing is None
