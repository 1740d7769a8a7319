"""The readers of what a build is made from: settings, tokens, labels and SAEs."""

import gzip
from functools import partial
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from featviz.labels.labels import Subject, Subjects
from featviz.labels.read import read_labels
from featviz.settings import read_settings
from featviz.sources.tokens import TokenOptions, read_tokens
from tests.fuzz.dashboards import dashboard_targets
from tests.fuzz.saes import sae_targets
from tests.fuzz.targets import Target, encoded, file_reader
from tests.synthetic import TINY

SETTINGS = b"""model = "m"
sae = "a"
top = 5
window = "full"
bos = true
labels = "labels.json"
seed = 7
"""
CSV = b"""feature,label,score,source,sae
0,a label,0.5,me,A
1,"of ""two"" lines
it is",,,A
"""


class Words:
    """Stands for a tokenizer: a letter is a token."""

    bos_token_id = 0
    all_special_ids = (0,)

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": [1 + ord(letter) % 50 for letter in text]}


def input_targets(folder: Path) -> list[Target]:
    """All of them, each with a folder of its own below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Target("featviz.toml", [SETTINGS], file_reader(folder / "featviz.toml", read_settings))
    readers = [*token_targets(folder), *label_targets(folder), *dashboard_targets(folder), *sae_targets(folder)]
    return [settings, *readers]


def token_targets(folder: Path) -> list[Target]:
    """Ids and texts."""
    ids = np.arange(48, dtype=np.int32).reshape(4, 12)
    np.save(folder / "ids.npy", ids)
    save_file({"ids": ids}, folder / "ids.safetensors")
    lines = b"""{"text": "a first document, long enough"}
{"text": "a second"}
"""
    seeds = {
        "tokens.npy": (folder / "ids.npy").read_bytes(),
        "tokens.safetensors": (folder / "ids.safetensors").read_bytes(),
        "tokens.jsonl": lines,
        "tokens.txt": b"some text that is long enough\n" * 3,
    }
    return [Target(name, [seed], file_reader(folder / name, tokens_of)) for name, seed in seeds.items()]


def tokens_of(path: Path) -> object:
    return read_tokens(path, Words(), TokenOptions(context=8, limit=64))


def label_targets(folder: Path) -> list[Target]:
    """Labels in every form; delphi's are a folder of files."""
    labels = {"A": {"0": "a label", "3": {"text": "another", "score": 0.5, "source": "me"}}}
    notes = {"format": "featviz-notes", "version": 1, "notes": {"A": {"2": {"star": True, "text": "a note"}}}}
    entry = {"modelId": "m", "layer": "0-mlp", "index": "1", "description": "a text", "scores": [{"value": 0.5}]}
    lines = b"".join(encoded(entry | {"index": str(index)}) + b"\n" for index in range(3))
    seeds = {
        "labels.json": [encoded(labels), encoded(notes), encoded([entry]), encoded({"explanations": [entry]})],
        "labels.csv": [CSV],
        "batch-0.jsonl": [lines],
        "batch-0.jsonl.gz": [gzip.compress(lines)],
    }
    targets = [Target(name, each, file_reader(folder / name, labels_of)) for name, each in seeds.items()]
    return [*targets, *delphi_targets(folder / "delphi")]


def delphi_targets(folder: Path) -> list[Target]:
    name = "layers.0.mlp_latent1.txt"
    examples = encoded([{"activating": True, "prediction": True}, {"activating": False, "prediction": None}])
    targets = []
    for kind, seed in (("explanations", b'''"a text"'''), ("scores/detection", examples)):
        own = folder / kind.replace("/", " of ")
        for place in (own / "explanations" / name, own / "scores" / "detection" / name):
            place.parent.mkdir(parents=True)
            place.write_bytes(examples if "scores" in place.parts else b'''"a text"''')
        reader = file_reader(own / kind / name, partial(explanations_of, own))
        targets.append(Target(f"delphi {kind}", [seed], reader))
    return targets


def explanations_of(folder: Path, _: Path) -> object:
    return labels_of(folder)


def labels_of(path: Path) -> object:
    return read_labels(path, Subjects.of([Subject("A", TINY.d_sae, model="m", hook="blocks.0.hook_mlp_out")]))
