"""The SAELens reader: folders of every version, and folders that are not whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from featviz.errors import InputError
from featviz.sources.readers import read_sae
from tests.tiny import D_MLP, D_SAE, HOOK, Tiny

Change = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def folder(files: Tiny, tmp_path: Path) -> Path:
    """A standard SAE that a test may damage."""
    return Path(shutil.copytree(files.sae_a, tmp_path / "sae"))


def configure(folder: Path, **changes: Any) -> None:
    """Change keys of ``cfg.json``; ``...`` removes one."""
    path = folder / "cfg.json"
    config = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}), encoding="utf-8")


def reweigh(folder: Path, **changes: Change | None) -> None:
    """Change tensors; ``None`` removes one."""
    path = folder / "sae_weights.safetensors"
    weights = load_file(path)
    for name, change in changes.items():
        if change is None:
            del weights[name]
        else:
            weights[name] = np.ascontiguousarray(change(weights.get(name, np.zeros(0))))
    save_file(weights, path)


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_sae(folder)
    return str(refused.value)


def test_a_standard_sae(files: Tiny) -> None:
    sae = read_sae(files.sae_a)
    assert (sae.architecture, sae.d_in, sae.d_sae, sae.read_hook, sae.write_hook) == ("relu", D_MLP, D_SAE, HOOK, HOOK)
    assert (sae.source, sorted(sae.files)) == ("sae_a", ["cfg.json", "sae_weights.safetensors"])


def test_a_jumprelu_sae(files: Tiny) -> None:
    sae = read_sae(files.sae_b)
    assert sae.architecture == "jumprelu"
    assert sae.threshold is not None


@pytest.mark.parametrize(
    "keys",
    [
        {"hook_name": "old.hook"},
        {"hook_point": "old.hook"},
        {"metadata": {"hook_name": "old.hook"}},
        {"hook_name": None, "hook_point": "old.hook", "metadata": None},
    ],
    ids=str,
)
def test_the_hook_stands_where_any_version_put_it(folder: Path, keys: dict[str, Any]) -> None:
    configure(folder, metadata={}, **{key: value for key, value in keys.items() if key != "metadata"})
    if "metadata" in keys:
        configure(folder, metadata=keys["metadata"])
    assert read_sae(folder).read_hook == "old.hook"


def test_a_transcoder_writes_to_another_hook(folder: Path) -> None:
    configure(folder, hook_name_out="blocks.0.hook_mlp_out")
    assert read_sae(folder).write_hook == "blocks.0.hook_mlp_out"


@pytest.mark.parametrize(("said", "subtracts"), [(True, True), (False, False), (..., True)])
def test_the_bias_is_taken_from_the_input_unless_the_config_says_no(folder: Path, said: Any, subtracts: bool) -> None:
    configure(folder, apply_b_dec_to_input=said)
    assert (read_sae(folder).b_in is not None) == subtracts


def test_a_top_k_sae(folder: Path) -> None:
    configure(folder, architecture="topk", k=7)
    sae = read_sae(folder)
    assert (sae.architecture, sae.k) == ("topk", 7)


@pytest.mark.parametrize("key", ["activation_fn", "activation_fn_str"])
def test_a_top_k_sae_of_older_versions(folder: Path, key: str) -> None:
    configure(folder, **{key: "topk", "activation_fn_kwargs": {"k": 7}})
    sae = read_sae(folder)
    assert (sae.architecture, sae.k) == ("topk", 7)


def test_another_activation_function_is_refused(folder: Path) -> None:
    configure(folder, activation_fn_str="tanh-relu")
    assert 'activation_fn "tanh-relu" is not known. Expected one of relu, topk.' in refusal(folder)


def test_an_unknown_architecture_names_the_known_ones(folder: Path) -> None:
    configure(folder, architecture="topkk")
    message = refusal(folder)
    assert 'architecture "topkk" is not known. Expected one of standard, relu, jumprelu, topk, gated' in message
    assert message.endswith("Did you mean topk?")


def test_jumprelu_needs_its_thresholds(folder: Path) -> None:
    configure(folder, architecture="jumprelu")
    assert 'needs "threshold", which is missing' in refusal(folder)


@pytest.mark.parametrize(
    ("k", "found"), [(..., "missing"), (None, "missing"), (0, "found 0"), (-3, "found -3"), ("x", '"x"'), (1.5, "1.5")]
)
def test_top_k_needs_its_k(folder: Path, k: Any, found: str) -> None:
    configure(folder, architecture="topk", k=k)
    message = refusal(folder)
    assert found in message
    assert "whole number" in message


@pytest.mark.parametrize("how", ["layer_norm", "constant_norm_rescale", "covariance_whitening"])
def test_a_normalisation_by_the_token_is_refused(folder: Path, how: str) -> None:
    configure(folder, normalize_activations=how)
    assert f'normalize_activations is "{how}", which is not supported: what a feature writes' in refusal(folder)


@pytest.mark.parametrize("how", [True, "expected_average_only_in"])
def test_a_normalisation_by_one_factor_needs_the_factor(folder: Path, how: Any) -> None:
    configure(folder, normalize_activations=how)
    assert "there is no activation_scaler.json" in refusal(folder)


def test_a_factor_of_the_inputs_is_taken_into_the_weights(folder: Path) -> None:
    x = torch.randn(50, D_MLP, generator=torch.Generator().manual_seed(0))
    before = read_sae(folder)
    configure(folder, normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text('{"scaling_factor": 2.5}')
    scaled = read_sae(folder)
    activations = before.encode(2.5 * x)
    torch.testing.assert_close(scaled.encode(x), activations)
    torch.testing.assert_close(
        activations @ scaled.W_dec + scaled.b_dec, (activations @ before.W_dec + before.b_dec) / 2.5
    )


@pytest.mark.parametrize("factor", [0, -1, None])
def test_a_factor_that_cannot_be_is_refused(folder: Path, factor: float | None) -> None:
    configure(folder, normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text(json.dumps({"scaling_factor": factor}))
    assert f"scaling_factor is {factor}, expected a number above 0" in refusal(folder)


def test_a_finetuned_sae_decodes_with_its_factors(folder: Path) -> None:
    before = read_sae(folder)
    reweigh(folder, scaling_factor=lambda w: np.full(D_SAE, 3, np.float32))
    torch.testing.assert_close(read_sae(folder).W_dec, 3 * before.W_dec)


def test_an_sae_of_one_head_is_refused(folder: Path) -> None:
    configure(folder, hook_head_index=2)
    assert "an SAE of a single head is not supported" in refusal(folder)


@pytest.mark.parametrize(
    ("passed", "processing"),
    [
        (..., None),
        ({}, "none"),
        ({"fold_ln": False}, "none"),
        ({"center_writing_weights": True}, "folded"),
        ({"fold_ln": True}, "folded"),
    ],
)
def test_the_weights_that_it_was_trained_on(folder: Path, passed: Any, processing: str | None) -> None:
    configure(folder, model_from_pretrained_kwargs=passed)
    assert read_sae(folder).processing == processing


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hook_name", 7),
        ("metadata", [1]),
        ("architecture", {}),
        ("d_in", "x"),
        ("d_sae", 1.5),
        ("apply_b_dec_to_input", "yes"),
        ("hook_name_out", []),
    ],
)
def test_a_value_of_another_kind_is_refused(folder: Path, key: str, value: Any) -> None:
    configure(folder, **{key: value})
    message = refusal(folder)
    assert str(folder / "cfg.json") in message
    assert f"{key} is {json.dumps(value)}, expected" in message


def test_a_config_of_another_sae_is_refused(folder: Path) -> None:
    configure(folder, d_sae=D_SAE + 1)
    message = refusal(folder)
    assert f"d_sae={D_SAE + 1}" in message
    assert f"its weights have d_sae={D_SAE}" in message


def test_a_config_without_a_hook_is_refused(folder: Path) -> None:
    configure(folder, metadata={})
    assert "names no hook that it reads. Give one with --hook" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"[]", "holds list"), (b"{", "not JSON"), (b"\xff\x00", "not JSON"), (b"[" * 100_000, "not JSON")],
    ids=["list", "cut", "binary", "deep"],
)  # fmt: skip
def test_a_config_that_is_no_json_object_is_refused(folder: Path, content: bytes, expected: str) -> None:
    (folder / "cfg.json").write_bytes(content)
    message = refusal(folder)
    assert expected in message
    assert str(folder / "cfg.json") in message


def test_a_config_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: Any, **options: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", denied)
    assert "cfg.json cannot be read: Permission denied" in refusal(folder)


@pytest.mark.parametrize("kept", [0, 8, 5000])
def test_cut_weights_are_refused(folder: Path, kept: int) -> None:
    path = folder / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    assert f"{path} is not a whole safetensors file" in refusal(folder)


def test_a_missing_tensor_is_named(folder: Path) -> None:
    reweigh(folder, b_dec=None)
    assert "lacks b_dec; it holds W_dec, W_enc, b_enc" in refusal(folder)


@pytest.mark.parametrize("name", ["W_enc", "b_enc", "W_dec", "b_dec"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(folder: Path, name: str, value: float) -> None:
    def damaged(weights: np.ndarray) -> np.ndarray:
        weights.flat[3] = value
        return weights

    reweigh(folder, **{name: damaged})
    assert f"{name} holds NaN or infinite values" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("b_enc", lambda w: w[:-1], f"b_enc has shape [{D_SAE - 1}], expected [{D_SAE}]"),
        ("b_dec", lambda w: w[:-1], f"b_dec has shape [{D_MLP - 1}], expected [{D_MLP}]"),
        ("W_dec", lambda w: w.T, f"W_dec has shape [{D_MLP}, {D_SAE}], expected [{D_SAE}, {D_SAE}]"),
        ("W_dec", lambda w: w[0], f"W_dec has shape [{D_MLP}], expected [{D_SAE}, {D_MLP}]"),
        ("W_dec", lambda w: np.float32(1), "W_dec has shape [1]"),
        ("W_enc", lambda w: w[0], f"W_enc has shape [{D_SAE}], expected [d_in, d_sae]"),
        ("W_enc", lambda w: w[None], f"W_enc has shape [1, {D_MLP}, {D_SAE}], expected [d_in, d_sae]"),
        ("W_enc", lambda w: w[:, :0], f"W_enc has shape [{D_MLP}, 0], expected [d_in, d_sae]"),
    ],
)
def test_wrong_shapes_are_said_beside_the_right_ones(folder: Path, name: str, change: Change, found: str) -> None:
    reweigh(folder, **{name: change})
    assert found in refusal(folder)


def test_weights_of_half_precision_are_read_as_float32(folder: Path) -> None:
    reweigh(folder, W_enc=lambda w: w.astype(np.float16))
    assert str(read_sae(folder).W_enc.dtype) == "torch.float32"


def test_the_folder_may_be_the_one_we_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read_sae(".").source == "sae"


def narrow_output(folder: Path) -> None:
    """Make it a transcoder to a hook of another width."""
    configure(folder, hook_name_out="blocks.0.hook_mlp_out")
    reweigh(folder, W_dec=lambda w: w[:, :16], b_dec=lambda w: w[:16])


def test_a_bias_of_another_width_is_not_taken_from_the_input(folder: Path) -> None:
    narrow_output(folder)
    configure(folder, apply_b_dec_to_input=...)
    assert read_sae(folder).b_in is None


def test_a_bias_of_another_width_cannot_be_taken_from_the_input(folder: Path) -> None:
    narrow_output(folder)
    assert "apply_b_dec_to_input is true, but b_dec has shape [16]" in refusal(folder)
