"""What a build says of inputs that it takes but that look like a mistake."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from featviz.bundle.checks.check import check
from featviz.capture import Firings
from featviz.pipeline import build as module
from featviz.pipeline.build import build
from featviz.pipeline.doubts import doubts
from featviz.pipeline.inputs import Given, load_inputs
from featviz.sources.model import LanguageModel
from tests.comparison import settings_of
from tests.tiny import D_SAE, Tiny

NEVER_SILENT = Firings(np.array([0, 1]), np.zeros(1, np.int64), np.ones(1, np.float32))


@pytest.fixture
def sae(files: Tiny, tmp_path: Path) -> Path:
    """An SAE that a test may change."""
    return Path(shutil.copytree(files.sae_a, tmp_path / "mine"))


@pytest.fixture(autouse=True)
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "build_site", lambda *args: [])


def said(files: Tiny, sae: Path, capsys: pytest.CaptureFixture[str], processing: str = "") -> str:
    """What a build with this SAE says."""
    out = sae.with_name("out")
    build(settings_of(files, sae=str(sae), sae_b="", out=str(out), processing=processing))
    assert check(out).whole
    return " ".join(capsys.readouterr().err.split())


def test_a_dead_sae_is_built_and_told(files: Tiny, sae: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sae / "sae_weights.safetensors"
    save_file(load_file(path) | {"b_enc": np.full(D_SAE, -1000, np.float32)}, path)
    told = said(files, sae, capsys)
    assert f"SAE A (mine) never fires: all of its {D_SAE} features are dead on these tokens." in told


def test_an_sae_that_fires_is_not_doubted(files: Tiny, sae: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "SAE A (mine)" not in said(files, sae, capsys)


def test_weights_that_the_sae_was_not_trained_on_are_told(
    files: Tiny, sae: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((sae / "cfg.json").read_text()) | {"model_from_pretrained_kwargs": {"fold_ln": True}}
    (sae / "cfg.json").write_text(json.dumps(config))
    assert "trained on weights with processing folded, but the model is loaded with none" in said(
        files, sae, capsys, processing="none"
    )


def test_a_tokenizer_that_knows_few_of_the_models_tokens_is_told(files: Tiny) -> None:
    model = LanguageModel.load(str(files.model))
    inputs = load_inputs(settings_of(files), Given(model=model))
    assert list(doubts(inputs, dict.fromkeys(inputs.saes, NEVER_SILENT))) == []
    model.bridge.tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"a": 0, "b": 1, "c": 2}, unk_token="a"))
    )
    (told,) = doubts(inputs, dict.fromkeys(inputs.saes, NEVER_SILENT))
    assert told.startswith("The tokenizer of model knows ")
    assert told.endswith("tokens, but the model has d_vocab=300. Is the tokenizer another model's?")
