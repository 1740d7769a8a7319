"""The folder in which a page's commands are run: tiny things under the names that the page uses.

Every folder has `STAND_INS`. A page that names other things gets them from its function in `WORLDS`: a hub's name
such as ``google/gemma-2-2b`` is a path too, and a folder of that path stands for what would be downloaded.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet

from tests.examples.stand_ins import deep_model, saelens, skip_transcoder
from tests.foreign import write_batches, write_sae_vis
from tests.tiny import TEXT, Tiny

World = Callable[[Path, Tiny], None]


def stand_ins(folder: Path, files: Tiny) -> None:
    """A model, two SAEs and a text, as most pages call them."""
    put(files.model, folder / "my-model")
    put(files.sae_a, folder / "my-sae")
    put(files.sae_b, folder / "my-other-sae")
    (folder / "text.txt").write_text(TEXT * 3, encoding="utf-8")


def put(source: Path, place: Path) -> None:
    """A copy of a file or folder at a place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, place)


def dashboards(folder: Path, files: Tiny) -> None:
    """What other programs wrote."""
    write_sae_vis(folder / "demo_feature_vis.html", 0, 3, 8)
    write_batches(folder / "neuronpedia_outputs")


def transcoder(folder: Path, files: Tiny) -> None:
    """A model of many layers and a transcoder of one."""
    deep_model(folder / "my-deep-model")
    skip_transcoder(folder / "my-transcoder" / "layers.8.mlp")
    put(folder / "my-transcoder" / "layers.8.mlp", folder / "renamed")


def deep(folder: Path, files: Tiny) -> None:
    """A model of many layers, and SAEs of two of them."""
    deep_model(folder / "my-deep-model")
    for layer in (5, 12):
        saelens(folder / "my-saes" / f"blocks.{layer}.hook_resid_pre")


def tokens(folder: Path, files: Tiny) -> None:
    """Texts in every form."""
    documents = [line for line in TEXT.splitlines() if line.strip()] * 3
    (folder / "articles").mkdir()
    for number, document in enumerate(documents):
        (folder / "articles" / f"{number}.txt").write_text(document * 3, encoding="utf-8")
    lines = [json.dumps({"body": document}) for document in documents]
    (folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
    pyarrow.parquet.write_table(pyarrow.table({"text": documents}), folder / "articles.parquet")
    put(folder / "articles.parquet", folder / "my-name" / "my-dataset" / "train.parquet")
    put(files.tokens, folder / "ids.npy")


WORLDS: dict[str, World] = {
    "import.md": dashboards,
    "transcoder.md": transcoder,
    "deep.md": deep,
    "tokens.md": tokens,
}
"""By page, what it needs beside the `stand_ins`."""
