"""Files that a reader once failed on, each in a folder named by its target: ``corpus/labels.csv/0123456789ab``."""

from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def kept() -> Iterator[tuple[str, bytes]]:
    """The targets' names, and the files."""
    for file in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        yield file.parent.relative_to(CORPUS).as_posix(), file.read_bytes()
