"""The readers of SAEs: each file of a checkpoint in turn, beside whole other ones."""

import shutil
from pathlib import Path

import numpy as np

from featviz.sources.readers.recognise import read_sae
from tests.fuzz.targets import Target, encoded, file_reader
from tests.trainers.write import DATA

TRAINED = (
    "saelens_jumprelu",
    "saelens_batchtopk",
    "saelens_gated",
    "dictionary_learning_AutoEncoder",
    "dictionary_learning_BatchTopKSAE",
    "dictionary_learning_MatryoshkaBatchTopKSAE",
    "sparsify_topk",
    "sparsify_groupmax",
    "sparsify_skip_transcoder",
)
"""Checkpoints that their trainers wrote, of every kind."""


def sae_targets(folder: Path) -> list[Target]:
    """Those of every format."""
    made = [one_layer(folder / "one layer"), gemma_scope(folder / "gemma scope")]
    written = [next(path.parent for path in (DATA / name).rglob("expected.npz")) for name in TRAINED]
    return [target for whole in [*written, *made] for target in _targets(whole, folder)]


def _targets(whole: Path, folder: Path) -> list[Target]:
    """One for each file of a checkpoint."""
    name = whole.relative_to(DATA if whole.is_relative_to(DATA) else folder).parts[0]
    targets = []
    for file in sorted(path for path in whole.iterdir() if path.name != "expected.npz"):
        beside = folder / f"{name}, {file.name}" / whole.parent.name / whole.name
        shutil.copytree(whole, beside, ignore=shutil.ignore_patterns("expected.npz"))
        reader = file_reader(beside / file.name, lambda path: read_sae(path.parent))
        targets.append(Target(f"{name}/{file.name}", [file.read_bytes()], reader))
    return targets


def one_layer(folder: Path) -> Path:
    """A run of the first SAEs of all: a state dict and its configuration."""
    import torch

    folder.mkdir(parents=True)
    shapes = {"W_enc": (4, 6), "b_enc": (6,), "W_dec": (6, 4), "b_dec": (4,)}
    torch.save({name: torch.ones(shape) for name, shape in shapes.items()}, folder / "25.pt")
    (folder / "25_cfg.json").write_bytes(encoded({"d_mlp": 4, "dict_mult": 1.5}))
    return folder


def gemma_scope(folder: Path) -> Path:
    """Arrays in numpy's own file, in a folder whose name says where it reads."""
    place = folder / "gemma-scope-2b-pt-res" / "layer_3"
    place.mkdir(parents=True)
    shapes = {"W_enc": (4, 6), "b_enc": (6,), "W_dec": (6, 4), "b_dec": (4,), "threshold": (6,)}
    arrays = {name: np.ones(shape, dtype=np.float32) for name, shape in shapes.items()}
    np.savez(place / "params.npz", **arrays)  # type: ignore[arg-type]
    return place
