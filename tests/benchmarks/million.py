"""A site of 1,048,576 features, from the writer to the browser: ``python -m tests.benchmarks.million OUT``.

Synthetic records of realistic size go through the real writer, search index, overview, check and site; then Chromium
opens it. Prints files, bytes, seconds and peak memory of every step, and what the page took beside its budgets. A site
that OUT holds already is used again. The full size takes most of an hour and 7 GB, ``--thin`` half of both; a run of
``--features 4096`` a minute.
"""

import json
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from featviz.bundle.codec.encode import encode_chunk
from featviz.bundle.folder import claim
from featviz.bundle.parts.collect import Parts
from featviz.bundle.parts.overview_blocks import BLOCK
from featviz.bundle.reader import Bundle
from featviz.bundle.writer import BundleWriter, write_manifest
from featviz.site.build import build_site
from featviz.site.hosts import HOSTS, Inventory, fit
from tests.benchmarks.index import THIN
from tests.benchmarks.large_page import rows
from tests.benchmarks.measure import cost_of
from tests.benchmarks.varied import TEMPLATES, VariedRecords
from tests.synthetic import Corpus, Shape, synthetic_manifest
from tests.synthetic.bundle import CORRELATED_WITH, Totals, sae_entry

MILLION = 2**20
MODULE = "tests.benchmarks.million"


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--features", default=MILLION, show_default=True)
@click.option("--d-vocab", default=50_000, show_default=True)
@click.option("--chunk-size", default=16, show_default=True)
@click.option("--overview-block", default=BLOCK, show_default=True, help="Features of a block of the overview.")
@click.option("--thin", is_flag=True, help="A fourth of the windows, for a disk or a machine that is small.")
@click.option("--saes", default="A", show_default=True, help="SAEs, each named by a letter.")
@click.option("--only", type=click.Choice(["write", "site"]), help="This step, in this process.")
def main(out: Path, only: str | None, thin: bool, features: int, d_vocab: int, saes: str, **size: int) -> None:
    """Build a site of very many features in OUT, check it and open it; exits with 1 where a budget is missed."""
    if only == "write":
        shape = Shape(d_sae=features, d_vocab=d_vocab, clean=True, **(THIN if thin else {}))
        return write(out, shape, Size(size["chunk_size"], size["overview_block"]), saes)
    if only == "site":
        build_site(out, json.loads((out / "manifest.json").read_text("utf-8")))
        return None
    step("write", out, "-m", MODULE, *sys.argv[1:], "--only=write")
    step("site", out, "-m", MODULE, str(out), "--only=site")
    step("check", out, "-m", "featviz", "check", str(out))
    for line in inventory(out):
        click.echo(line)
    missed = False
    for row in rows(out):
        click.echo(row)
        missed |= row.missed
    raise SystemExit(missed)


def step(name: str, out: Path, *arguments: str) -> None:
    """Run a step as a process of its own and print what it cost; what is written already is not written again."""
    if name == "write" and (out / "manifest.json").exists():
        return
    cost = cost_of([sys.executable, *arguments], out.with_suffix(f".{name}.log"), dict(os.environ))
    click.echo(f"{name:<24}{cost.wall:>10,.0f} s{cost.cpu:>10,.0f} CPU s{cost.peak:>8.2f} GiB at most")


class Size(NamedTuple):
    """How features are dealt out to files."""

    chunk: int = 16
    """Features of a chunk."""
    block: int = BLOCK
    """Features of a block of the overview at most."""


def write(out: Path, shape: Shape, size: Size, saes: str = "A", templates: int = TEMPLATES) -> None:
    """A bundle of SAEs whose names have one letter."""
    corpus = Corpus(0, shape)
    claim(out)
    with BundleWriter(out) as writer:
        totals = {sae: _write_sae(sae, writer, VariedRecords(corpus, sae, templates), size) for sae in saes}
        release = writer.close()
    entries = [replace(sae_entry(sae, totals[sae], writer, size.chunk, shape), picks=[6, 7, 8]) for sae in saes]
    write_manifest(out, synthetic_manifest(release, entries, corpus))


def _write_sae(sae: str, writer: BundleWriter, varied: VariedRecords, size: Size) -> Totals:
    """Chunk by chunk, so that only the parts' few numbers of each feature stay in memory."""
    corpus, parts, totals = varied.corpus, Parts(sae, CORRELATED_WITH), Totals()
    for chunk, first in enumerate(range(0, corpus.shape.d_sae, size.chunk)):
        records = varied.records(range(first, min(first + size.chunk, corpus.shape.d_sae)))
        parts.see(records, corpus.vocabulary)
        totals.see(records)
        writer.add(sae, chunk, encode_chunk(sae, first, records, corpus.vocabulary))
    parts.write(writer, corpus.shape.d_sae, size.block)
    return totals


def inventory(out: Path) -> list[str]:
    """Files and bytes of each kind, and which hosts would take the site."""
    site, manifest = Inventory.of(out), Bundle.open(out).manifest
    kinds: dict[str, Counter[str]] = {}
    for name, size in site.files.items():
        kind = _kind(name, f"data/{manifest.release}/")
        kinds.setdefault(kind, Counter()).update(files=1, bytes=size)
    lines = [f"{'':<24}{'files':>10}{'MB':>10}{'KB at most':>12}"]
    for kind, found in kinds.items():
        largest = max(size for name, size in site.files.items() if _kind(name, f"data/{manifest.release}/") == kind)
        lines.append(f"{kind:<24}{found['files']:>10,}{found['bytes'] / 1e6:>10,.1f}{largest / 1e3:>12,.1f}")
    lines.append(f"{'all':<24}{len(site.files):>10,}{site.bytes / 1e6:>10,.1f}")
    lines.append(f"entries of a folder, at most: {max(site.entries.values()):,}")
    return [*lines, *(f"{host}: {'; '.join(fit(out, host).refusals) or 'takes it'}" for host in HOSTS)]


def _kind(name: str, release: str) -> str:
    below = name.removeprefix(release).split("/")
    if below[0] == name or len(below) == 1:
        return below[0] if name.startswith(release) else "pages"
    if not name.startswith(release):
        return "pages"
    return "chunks" if below[1].isdecimal() else " ".join(part for part in below[1:] if not part[0].isdecimal())


if __name__ == "__main__":
    main()
