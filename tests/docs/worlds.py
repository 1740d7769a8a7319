"""The folder in which a page's commands are run: tiny things under the names that the page uses.

Every folder has `STAND_INS`. A page that names other things gets them from its function in `WORLDS`: a hub's name
such as ``google/gemma-2-2b`` is a path too, and a folder of that path stands for what would be downloaded.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

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


WORLDS: dict[str, World] = {"import.md": dashboards}
"""By page, what it needs beside the `stand_ins`."""
