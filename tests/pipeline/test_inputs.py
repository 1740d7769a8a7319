"""Inputs that must fit each other."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from featviz.errors import InputError
from featviz.pipeline.inputs import Given, load_inputs
from featviz.settings import Settings
from featviz.sources.tokens import TokenOptions, Tokens, from_documents
from tests.comparison import settings_of
from tests.tiny import TEXT, Tiny


def refusal(settings: Settings) -> str:
    with pytest.raises(InputError) as refused:
        load_inputs(settings)
    return str(refused.value)


def test_everything_that_is_missing_is_named() -> None:
    assert "--model and --sae and --tokens are missing" in refusal(Settings())


def test_one_missing_setting_is_named(files: Tiny) -> None:
    assert "--tokens is missing" in refusal(settings_of(files, tokens=""))


def test_text_that_is_not_there_is_told_before_anything_is_loaded(files: Tiny) -> None:
    assert "Tokens nowhere.txt do not exist" in refusal(settings_of(files, model="nowhere", tokens="nowhere.txt"))


def test_the_second_sae_is_optional(files: Tiny) -> None:
    assert list(load_inputs(settings_of(files, sae_b="")).saes) == ["A"]


def test_several_saes_have_the_names_that_they_are_given(files: Tiny) -> None:
    several = (str(files.sae_a), f"L0-48={files.sae_b}", str(files.sae_a))
    saes = load_inputs(settings_of(files, sae=several, sae_b="")).saes
    assert {name: sae.source for name, sae in saes.items()} == {"A": "sae_a", "L0-48": "sae_b", "C": "sae_a"}


def test_a_hook_stands_in_for_the_saes_own(files: Tiny) -> None:
    inputs = load_inputs(settings_of(files, hook="blocks.0.mlp.hook_post"))
    assert {sae.read_hook for sae in inputs.saes.values()} == {"blocks.0.mlp.hook_post"}


def test_a_hook_of_another_width_is_refused(files: Tiny) -> None:
    message = refusal(settings_of(files, hook="blocks.0.hook_resid_post"))
    assert "d_in=32 (W_enc [32, 48], W_dec [48, 32]), but blocks.0.hook_resid_post has width 16" in message
    assert "blocks.0.mlp.hook_post?" in message


def test_a_hook_without_a_way_to_the_logits_is_refused(files: Tiny) -> None:
    assert "No direct path from hook" in refusal(settings_of(files, hook="blocks.0.mlp.hook_pre"))


def test_text_is_cut_to_what_the_model_can_read(files: Tiny, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert load_inputs(settings_of(files, tokens=str(tmp_path / "a.txt"), context=10**9)).tokens.context == 32


def test_sequences_longer_than_the_model_can_read_are_refused(files: Tiny, tmp_path: Path) -> None:
    np.save(tmp_path / "long.npy", np.full((2, 33), 5))
    message = refusal(settings_of(files, tokens=str(tmp_path / "long.npy")))
    assert "long.npy has 33 tokens a sequence, but model reads at most 32" in message


def test_tokens_of_another_vocabulary_are_refused(files: Tiny, tmp_path: Path) -> None:
    np.save(tmp_path / "high.npy", np.full((2, 8), 300))
    assert "the model has d_vocab=300" in refusal(settings_of(files, tokens=str(tmp_path / "high.npy")))


def test_a_reader_stands_in_for_the_tokens_setting(files: Tiny) -> None:
    def reader(tokenizer: Any, options: TokenOptions) -> Tokens:
        return from_documents("mine", [TEXT], tokenizer, options)

    assert load_inputs(settings_of(files, tokens=""), Given(tokens=reader)).tokens.name == "mine"


def test_the_models_files_have_their_hashes(files: Tiny) -> None:
    hashes = load_inputs(settings_of(files)).model_files
    assert hashes is not None
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= hashes.keys()


def test_folders_may_be_named_from_where_we_stand(files: Tiny, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(files.sae_a, tmp_path / "sae")
    monkeypatch.chdir(tmp_path / "sae")
    assert load_inputs(settings_of(files, sae=".", sae_b="")).saes["A"].source == "sae"


def says(folder: Path, center_writing_weights: bool) -> str:
    """An SAE folder that says which weights it was trained on."""
    path = folder / "cfg.json"
    passed = {"center_writing_weights": center_writing_weights}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_from_pretrained_kwargs": passed}))
    return str(folder)


@pytest.mark.parametrize(("centred", "processing"), [(True, "folded"), (False, "none")])
def test_the_model_is_processed_as_the_sae_says(files: Tiny, tmp_path: Path, centred: bool, processing: str) -> None:
    sae = says(Path(shutil.copytree(files.sae_a, tmp_path / "sae")), centred)
    assert load_inputs(settings_of(files, sae=sae)).model.processing == processing


def test_a_given_processing_wins(files: Tiny, tmp_path: Path) -> None:
    sae = says(Path(shutil.copytree(files.sae_a, tmp_path / "sae")), True)
    assert load_inputs(settings_of(files, sae=sae, processing="none")).model.processing == "none"


def test_saes_of_different_weights_are_refused(files: Tiny, tmp_path: Path) -> None:
    sae = says(Path(shutil.copytree(files.sae_a, tmp_path / "one")), True)
    other = says(Path(shutil.copytree(files.sae_b, tmp_path / "other")), False)
    assert "differently processed weights: one with folded and other with none" in refusal(
        settings_of(files, sae=sae, sae_b=other)
    )


def test_a_transcoder_keeps_the_hook_that_it_writes_to(files: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(files.sae_a, tmp_path / "sae"))
    weights = load_file(folder / "sae_weights.safetensors")
    narrow = {"W_dec": np.ascontiguousarray(weights["W_dec"][:, :16]), "b_dec": weights["b_dec"][:16]}
    save_file(weights | narrow, folder / "sae_weights.safetensors")
    path = folder / "cfg.json"
    changes = {"architecture": "transcoder", "apply_b_dec_to_input": False, "hook_name_out": "blocks.0.hook_mlp_out"}
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    sae = load_inputs(settings_of(files, sae=str(folder), sae_b="", hook="blocks.0.mlp.hook_post")).saes["A"]
    assert (sae.read_hook, sae.write_hook) == ("blocks.0.mlp.hook_post", "blocks.0.hook_mlp_out")
