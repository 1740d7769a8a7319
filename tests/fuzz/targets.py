"""The readers, and whole files to begin with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featviz.bundle.decode import decode_chunk
from featviz.bundle.digests import decode_digests
from featviz.bundle.manifest import decode_manifest
from featviz.bundle.overview import decode_overview
from featviz.bundle.search import read_search
from featviz.labels.labels import Subject, Subjects
from featviz.labels.read import read_labels
from featviz.settings import read_settings
from featviz.sources.readers.recognise import read_sae
from featviz.sources.readers.weights import read_npz, read_torch
from featviz.sources.tokens import TokenOptions, read_tokens
from tests.synthetic import TINY, synthetic_bundle


class Target(NamedTuple):
    """A reader of one kind of file."""

    name: str
    seeds: list[bytes]
    read: Callable[[bytes], object]


class Words:
    """Stands for a tokenizer: a letter is a token."""

    bos_token_id = 0
    all_special_ids = (0,)

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": [1 + ord(letter) % 50 for letter in text]}


def bundle_targets(folder: Path) -> list[Target]:
    """The readers of a bundle's files."""
    synthetic_bundle(folder, features=TINY.d_sae, chunk_size=2, shape=TINY)
    manifest = (folder / "manifest.json").read_bytes()
    release = folder / "data" / decode_manifest(manifest).release
    files = {path.relative_to(release).as_posix(): path.read_bytes() for path in release.rglob("*") if path.is_file()}
    targets = [
        Target("manifest.json", [manifest], decode_manifest),
        Target("digests.json", [files["digests.json"]], decode_digests),
        Target("A/0/0.json.zst", [files["A/0/0.json.zst"]], read_chunk),
        Target("A/overview.zst", [files["A/overview.zst"]], lambda data: decode_overview(data, "A", TINY.d_sae)),
    ]
    for name in ("A/search/vocabulary.json.zst", "A/search/tokens/0/0.zst", "A/search/words/0/0.zst"):
        targets.append(Target(name, [files[name]], search_reader(name, files)))
    return targets


def read_chunk(data: bytes) -> object:
    return decode_chunk(data, "A", 0)


def search_reader(name: str, files: dict[str, bytes]) -> Callable[[bytes], object]:
    """Reads a whole index of which one file is replaced; where a file is asked for that is not there, so be it."""

    def read(data: bytes) -> object:
        return read_search("A", TINY.d_sae, lambda asked: data if asked == name else files.get(asked, b""))

    return read


def input_targets(folder: Path) -> list[Target]:
    """The readers of what a build is made from."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = {"A": {"0": "a label", "3": {"text": "another", "score": 0.5, "source": "me"}}}
    notes = {"format": "featviz-notes", "version": 1, "notes": {"A": {"2": {"star": True, "text": "a note"}}}}
    settings = b'model = "m"\nsae = "a"\ntop = 5\nwindow = "full"\nbos = true\nlabels = "labels.json"\nseed = 7\n'
    np.save(folder / "ids.npy", np.arange(48, dtype=np.int32).reshape(4, 12))
    lines = b'{"text": "a first document, long enough"}\n{"text": "a second"}\n'
    return [
        Target("labels.json", [encoded(labels), encoded(notes)], file_reader(folder / "labels.json", labels_of)),
        Target("featviz.toml", [settings], file_reader(folder / "featviz.toml", read_settings)),
        Target("tokens.npy", [(folder / "ids.npy").read_bytes()], file_reader(folder / "tokens.npy", tokens_of)),
        Target("tokens.jsonl", [lines], file_reader(folder / "tokens.jsonl", tokens_of)),
        Target("tokens.txt", [b"some text that is long enough\n" * 3], file_reader(folder / "tokens.txt", tokens_of)),
        *sae_targets(folder),
        *checkpoint_targets(folder),
    ]


def encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def file_reader(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def write_and_read(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return write_and_read


def labels_of(path: Path) -> object:
    return read_labels(path, Subjects.of([Subject("A", TINY.d_sae)]))


def tokens_of(path: Path) -> object:
    return read_tokens(path, Words(), TokenOptions(context=8, limit=64))


def sae_targets(folder: Path) -> list[Target]:
    """Both files of a SAELens folder, each beside a whole other one."""
    from safetensors.numpy import save

    config = {"architecture": "jumprelu", "d_in": 4, "d_sae": 6, "hook_name": "blocks.0.mlp.hook_post", "k": 2}
    shapes = {"W_enc": (4, 6), "b_enc": (6,), "W_dec": (6, 4), "b_dec": (4,), "threshold": (6,)}
    weights = save({name: np.ones(shape, dtype=np.float32) for name, shape in shapes.items()})
    targets = []
    for name, seed, other in (
        ("cfg.json", encoded(config), weights),
        ("sae_weights.safetensors", weights, encoded(config)),
    ):
        sae = folder / f"sae of {name}"
        sae.mkdir()
        (sae / ("sae_weights.safetensors" if name == "cfg.json" else "cfg.json")).write_bytes(other)
        targets.append(Target(name, [seed], file_reader(sae / name, lambda path: read_sae(path.parent))))
    return targets


def checkpoint_targets(folder: Path) -> list[Target]:
    """Weights in torch's and numpy's own files."""
    import torch

    torch.save({"encoder.weight": torch.ones(6, 4), "b_dec": torch.zeros(4)}, folder / "whole.pt")
    np.savez(folder / "whole.npz", W_enc=np.ones((4, 6), dtype=np.float32), b_enc=np.zeros(6))
    return [
        Target("ae.pt", [(folder / "whole.pt").read_bytes()], file_reader(folder / "ae.pt", read_torch)),
        Target("params.npz", [(folder / "whole.npz").read_bytes()], file_reader(folder / "params.npz", read_npz)),
    ]
