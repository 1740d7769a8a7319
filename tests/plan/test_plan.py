"""The plan of a build: sizes from headers, sums that follow the settings, and what does not fit."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from featviz.cli import main
from featviz.errors import BundleError, InputError
from featviz.plan import Plan, expect, make_plan, plan, rates
from featviz.plan.estimate import estimate
from featviz.plan.rates import Rates, measure_rates
from featviz.plan.report import document, lines
from featviz.plan.shapes import ModelShape, SaeShape, sae_shape
from featviz.settings import Settings
from featviz.site.hosts import HOSTS
from featviz.sources import hub

RATES = Rates(flops=1e11, exponentials=1e9, products=1e8, compressed=2e7, steps=1e5)
CONFIG = {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 2, "n_embd": 64, "n_inner": 256,
    "n_head": 4, "n_positions": 128, "vocab_size": 5000,
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A model and an SAE of which only headers are there to be read, and 8,192 ids."""
    model, sae = tmp_path / "model", tmp_path / "sae"
    model.mkdir()
    sae.mkdir()
    (model / "config.json").write_text(json.dumps(CONFIG))
    (sae / "cfg.json").write_text(json.dumps({"hook_name": "blocks.1.mlp.hook_post", "activation": {"k": 12}}))
    save_file({"W_enc": np.zeros((256, 1024), np.float32), "b_enc": np.zeros(1024)}, sae / "sae_weights.safetensors")
    np.save(tmp_path / "ids.npy", np.zeros((64, 128), np.int32))
    return Settings(model=str(model), sae=str(sae), tokens=str(tmp_path / "ids.npy"), out=str(tmp_path / "out"))


@pytest.fixture
def planned(settings: Settings) -> Callable[..., Plan]:
    """The plan with some settings changed, at rates that are no machine's."""
    return lambda l0=None, **changed: make_plan(replace(settings, **changed), l0, RATES)


def test_sizes_come_from_the_headers(planned: Callable[..., Plan]) -> None:
    shapes = planned().shapes
    assert shapes.model == ModelShape(2, 64, 256, 5000, 128)
    assert shapes.saes == {"A": SaeShape(256, 1024, 12, True, elementwise=False)}
    assert (shapes.sequences, shapes.context) == (64, 128)


@pytest.mark.parametrize("suffix", [".npz", ".pt"])
def test_other_formats_have_headers_too(tmp_path: Path, suffix: str) -> None:
    import torch

    file = tmp_path / f"params{suffix}"
    if suffix == ".npz":
        np.savez(file, W_enc=np.zeros((8, 32)), b_enc=np.zeros(32))
    else:
        torch.save({"encoder.weight": torch.zeros(32, 8)}, file)
    assert sae_shape(file, "blocks.0.hook_resid_post", None) == SaeShape(8, 32, 32 / 256, False)


def test_what_is_no_sae_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no matrix"):
        sae_shape(tmp_path, "", None)
    with pytest.raises(InputError, match="Expected a folder, a file"):
        sae_shape(tmp_path / "google" / "scope", "", None)


def test_an_sae_of_the_hub_is_downloaded_as_a_build_would(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(name: str) -> hub.Downloaded:
        asked.append(name)
        return hub.Downloaded(Path(settings.saes()["A"]), "1234")

    monkeypatch.setattr(hub, "download", download)
    found = make_plan(replace(settings, sae="google/scope/layer_1"), None, RATES)
    assert found.shapes.saes["A"].d_sae == 1024
    assert asked == ["google/scope/layer_1"]


@pytest.mark.parametrize("name", ["sae/sae_weights.safetensors", "sae/params.npz", "sae/ae.pt", "ids.npy"])
def test_half_a_file_is_told(settings: Settings, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x00\x00\x00half")
    with pytest.raises(InputError, match=name):
        make_plan(settings, None, RATES)


def test_a_configuration_that_is_no_json_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sae" / "cfg.json").write_text('{"hook_name":')
    with pytest.raises(InputError, match="is not JSON"):
        make_plan(settings, None, RATES)


def test_a_name_that_no_sae_can_have_is_told(settings: Settings) -> None:
    with pytest.raises(BundleError, match="'no name' cannot name an SAE"):
        make_plan(replace(settings, sae=f"no name={settings.sae}"), None, RATES)


def test_what_is_missing_is_told(settings: Settings) -> None:
    with pytest.raises(InputError, match="--tokens is missing"):
        make_plan(replace(settings, tokens=""), None, RATES)


def test_firings_follow_the_density(planned: Callable[..., Plan]) -> None:
    assert planned(l0=3.0).work["A"].firings == 8192 * 3
    assert planned().work["A"].firings == 8192 * 12


def test_encoding_grows_with_tokens_and_features(planned: Callable[..., Plan]) -> None:
    whole, half = planned().work["A"], planned(max_tokens=4096).work["A"]
    assert whole.flops["capture"] == 2 * 8192 * 256 * 1024 == 2 * half.flops["capture"]


def test_only_chosen_features_have_dashboards(planned: Callable[..., Plan]) -> None:
    few = planned(features="0-31")
    assert (few.work["A"].features, few.work["A"].chunks) == (32, 32)
    assert planned().work["A"].chunks == 64
    assert few.estimate.site < planned().estimate.site


def test_more_windows_take_more(planned: Callable[..., Plan]) -> None:
    assert planned(top=0, bottom=0, per_interval=1).estimate.site < planned().estimate.site
    assert planned(window="full").work["A"].shown == planned().work["A"].windows * 128


def test_exact_effects_cost_more(planned: Callable[..., Plan]) -> None:
    assert planned(effect="exact").estimate.total > planned().estimate.total


def test_what_does_not_fit_is_named(planned: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(planned().misfits()) == []
    monkeypatch.setattr(plan, "free_bytes", lambda place: 10)
    monkeypatch.setattr(plan, "available_bytes", lambda: 10)
    monkeypatch.setattr(plan, "HOSTS", {"small": replace(HOSTS["github"], total=5, files=7)})
    found = [misfit.split(":")[0] for misfit in planned().misfits()]
    assert found == ["disk", "memory", "GitHub Pages", "GitHub Pages"]


def test_the_report_names_every_stage(planned: Callable[..., Plan]) -> None:
    text = "\n".join(lines(planned()))
    assert all(stage in text for stage in ("capture", "neighbours A", "logits A", "effects A", "write A"))
    assert "1,024 dashboards in 64 chunks" in text
    assert "Everything fits" in text


def test_the_document_can_be_read_again(planned: Callable[..., Plan]) -> None:
    found = json.loads(json.dumps(document(planned())))
    assert found["estimate"]["total_seconds"] == pytest.approx(planned().estimate.total)


def test_rates_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "SECONDS", 0.01)
    found = measure_rates()
    assert min(found.flops, found.exponentials, found.products, found.compressed, found.steps) > 0


def test_products_and_exponentials_of_a_device_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rates._device_rates("cpu", 0.01, time.perf_counter)
    monkeypatch.setattr(rates, "_device_rates", lambda *of: {"flops": 1e15, "exponentials": 1e12})
    assert min(found.values()) > 0
    assert (measure_rates(0.01, device="cuda").flops, measure_rates(0.01, device="cuda").exponentials) == (1e15, 1e12)


def test_a_long_build_is_worth_measuring_a_short_one_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[float] = []

    def measure(seconds: float, device: str) -> Rates:
        measured.append(seconds)
        return RATES

    monkeypatch.setattr(expect, "measure_rates", measure)
    assert expect.expectation(settings) is not None
    assert measured == []
    monkeypatch.setattr(expect, "LONG_SECONDS", 0.0)
    assert expect.expectation(settings) is not None
    assert measured == [expect.MEASURED_SECONDS]


def test_what_fires_changes_what_is_expected(settings: Settings) -> None:
    expected = expect.expectation(settings, RATES)
    assert expected is not None
    assert expected({"A": 2.0})["effects A"] < expected({"A": 20.0})["effects A"]


def test_few_firings_are_screened_where_the_processor_can(planned: Callable[..., Plan], settings: Settings) -> None:
    shapes = planned().shapes
    work = planned(l0=2.0).work
    fast = replace(RATES, screened=10 * RATES.flops)
    screened, dense = (
        estimate(replace(shapes, saes={"A": SaeShape(256, 1024, 2.0, True, elementwise)}), work, settings, fast)
        for elementwise in (True, False)
    )
    assert screened.seconds["capture"] < dense.seconds["capture"]


def test_the_command_takes_the_options_of_build(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "measure_rates", lambda device: RATES)
    options = [f"--model={settings.model}", f"--sae={settings.sae}", f"--tokens={settings.tokens}", "--max-tokens=1024"]
    result = CliRunner().invoke(main, ["plan", *options, "--json"])
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    assert content["shapes"]["sequences"] == 8
