"""Publishes imported dashboards: recognise, survey, make records, write the bundle, lay the pages around it."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from featviz import __version__
from featviz.bundle.codec.encode import encode_chunk
from featviz.bundle.folder import claimed, published_release
from featviz.bundle.format import DEFAULT_CHUNK_SIZE, SAE_NAME, chunks_for, sae_name
from featviz.bundle.manifest import FeatvizInfo, Imported, Manifest, ModelInfo, SaeInfo, TokensInfo
from featviz.bundle.parts.collect import Parts
from featviz.bundle.writer import BundleWriter, remove_old_releases, remove_partial_releases, write_manifest
from featviz.importers.counted import positions_counted
from featviz.importers.dashboards import Dashboards
from featviz.importers.make_records import RecordMaker
from featviz.importers.numbering import Numbering
from featviz.importers.recognise import read_dashboards
from featviz.importers.survey import Survey, survey
from featviz.provenance import git_revision, versions
from featviz.records import Record
from featviz.records.picks import Picks
from featviz.site.build import build_site

UNKNOWN = "unknown"
SETTINGS = ("window", "top", "bottom", "intervals", "per_interval", "histogram_bins", "logit_tokens", "effect_tokens")
TABLES = {
    "logits": "logits",
    "neuron_alignment": "neuron alignment",
    "correlated_neurons": "correlated neurons",
    "correlated_features": "correlated features",
}
"""Fields that some dashboards hold and others do not, in words."""


@dataclass(frozen=True)
class Stated:
    """What the dashboards may leave out, as who imports them knows it; empty is left to the dashboards."""

    name: str = ""
    title: str = ""
    model: str = ""
    tokens: str = ""
    hook: str = ""
    counted: int | None = None


@dataclass
class Totals:
    """What the records of the SAE add up to."""

    picks: Picks
    dead: int = 0
    firings: int = 0

    def see(self, records: Iterable[Record]) -> None:
        """Count some records."""
        for record in records:
            self.dead += record.firings == 0
            self.firings += record.firings
            self.picks.see([record])


def publish(place: Path, out: Path, stated: Stated = Stated()) -> Manifest:
    """Read the dashboards in ``place`` and publish their site in ``out``."""
    dashboards = read_dashboards(place)
    found = survey(dashboards)
    counted, how = positions_counted(found.densities, stated.counted or dashboards.origin.counted)
    name = sae_name(stated.name) if stated.name else _name(dashboards.origin.sae)
    numbering = Numbering(found, dashboards.origin.escapes)
    with claimed(out):
        remove_partial_releases(out)
        with BundleWriter(out) as writer:
            maker = RecordMaker(name, _other(found, name), "correlated_features" in found.fields, numbering)
            sae = _write(dashboards, found, maker, writer, stated)
            release = writer.close()
        imported = _imported(dashboards, found, numbering, how)
        manifest = _manifest(dashboards, found, stated, imported, sae, release, counted)
        before = published_release(out)
        build_site(out, manifest.content())
        write_manifest(out, manifest)
        remove_old_releases(out, {release, before})
    return manifest


def _name(name: str) -> str:
    """A name for links and folders, whatever the file says."""
    tame = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64].rstrip("-._")
    return tame if SAE_NAME.fullmatch(tame) else "A"


def _other(found: Survey, name: str) -> str | None:
    return ("B" if name != "B" else "other") if "correlated_b" in found.fields else None


def _write(dashboards: Dashboards, found: Survey, maker: RecordMaker, writer: BundleWriter, stated: Stated) -> SaeInfo:
    """Write all chunks and parts; a chunk of its own for each feature where some are left out."""
    whole, d_sae = dashboards.origin.whole and found.whole, found.highest + 1
    size = DEFAULT_CHUNK_SIZE if whole else 1
    correlated_with = [name for name in (maker.sae if maker.own else None, maker.other) if name]
    parts, totals = Parts(maker.sae, correlated_with), Totals(Picks())
    vocabulary = maker.numbering.vocabulary
    records = map(maker.record, dashboards)
    while block := list(islice(records, size)):
        parts.see(block, vocabulary)
        totals.see(block)
        first = block[0].feature
        writer.add(maker.sae, first // size, encode_chunk(maker.sae, first, block, vocabulary))
    parts.write(writer, d_sae)
    return SaeInfo(
        name=maker.sae,
        d_in=None,
        d_sae=d_sae,
        architecture=UNKNOWN,
        read_hook=stated.hook or UNKNOWN,
        write_hook=stated.hook or UNKNOWN,
        hash=None,
        revision=None,
        source=dashboards.origin.sae,
        files=None,
        chunk_size=size,
        chunks=chunks_for(d_sae, size),
        dead=totals.dead,
        firings=totals.firings,
        bytes=writer.bytes[maker.sae],
        neuron_basis=bool(found.fields & {"neuron_alignment", "correlated_neurons"}),
        correlated_with=correlated_with,
        parts=dict(writer.parts[maker.sae]),
        picks=totals.picks.best() or found.features[:1],
        features=None if whole else found.features,
    )


def _imported(dashboards: Dashboards, found: Survey, numbering: Numbering, counted: str) -> Imported:
    origin = dashboards.origin
    lacks = [*origin.lacks]
    lacks += [words for name, words in TABLES.items() if name not in found.fields]
    if counted == "estimated":
        lacks.append("the number of positions (estimated from the densities)")
    if not (origin.whole and found.whole):
        lacks.append(f"the SAE's number of features (at least {found.highest + 1:,})")
    return Imported(
        program=origin.program,
        files=origin.files,
        counted=counted,
        token_ids=numbering.first_own,
        places=bool(found.ids),
        lacks=lacks,
        notes=list(origin.notes),
    )


def _manifest(
    dashboards: Dashboards,
    found: Survey,
    stated: Stated,
    imported: Imported,
    sae: SaeInfo,
    release: str,
    counted: int,
) -> Manifest:
    model, tokens = stated.model or dashboards.origin.model, stated.tokens or dashboards.origin.tokens
    return Manifest(
        title=stated.title or (f"{model} {sae.name}" if model else f"Imported {sae.name}"),
        release=release,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        featviz=FeatvizInfo(__version__, git_revision()),
        versions={"python": versions()["python"]},
        model=ModelInfo(model or UNKNOWN, UNKNOWN, None, None, None, found.d_vocab, UNKNOWN, None),
        tokens=TokensInfo(tokens or UNKNOWN, None, None, None, None, counted, []),
        settings={name: found.sizes.get(name, 0) for name in SETTINGS} | {"seed": None},
        saes=[sae],
        effect="direct" if "effects" in found.fields else None,
        imported=imported,
    )
