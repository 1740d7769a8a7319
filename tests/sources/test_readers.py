"""Recognising a checkpoint, the formats that no package writes, and files that are not what they should be."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from featviz.errors import InputError
from featviz.sources.readers import read_sae
from tests.trainers.write import DATA

D_IN, D_SAE = 6, 12
GEMMA = "gemma-scope-2b-pt-{}/layer_3/width_16k/average_l0_71"


def tensors(d_in: int = D_IN) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    shapes = {"W_enc": (d_in, D_SAE), "b_enc": (D_SAE,), "W_dec": (D_SAE, d_in), "b_dec": (d_in,)}
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}


def gemma_scope(folder: Path, **changed: np.ndarray) -> Path:
    folder.mkdir(parents=True)
    weights: dict[str, Any] = {name: tensor.numpy() for name, tensor in tensors().items()}
    np.savez(folder / "params.npz", **{**weights, "threshold": np.full(D_SAE, 0.5, np.float32), **changed})
    return folder


def one_layer(folder: Path, number: int = 25, d_in: int = D_IN, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(tensors(d_in), folder / f"{number}.pt")
    (folder / f"{number}_cfg.json").write_text(json.dumps(config or {"d_mlp": d_in, "dict_mult": 2}))
    return folder


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A dictionary_learning folder that a test may damage."""
    return Path(shutil.copytree(DATA / "dictionary_learning_AutoEncoder", tmp_path / "sae"))


def refusal(place: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_sae(place)
    return str(refused.value)


def test_a_folder_of_no_known_format_says_what_it_holds_and_what_was_looked_for(tmp_path: Path) -> None:
    for name in ("model.bin", "cfg.json"):
        (tmp_path / name).touch()
    message = refusal(tmp_path)
    assert "not an SAE in a format that featviz reads. It holds cfg.json, model.bin." in message
    assert "cfg.json and sae_weights.safetensors (SAELens)" in message
    assert "N.pt and N_cfg.json" in message


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert "It holds nothing." in refusal(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sae.bin").touch()
    assert "sae.bin is not an SAE in a format that featviz reads. Looked for" in refusal(tmp_path / "sae.bin")


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    assert "nowhere does not exist. Expected a folder with cfg.json and" in refusal(tmp_path / "nowhere")


def test_a_checkpoint_is_named_after_its_folder_with_hashes_of_its_files(trained: Path) -> None:
    sae = read_sae(trained)
    assert (sae.source, sorted(sae.files)) == ("sae", ["ae.pt", "config.json"])
    assert all(len(digest) == 64 for digest in sae.files.values())


def test_a_given_hook_stands_for_both(trained: Path) -> None:
    sae = read_sae(trained, "blocks.1.hook_mlp_out")
    assert (sae.read_hook, sae.write_hook) == ("blocks.1.hook_mlp_out", "blocks.1.hook_mlp_out")


def test_a_given_hook_leaves_a_transcoder_its_own_write_hook() -> None:
    sae = read_sae(DATA / "saelens_jumprelu_transcoder", "blocks.0.ln2.hook_out")
    assert (sae.read_hook, sae.write_hook) == ("blocks.0.ln2.hook_out", "blocks.0.hook_mlp_out")


def test_a_given_write_hook_is_taken() -> None:
    assert read_sae(DATA / "saelens_jumprelu_transcoder", write_hook="blocks.1.hook_mlp_out").write_hook == (
        "blocks.1.hook_mlp_out"
    )


def test_a_transcoder_of_an_unknown_module_needs_both_hooks(tmp_path: Path) -> None:
    folder = shutil.copytree(DATA / "sparsify_transcoder" / "layers.0.mlp", tmp_path / "mine")
    assert "Give one with --hook" in refusal(folder)
    with pytest.raises(InputError, match="Give one with --write-hook"):
        read_sae(folder, "blocks.0.mlp.hook_in")


@pytest.mark.parametrize(
    ("site", "read_hook", "write_hook"),
    [
        ("res", "blocks.3.hook_resid_post", "blocks.3.hook_resid_post"),
        ("mlp", "blocks.3.hook_mlp_out", "blocks.3.hook_mlp_out"),
        ("att", "blocks.3.attn.hook_z", "blocks.3.attn.hook_z"),
        ("transcoders", "blocks.3.mlp.hook_in", "blocks.3.hook_mlp_out"),
    ],
)
def test_gemma_scope_reads_its_hook_off_its_path(tmp_path: Path, site: str, read_hook: str, write_hook: str) -> None:
    sae = read_sae(gemma_scope(tmp_path / GEMMA.format(site)))
    assert (sae.read_hook, sae.write_hook) == (read_hook, write_hook)


def test_gemma_scope_is_jumprelu_without_an_input_bias(tmp_path: Path) -> None:
    sae, x = read_sae(gemma_scope(tmp_path / GEMMA.format("res"))), torch.randn(20, D_IN)
    weights = tensors()
    pre = x @ weights["W_enc"] + weights["b_enc"]
    torch.testing.assert_close(sae.encode(x), pre * (pre > 0.5))


def test_gemma_scope_is_read_from_its_file_too(tmp_path: Path) -> None:
    file = gemma_scope(tmp_path / "sae") / "params.npz"
    assert read_sae(file, "blocks.0.hook_resid_post").architecture == "jumprelu"


def test_gemma_scope_transcoders_name_weights_with_a_small_letter(tmp_path: Path) -> None:
    folder = gemma_scope(tmp_path / GEMMA.format("transcoders"))
    with np.load(folder / "params.npz") as stored:
        renamed = {name.replace("W_", "w_"): stored[name] for name in stored}
    np.savez(folder / "params.npz", **renamed)
    assert read_sae(folder).d_sae == D_SAE


def test_the_first_runs_read_the_neurons_of_one_layer(tmp_path: Path) -> None:
    sae = read_sae(one_layer(tmp_path))
    assert (sae.architecture, sae.read_hook, sae.processing) == ("relu", "blocks.0.mlp.hook_post", "folded")
    assert sae.b_in is not None


def test_later_runs_name_their_hook(tmp_path: Path) -> None:
    assert read_sae(one_layer(tmp_path, act_name="blocks.1.hook_mlp_out")).read_hook == "blocks.1.hook_mlp_out"


def test_a_folder_of_several_runs_asks_for_one(tmp_path: Path) -> None:
    one_layer(tmp_path, 25)
    one_layer(tmp_path, 47)
    assert "holds several SAEs: 25.pt, 47.pt. Name one of these files" in refusal(tmp_path)
    assert read_sae(tmp_path / "47.pt").source == "47"


class Trap:
    """Says when it is unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return spring, ()


def spring() -> None:
    Trap.sprung = True


def test_a_pickle_is_refused_and_not_run(trained: Path) -> None:
    torch.save({"encoder": Trap()}, trained / "ae.pt")
    message = refusal(trained)
    assert "ae.pt holds pickled objects beside tensors, or is damaged; it is not opened" in message
    assert "save its state_dict() alone" in message
    assert not Trap.sprung


def test_a_bare_pickle_is_refused(trained: Path) -> None:
    (trained / "ae.pt").write_bytes(pickle.dumps(Trap()))
    assert "ae.pt holds pickled objects" in refusal(trained)
    assert not Trap.sprung


def test_a_pickle_in_an_npz_is_refused_and_not_run(tmp_path: Path) -> None:
    folder = gemma_scope(tmp_path / "sae", W_enc=np.array([Trap()], dtype=object))
    assert "params.npz is not a whole .npz file of numbers" in refusal(folder)
    assert not Trap.sprung


@pytest.mark.parametrize("kept", [0, 10, 500])
@pytest.mark.parametrize("place", ["dictionary_learning_AutoEncoder/ae.pt", "sparsify_topk/layers.0/sae.safetensors"])
def test_half_a_download_is_told(tmp_path: Path, place: str, kept: int) -> None:
    folder = Path(shutil.copytree((DATA / place).parent, tmp_path / "layers.0"))
    file = folder / Path(place).name
    file.write_bytes(file.read_bytes()[:kept])
    assert str(file) in refusal(folder)


@pytest.mark.parametrize("kept", [0, 10, 500])
def test_half_an_npz_is_told(tmp_path: Path, kept: int) -> None:
    file = gemma_scope(tmp_path / "sae") / "params.npz"
    file.write_bytes(file.read_bytes()[:kept])
    assert "params.npz is not a whole .npz file of numbers" in refusal(file)


def test_a_pointer_is_not_the_weights(trained: Path) -> None:
    (trained / "ae.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n")
    assert "is a Git LFS pointer, not the weights" in refusal(trained)


def test_a_list_of_tensors_is_no_state_dict(trained: Path) -> None:
    torch.save([torch.zeros(2)], trained / "ae.pt")
    assert "ae.pt holds list, expected a state dict" in refusal(trained)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_tensor_that_is_no_number_is_named_as_its_file_names_it(trained: Path, value: float) -> None:
    weights = torch.load(trained / "ae.pt", weights_only=True)
    weights["encoder.weight"][3, 2] = value
    torch.save(weights, trained / "ae.pt")
    assert "encoder.weight holds NaN or infinite values" in refusal(trained)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "change",
    [
        lambda tensor: tensor.to_sparse(),
        lambda tensor: tensor.to_sparse_csr(),
        lambda tensor: tensor.to("meta"),
        lambda tensor: tensor.to(torch.complex64),
        lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
        lambda tensor: tensor[:1, :1].expand(10**7, 10**7),
    ],
    ids=["sparse", "csr", "meta", "complex", "quantized", "expanded"],
)
def test_a_tensor_of_a_special_kind_is_refused(trained: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Each may stand in a state dict; the last would be 400 TB."""
    weights = torch.load(trained / "ae.pt", weights_only=True)
    torch.save(weights | {"encoder.weight": change(weights["encoder.weight"])}, trained / "ae.pt")
    assert "encoder.weight is a tensor of a special kind" in refusal(trained)


def test_a_missing_tensor_is_named(trained: Path) -> None:
    weights = torch.load(trained / "ae.pt", weights_only=True)
    del weights["bias"]
    torch.save(weights, trained / "ae.pt")
    assert "lacks bias; it holds decoder.weight, encoder.bias, encoder.weight" in refusal(trained)


def test_shapes_that_do_not_go_together_are_told(trained: Path) -> None:
    weights = torch.load(trained / "ae.pt", weights_only=True)
    torch.save(weights | {"encoder.bias": torch.zeros(5)}, trained / "ae.pt")
    assert "b_enc has shape [5], expected [12] to go with W_enc [6, 12]" in refusal(trained)


def configure(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def test_an_unknown_class_names_the_nearest(trained: Path) -> None:
    configure(trained / "config.json", '"AutoEncoder"', '"GatedAutoEncoderr"')
    message = refusal(trained)
    assert 'dict_class "GatedAutoEncoderr" is not known' in message
    assert message.endswith("Did you mean GatedAutoEncoder?")


def test_another_name_of_the_place_needs_a_hook(trained: Path) -> None:
    configure(trained / "config.json", "resid_post_layer_0", "model.layers.0")
    assert "names no hook that it reads. Give one with --hook" in refusal(trained)
    assert read_sae(trained, "blocks.0.hook_resid_post").read_hook == "blocks.0.hook_resid_post"


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """A sparsify folder that a test may change."""
    return Path(shutil.copytree(DATA / "sparsify_topk" / "layers.0", tmp_path / "layers.0"))


@pytest.mark.parametrize(
    ("module", "hook"),
    [
        ("layers.7", "blocks.7.hook_resid_post"),
        ("h.7.mlp", "blocks.7.mlp.hook_out"),
        ("layers.7.attention", "blocks.7.attn.hook_out"),
        ("gpt_neox.layers.7.mlp", "blocks.7.mlp.hook_out"),
    ],
)
def test_sparsify_folders_are_named_after_modules(sparse: Path, module: str, hook: str) -> None:
    assert read_sae(sparse.rename(sparse.with_name(module))).read_hook == hook


def test_signed_activations_are_refused(sparse: Path) -> None:
    configure(sparse / "cfg.json", "{", '{"signed": true, ')
    assert "negative activations are not supported" in refusal(sparse)


def test_an_unknown_activation_is_refused(sparse: Path) -> None:
    configure(sparse / "cfg.json", '"topk"', '"top2"')
    assert 'activation "top2" is not known. Expected one of topk, groupmax.' in refusal(sparse)


def test_groups_must_divide_the_features(sparse: Path) -> None:
    configure(sparse / "cfg.json", '"topk"', '"groupmax"')
    configure(sparse / "cfg.json", '"k": 3', '"k": 5')
    assert "k is 5, which does not divide 12 features" in refusal(sparse)
