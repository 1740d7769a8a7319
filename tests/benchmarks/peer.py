"""Run in the environment of sae_vis or SAEDashboard, on the case of our benchmark: ``PYTHON -I peer.py CASE OUT``.

It knows nothing of featviz. On stdout, as JSON: the peer's name, the features that it takes in one batch, and of a few
calls their features, CPU seconds and bytes written. All before the last two calls are there for what is done only once.
"""

import json
import os
import resource
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any

Call = Callable[[list[int], Path], None]
"""Writes the dashboards of some features into a file."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "WANDB_MODE": "disabled"}


def main(case: Path, out: Path) -> dict[str, Any]:
    """Make the calls of the peer that is installed here."""
    found = next((peer for peer in PEERS if find_spec(peer.module)), None)
    if found is None:
        raise SystemExit(f"{sys.executable} has none of {', '.join(peer.package for peer in PEERS)}.")
    call, calls = found.prepare(case, out), []
    for first, end in zip(accumulate(found.sizes, initial=0), accumulate(found.sizes), strict=False):
        file = out / f"{first}-{end}"
        before = cpu_seconds()
        call(list(range(first, end)), file)
        calls.append({"features": end - first, "cpu": cpu_seconds() - before, "bytes": file.stat().st_size})
    return {"name": f"{found.package} {version(found.package)}", "batch": found.batch, "calls": calls}


def cpu_seconds() -> float:
    """User and system, of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_model(folder: Path) -> Any:
    """The case's model as a HookedTransformer, with the defaults of ``from_pretrained``, which asks the hub."""
    from sae_lens import HookedSAETransformer
    from transformer_lens import HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

    model, end = GPT2LMHeadModel.from_pretrained(folder), "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), bos_token=end, eos_token=end, pad_token=end, unk_token=end
    )
    said = model.config
    config = HookedTransformerConfig(
        n_layers=said.n_layer, d_model=said.n_embd, n_ctx=said.n_positions, n_heads=said.n_head,
        d_head=said.n_embd // said.n_head, d_mlp=said.n_inner, d_vocab=said.vocab_size,
        act_fn=said.activation_function, eps=said.layer_norm_epsilon, normalization_type="LN", device="cpu",
    )  # fmt: skip
    hooked = HookedSAETransformer(config)
    hooked.load_and_process_state_dict(convert_gpt2_weights(model, config))
    hooked.tokenizer = tokenizer
    return hooked


def read_tokens(case: Path) -> Any:
    """Ids [seq pos]."""
    import numpy as np
    import torch

    return torch.from_numpy(np.load(case / "tokens.npy")).long()


def prepare_dashboard(case: Path, out: Path) -> Call:
    """As its runner for Neuronpedia does it, batch by batch, with the defaults of that."""
    from sae_dashboard import components_config as parts
    from sae_dashboard.layout import SaeVisLayoutConfig
    from sae_dashboard.neuronpedia.neuronpedia_converter import NeuronpediaConverter
    from sae_dashboard.neuronpedia.neuronpedia_runner_config import NeuronpediaRunnerConfig
    from sae_dashboard.sae_vis_data import SaeVisConfig
    from sae_dashboard.sae_vis_runner import SaeVisRunner
    from sae_lens import SAE

    model, sae, tokens = read_model(case / "model"), SAE.load_from_disk(case / "sae_a", device="cpu"), read_tokens(case)
    run = NeuronpediaRunnerConfig("case", str(case), str(out), n_prompts_total=len(tokens))
    shown = parts.SequencesConfig(
        stack_mode="stack-all", buffer=None, compute_buffer=True, n_quantiles=run.n_quantiles,
        top_acts_group_size=run.top_acts_group_size, quantile_group_size=run.quantile_group_size,
    )  # fmt: skip
    histograms = (parts.ActsHistogramConfig(), parts.LogitsHistogramConfig())
    column = parts.Column(shown, *histograms, parts.LogitsTableConfig(), parts.FeatureTablesConfig(n_rows=3))
    layout = SaeVisLayoutConfig(columns=[column])
    words = {token: word for word, token in model.tokenizer.get_vocab().items()}

    def call(features: list[int], file: Path) -> None:
        config = SaeVisConfig(
            hook_point=sae.cfg.metadata.hook_name, features=features, minibatch_size_features=len(features),
            minibatch_size_tokens=run.n_prompts_in_forward_pass, feature_centric_layout=layout,
            quantile_feature_batch_size=run.quantile_feature_batch_size, cache_dir=out / "cache",
            ignore_tokens={model.tokenizer.bos_token_id}, verbose=True,
        )  # fmt: skip
        data = SaeVisRunner(config).run(encoder=sae, model=model, tokens=tokens)
        file.write_text(NeuronpediaConverter.convert_to_np_json(model, data, run, words))

    return call


def prepare_vis(case: Path, out: Path) -> Call:
    """With its defaults, and both SAEs."""
    from sae_lens import SAE, SAEConfig
    from sae_vis.data_config_classes import SaeVisConfig
    from sae_vis.data_storing_fns import SaeVisData
    from safetensors.torch import load_file

    model, tokens = read_model(case / "model"), read_tokens(case)

    def read_sae(folder: Path) -> Any:
        said = Namespace(**json.loads((folder / "cfg.json").read_text()))
        config = SAEConfig(
            architecture="standard", d_in=said.d_in, d_sae=said.d_sae, activation_fn_str="relu",
            apply_b_dec_to_input=said.apply_b_dec_to_input, finetuning_scaling_factor=False,
            context_size=tokens.shape[1], model_name="case", hook_name=said.hook_name,
            hook_layer=int(said.hook_name.split(".")[1]), hook_head_index=None, prepend_bos=True, dataset_path="",
            dataset_trust_remote_code=False, normalize_activations=said.normalize_activations, dtype=said.dtype,
            device="cpu", sae_lens_training_version=None,
        )  # fmt: skip
        sae = SAE(config)
        sae.load_state_dict(load_file(folder / "sae_weights.safetensors"))
        return sae

    saes = read_sae(case / "sae_a"), read_sae(case / "sae_b")

    def call(features: list[int], file: Path) -> None:
        data = SaeVisData.create(saes[0], model, tokens, SaeVisConfig(features=features), sae_B=saes[1])
        data.save_feature_centric_vis(str(file))

    return call


PEERS = (
    Namespace(
        module="sae_dashboard", package="sae-dashboard", prepare=prepare_dashboard, batch=256, sizes=(128, 128, 256)
    ),
    Namespace(module="sae_vis", package="sae-vis", prepare=prepare_vis, batch=256, sizes=(8, 64)),
)
"""``batch`` is what it takes at once, and no more than it was measured with."""

if __name__ == "__main__":
    os.environ.update(OFFLINE)
    with redirect_stdout(sys.stderr):
        report = main(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(report))
