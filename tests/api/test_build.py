"""Builds from live objects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import featviz
from featviz.errors import InputError
from featviz.pipeline import build as pipeline
from featviz.sources.model import LanguageModel
from featviz.sources.readers import read_sae
from tests.comparison import settings_of
from tests.tiny import HOOK, Tiny


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a site without pages."""
    monkeypatch.setattr(pipeline, "build_site", lambda *arguments: [])
    return tmp_path / "out"


@pytest.fixture(scope="module")
def arrays(files: Tiny) -> dict[str, Any]:
    """SAE A as plain arrays."""
    weights = dict(load_file(files.sae_a / "sae_weights.safetensors"))
    return weights | {"b_in": weights["b_dec"], "read_hook": HOOK}


def test_live_objects_give_what_files_give(
    files: Tiny, model: LanguageModel, arrays: dict[str, Any], out: Path
) -> None:
    from_files = pipeline.build(settings_of(files, features="0-7", out=str(out)))
    tokens, other = torch.from_numpy(np.load(files.tokens)), read_sae(files.sae_b)
    site = featviz.build(model.bridge, [arrays, other], tokens, out=out.with_name("live"), features="0-7")
    assert site.manifest.release == from_files.release


def test_paths_are_taken_as_on_the_command_line(files: Tiny, out: Path) -> None:
    site = featviz.build(files.model, {"mine": files.sae_a}, files.tokens, out=out, features="3", title="Mine")
    assert (list(site.saes), site.manifest.title, site.sae().features) == (["mine"], "Mine", [3])
    assert site.manifest.model.files is not None


def test_the_work_of_other_weights_is_not_taken_for_ones_own(
    files: Tiny, model: LanguageModel, arrays: dict[str, Any], out: Path
) -> None:
    tokens = np.load(files.tokens)
    one = featviz.build(model.bridge, arrays, tokens, out=out, features="3")
    changed = LanguageModel.load(str(files.model))
    weight = next(changed.bridge.parameters())
    weight.data += 0.5
    other = featviz.build(changed.bridge, arrays, tokens, out=out, features="3")
    assert other.manifest.release != one.manifest.release
    again = featviz.build(model.bridge, arrays, tokens, out=out, features="3")
    assert again.manifest.release == one.manifest.release


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": torch.nn.Linear(2, 2)}, "model is a Linear, expected a name, a folder, or a TransformerBridge"),
        ({"saes": []}, "saes is empty"),
        ({"saes": {"A": 3}}, r"saes\['A'\] is a int, expected a place, a featviz.SparseAutoencoder"),
        ({"saes": {"A": {"W_enc": np.ones((2, 2))}}}, r"saes\['A'\] has no b_enc, W_dec, b_dec. It has W_enc"),
        ({"tokens": [1, 2]}, r"tokens holds int64 of shape \[2\], expected integers \[seq pos\]"),
        ({"tokens": np.full((2, 8), 300)}, "tokens holds token ids 300 … 300, but the model has d_vocab=300"),
        ({"topp": 3}, r'build\(\): unknown key "topp". Did you mean top\?'),
        ({"sae_b": "x"}, r'build\(\) takes "sae_b" as one of model, saes, tokens'),
    ],
)
def test_refuses(
    files: Tiny, model: LanguageModel, arrays: dict[str, Any], out: Path, changed: dict[str, Any], message: str
) -> None:
    given = {"model": model.bridge, "saes": arrays, "tokens": np.load(files.tokens), "out": out} | changed
    with pytest.raises(InputError, match=message):
        featviz.build(**given)
    assert not out.exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"read_hook": ""}, "names no hook that it reads"),
        ({"W_dec": np.ones((3, 32))}, r"W_dec has shape \[3, 32\], expected \[48, 32\]"),
        ({"archtecture": "relu"}, "unexpected keyword argument 'archtecture'"),
        ({"architecture": "relo"}, "Did you mean relu"),
        ({"read_hook": "blocks.0.hook_resid_post"}, "d_in=32"),
    ],
)
def test_refuses_tensors(
    files: Tiny, model: LanguageModel, arrays: dict[str, Any], out: Path, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        featviz.build(model.bridge, arrays | changed, np.load(files.tokens), out=out)


def test_a_model_in_half_precision_is_refused(files: Tiny, arrays: dict[str, Any], out: Path) -> None:
    half = LanguageModel.load(str(files.model)).bridge.half()
    with pytest.raises(InputError, match=r"The model is in torch\.float16, expected torch\.float32"):
        featviz.build(half, arrays, np.load(files.tokens), out=out)
