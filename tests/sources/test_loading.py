"""Models that cannot be loaded as they are."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from featviz.errors import InputError
from featviz.sources.model import LanguageModel
from tests.tiny import Tiny


@pytest.fixture
def folder(files: Tiny, tmp_path: Path) -> Path:
    """A model that a test may damage."""
    return Path(shutil.copytree(files.model, tmp_path / "model"))


def refusal(name: Path | str, **options: str) -> str:
    with pytest.raises(InputError) as refused:
        LanguageModel.load(str(name), **options)
    return str(refused.value)


def configure(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def reweigh(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("name", ["./nothing", "/nothing/here", "a/b/c"])
def test_a_missing_folder_is_named(name: str) -> None:
    assert "there is no such folder. Expected a Hugging Face name or a folder with config.json" in refusal(name)


def test_a_file_is_no_model(folder: Path) -> None:
    assert "it is a file" in refusal(folder / "model.safetensors")


def test_a_folder_without_config_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert f"{folder} has no config.json" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"garbage", b"[]", b"{}", b"\xff\x00"])
def test_a_config_that_names_no_model_is_refused(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    assert f'Cannot load the model "{folder}"' in refusal(folder)


@pytest.mark.parametrize(
    "changes",
    [{"model_type": "nothing"}, {"n_embd": "x"}, {"n_head": 3}, {"activation_function": "nothing"}],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    configure(folder, **changes)
    assert f'Cannot load the model "{folder}"' in refusal(folder)


def test_missing_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "model.safetensors" in refusal(folder)


@pytest.mark.parametrize("kept", [0, 100, -500])
def test_cut_weights_are_refused(folder: Path, kept: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    assert f'Cannot load the model "{folder}"' in refusal(folder)


def test_a_missing_weight_is_named_and_never_made_up(folder: Path) -> None:
    reweigh(folder, lambda weights: weights.pop("transformer.h.0.mlp.c_fc.weight"))
    assert "transformer.h.0.mlp.c_fc.weight (missing)" in refusal(folder)


def test_a_layer_that_the_files_do_not_hold_is_named_and_never_made_up(folder: Path) -> None:
    configure(folder, n_layer=2)
    message = refusal(folder)
    assert "transformer.h.1.attn.c_attn.bias (missing)" in message
    assert "; and 8 more." in message


def test_a_weight_of_another_shape_is_named_with_both_shapes(folder: Path) -> None:
    configure(folder, vocab_size=250)
    message = refusal(folder)
    assert "lm_head.weight (mismatch)" in message
    assert "[300, 16]" in message
    assert "[250, 16]" in message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_no_number_is_named(folder: Path, value: float) -> None:
    reweigh(folder, lambda weights: weights["transformer.wte.weight"].__setitem__((3, 4), value))
    assert "holds NaN or infinite values in transformer.wte.weight" in refusal(folder)


def test_a_folder_without_tokenizer_is_refused(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    assert "has no tokenizer" in refusal(folder)


@pytest.mark.parametrize("content", [b"garbage", b"{}"])
def test_a_damaged_tokenizer_is_refused(folder: Path, content: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(content)
    assert f'Cannot load the model "{folder}"' in refusal(folder)


def test_an_unknown_processing_is_refused(folder: Path) -> None:
    assert 'processing is "fold", expected one of none, folded' in refusal(folder, processing="fold")


@pytest.mark.parametrize("device", ["", "tpu", "meta", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(folder: Path, device: str) -> None:
    assert f'device is "{device}", which torch cannot use here' in refusal(folder, device=device)


def test_half_precision_is_read_as_float32(folder: Path) -> None:
    configure(folder, dtype="float16")
    assert str(next(LanguageModel.load(str(folder)).bridge.original_model.parameters()).dtype) == "torch.float32"


def test_the_folder_may_be_the_one_we_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert LanguageModel.load(".").name == "model"
