"""Whose dashboards a path holds."""

from pathlib import Path
from typing import Protocol

from featviz.errors import InputError
from featviz.importers import sae_dashboard, sae_vis
from featviz.importers.dashboards import Dashboards


class Format(Protocol):
    """What a reader module holds."""

    NAME: str
    LOOKED_FOR: str

    def find(self, place: Path) -> tuple[Path, ...] | None:
        """The files to read, if ``place`` is in this format."""

    def read(self, files: tuple[Path, ...]) -> Dashboards:
        """The dashboards in them."""


FORMATS: tuple[Format, ...] = (sae_vis, sae_dashboard)


def read_dashboards(place: Path) -> Dashboards:
    """The dashboards in a file or folder, in any known format."""
    looked_for = "; ".join(f"{reader.LOOKED_FOR} ({reader.NAME})" for reader in FORMATS)
    if not place.exists():
        raise InputError(f"{place} does not exist. Expected {looked_for}.")
    for reader in FORMATS:
        if files := reader.find(place):
            return reader.read(files)
    raise InputError(f"{place} holds no dashboards that featviz reads. Looked for: {looked_for}.")
