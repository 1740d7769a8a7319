"""What hosts refuse, and how to build a site that they take. Limits as the hosts publish them, November 2026."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from featviz.bundle.format import DATA, chunk_path, chunks_for, release_path
from featviz.bundle.manifest import Manifest
from featviz.bundle.reader import Bundle

LARGEST_CHUNK_SIZE = 1024
"""The most features a file that ``--chunk-size`` takes."""


@dataclass(frozen=True)
class Host:
    """A host's limits, in bytes and numbers of files; ``None`` where it has none that a site could reach."""

    title: str
    total: int | None = None
    file: int | None = None
    files: int | None = None
    entries: int | None = None
    """Files and folders in one folder."""
    links: bool = True
    """Whether it takes symbolic links."""
    needs: tuple[str, ...] = ("index.html", "feature.html")


HOSTS = {
    "github": Host(
        "GitHub Pages", 10**9, 100 * 10**6, links=False, needs=("index.html", "feature.html", ".nojekyll", "404.html")
    ),
    "netlify": Host("Netlify", needs=("index.html", "feature.html", "404.html", "_headers")),
    "cloudflare": Host(
        "Cloudflare Pages",
        file=25 * 2**20,
        files=20_000,
        needs=("index.html", "feature.html", "404.html", "_headers"),
    ),
    "huggingface": Host("Hugging Face Spaces", files=100_000, entries=10_000),
    "s3": Host("S3", file=5 * 10**9),
}
"""Hosts by the name that ``featviz check --host`` takes. Cloudflare's is the free plan's, S3's that of one PUT."""


@dataclass
class Inventory:
    """What lies in a site's folder and would be uploaded."""

    root: Path
    files: dict[str, int]
    """Bytes by path."""
    links: list[str]
    entries: dict[str, int]
    """Files and folders by the folder that they lie in."""

    @classmethod
    def of(cls, root: Path) -> "Inventory":
        """Everything below ``root``."""
        inventory = cls(root, {}, [], {})
        for folder, folders, names in os.walk(root):
            below = Path(folder).relative_to(root)
            inventory.entries[below.as_posix()] = len(folders) + len(names)
            paths = [Path(folder, name) for name in sorted([*folders, *names])]
            inventory.links += [(below / path.name).as_posix() for path in paths if path.is_symlink()]
            inventory.files |= {(below / path.name).as_posix(): path.stat().st_size for path in paths if path.is_file()}
        return inventory

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(self.files.values())

    def old(self, release: str) -> list[str]:
        """The files of releases that are no longer published."""
        published = f"{release_path(release)}/"
        return [name for name in self.files if name.startswith(f"{DATA}/") and not name.startswith(published)]


@dataclass(frozen=True)
class Fit:
    """How a site fits a host: what the host would refuse, and the figures."""

    refusals: list[str]
    files: int
    bytes: int


def fit(path: Path, name: str) -> Fit:
    """Whether the host of that name would take the site in ``path``, as it lies there."""
    bundle = Bundle.open(path)
    inventory = Inventory.of(bundle.root)
    refusals = list(_refusals(HOSTS[name], inventory, bundle.manifest))
    return Fit(refusals, len(inventory.files), inventory.bytes)


def _refusals(host: Host, site: Inventory, manifest: Manifest) -> Iterator[str]:
    for missing in sorted(set(host.needs) - site.files.keys()):
        yield f"{missing} is missing. Upload the whole folder that featviz build wrote, hidden files included."
    if not host.links:
        for link in site.links:
            yield f"{link} is a symbolic link, which {host.title} does not take. Put the file itself there."
    if host.total is not None and site.bytes > host.total:
        yield (
            f"the site has {_size(site.bytes)}; {host.title} takes {_size(host.total)}. "
            + _smaller(host.total, site, manifest)
        )
    if host.files is not None and len(site.files) > host.files:
        yield (
            f"the site has {len(site.files):,} files; {host.title} takes {host.files:,}. "
            + _fewer(host.files, site, manifest)
        )
    for name, size in site.files.items():
        if host.file is not None and size > host.file:
            advice = _smaller_file(name, manifest)
            yield f"{name} has {_size(size)}; {host.title} takes {_size(host.file)} a file. {advice}"
    for folder, entries in site.entries.items():
        if host.entries is not None and entries > host.entries:
            yield f"{folder} holds {entries:,} entries; {host.title} takes {host.entries:,} a folder. Use more folders."


def _smaller(limit: int, site: Inventory, manifest: Manifest) -> str:
    old = sum(site.files[name] for name in site.old(manifest.release))
    if old and site.bytes - old <= limit:
        return f"{_size(old)} of it are of old releases: run featviz gc {site.root} --keep 1."
    window, per_interval = manifest.settings.get("window"), manifest.settings.get("per_interval")
    return (
        f"Build it with fewer windows or shorter ones (per_interval is {per_interval}, window {window}), "
        "one site for each SAE, or publish it where there is room: huggingface, s3."
    )


def _fewer(limit: int, site: Inventory, manifest: Manifest) -> str:
    old = len(site.old(manifest.release))
    if old and len(site.files) - old <= limit:
        return f"{old:,} of them are of old releases: run featviz gc {site.root} --keep 1."
    room = limit - (len(site.files) - old - sum(sae.chunks for sae in manifest.saes))
    if any(sae.features is not None for sae in manifest.saes):
        return "Build it with fewer --features."
    size = max(sae.chunk_size for sae in manifest.saes)
    while size <= LARGEST_CHUNK_SIZE and sum(chunks_for(sae.d_sae, size) for sae in manifest.saes) > room:
        size *= 2
    if size > LARGEST_CHUNK_SIZE:
        return "No chunk size makes it fit: build one site for each SAE, or publish it on s3."
    return f"Build it with --chunk-size {size}" + (f" and run featviz gc {site.root} --keep 1." if old else ".")


def _smaller_file(name: str, manifest: Manifest) -> str:
    for sae in manifest.saes:
        if name == chunk_path(manifest.release, sae.name, _number(name)):
            return f"Build the site with fewer features a file (--chunk-size is {sae.chunk_size})."
    if name.startswith(f"{DATA}/"):
        return "Build one site for each SAE."
    return "Make it smaller, or link to it elsewhere."


def _number(name: str) -> int:
    """The number that a file is named by, or 0."""
    stem = Path(name).name.split(".")[0]
    return int(stem) if stem.isascii() and stem.isdecimal() else 0


def _size(number: int) -> str:
    return f"{number / 1e9:,.2f} GB" if number >= 10**9 else f"{number / 1e6:,.1f} MB"
