"""Writes some features of a site as one HTML file that opens from ``file://``. ``format.md`` says what is in it."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from featviz.bundle.atomic import write_atomically
from featviz.bundle.excerpt import excerpt
from featviz.bundle.format import FORMAT_VERSION
from featviz.bundle.reader import Bundle
from featviz.bundle.within import read_within
from featviz.errors import BundleError, InputError
from featviz.site.page import one_file

VIEWER_PAGE = "feature.html"


class Exported(NamedTuple):
    """What a written file holds."""

    features: int
    bytes: int


def export(folder: Path, features: Iterable[tuple[str | None, int]], out: Path, force: bool = False) -> Exported:
    """Write the dashboards of ``features``, each an SAE's name (``None``: the first SAE) and a number, into ``out``."""
    _check_out(out, force)
    bundle = Bundle.open(folder)
    picked = _by_sae(bundle, features)
    page = page_of(bundle, picked).encode()
    write_atomically(out, page)
    return Exported(sum(map(len, picked.values())), len(page))


def page_of(bundle: Bundle, picked: dict[str, list[int]]) -> str:
    """The dashboards of some features, by SAE, as one page."""
    manifest, files = excerpt(bundle, picked)
    encoded = {path: b64encode(data).decode() for path, data in files.items()}
    content = {"format": FORMAT_VERSION, "manifest": manifest, "files": encoded}
    return one_file(_shell(bundle.root), bundle.root, content)


def _by_sae(bundle: Bundle, features: Iterable[tuple[str | None, int]]) -> dict[str, list[int]]:
    """The SAEs in the order in which they are named first, each with its features by number."""
    picked: dict[str, set[int]] = {}
    for name, feature in features:
        picked.setdefault(bundle.sae(name).name, set()).add(feature)
    return {sae: sorted(numbers) for sae, numbers in picked.items()}


def _check_out(out: Path, force: bool) -> None:
    if not out.parent.is_dir():
        raise InputError(f"There is no folder {out.parent} to write {out.name} into.")
    if out.is_dir():
        raise InputError(f"{out} is a folder. Name a file, such as {out / 'picks.html'}.")
    if out.exists() and not force:
        raise InputError(f"{out} is there already. Name another file, or replace it with --force.")


def _shell(site: Path) -> str:
    try:
        return read_within(site, site / VIEWER_PAGE).decode()
    except (BundleError, UnicodeDecodeError) as error:
        raise BundleError(f"{site / VIEWER_PAGE} {error}. Build the site again.") from error
    except OSError as error:
        raise BundleError(f"{site} has no {VIEWER_PAGE}: it holds data, but no pages. Build the site again.") from error
