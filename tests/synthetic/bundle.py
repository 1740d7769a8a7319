"""A whole bundle of synthetic records, through the real writer."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from featviz.bundle.codec.encode import encode_chunk
from featviz.bundle.folder import claim, published_release
from featviz.bundle.manifest import FeatvizInfo, Manifest, ModelInfo, SaeInfo, TokensInfo
from featviz.bundle.parts.collect import Parts
from featviz.bundle.parts.overview_blocks import BLOCK
from featviz.bundle.writer import BundleWriter, remove_old_releases, write_manifest
from featviz.records import Record
from tests.synthetic.corpus import DEFAULT, Corpus, Shape
from tests.synthetic.records import synthetic_record
from tests.synthetic.vocabulary import BOS

CORRELATED_WITH = ("A", "B")
CREATED = "2026-11-01T12:00:00Z"


@dataclass
class Totals:
    """What the manifest says of an SAE's records."""

    features: int = 0
    dead: int = 0
    firings: int = 0

    def see(self, records: list[Record]) -> None:
        """Count some records."""
        self.features += len(records)
        self.dead += sum(record.firings == 0 for record in records)
        self.firings += sum(record.firings for record in records)


def synthetic_bundle(
    out: Path,
    features: int = 64,
    saes: Sequence[str] = ("A", "B"),
    seed: int = 0,
    chunk_size: int = 16,
    shape: Shape = DEFAULT,
    overview_block: int = BLOCK,
) -> Manifest:
    """Write a bundle of ``features`` features an SAE into ``out``; ``synthetic_record`` says which are odd."""
    corpus = Corpus(seed, replace(shape, d_sae=features))
    claim(out)
    previous = published_release(out)
    with BundleWriter(out) as writer:
        totals = {sae: _write_sae(sae, corpus, chunk_size, writer, overview_block) for sae in saes}
        release = writer.close()
    entries = [sae_entry(sae, totals[sae], writer, chunk_size, corpus.shape) for sae in saes]
    manifest = synthetic_manifest(release, entries, corpus)
    write_manifest(out, manifest)
    remove_old_releases(out, keep=(release, previous))
    return manifest


def _write_sae(sae: str, corpus: Corpus, chunk_size: int, writer: BundleWriter, block: int) -> Totals:
    """Chunk by chunk, so that only the parts' few numbers of each feature stay in memory."""
    parts, totals, features = Parts(sae, CORRELATED_WITH), Totals(), corpus.shape.d_sae
    for chunk, first in enumerate(range(0, features, chunk_size)):
        numbers = range(first, min(first + chunk_size, features))
        records = [synthetic_record(corpus, feature, sae) for feature in numbers]
        parts.see(records, corpus.vocabulary)
        totals.see(records)
        writer.add(sae, chunk, encode_chunk(sae, first, records, corpus.vocabulary))
    parts.write(writer, corpus.shape.d_sae, block)
    return totals


def synthetic_manifest(release: str, saes: list[SaeInfo], corpus: Corpus) -> Manifest:
    """The manifest that goes with the records."""
    shape = corpus.shape
    return Manifest(
        title="Synthetic features",
        release=release,
        created=CREATED,
        featviz=FeatvizInfo("0.1.0", None),
        versions={"python": "3.11.0", "numpy": "2.0.0"},
        model=ModelInfo("synthetic", "Noise", None, 1, 128, shape.d_vocab, "no_processing", None),
        tokens=TokensInfo(
            name="zipf",
            revision=None,
            sha256=hashlib.sha256(corpus.tokens.astype("<i4").tobytes()).hexdigest(),
            sequences=shape.sequences,
            context=shape.context,
            counted=shape.counted,
            masked=[BOS],
        ),
        settings=_settings(corpus),
        saes=saes,
    )


def _settings(corpus: Corpus) -> dict[str, object]:
    shape = corpus.shape
    return {
        "window": shape.window,
        "top": shape.top,
        "bottom": shape.bottom,
        "intervals": shape.intervals,
        "per_interval": shape.per_interval,
        "histogram_bins": shape.bins,
        "logit_tokens": shape.logit_tokens,
        "effect_tokens": shape.effect_tokens,
        "seed": corpus.seed,
    }


def sae_entry(name: str, totals: Totals, writer: BundleWriter, chunk_size: int, shape: Shape) -> SaeInfo:
    return SaeInfo(
        name=name,
        d_in=shape.d_mlp,
        d_sae=shape.d_sae,
        architecture="relu",
        read_hook="blocks.0.mlp.hook_post",
        write_hook="blocks.0.mlp.hook_post",
        hash=hashlib.sha256(name.encode()).hexdigest(),
        revision=None,
        source=f"synthetic-{name}",
        files={"sae.safetensors": hashlib.sha256(name.encode()).hexdigest()},
        chunk_size=chunk_size,
        chunks=-(-totals.features // chunk_size),
        dead=totals.dead,
        firings=totals.firings,
        bytes=writer.bytes[name],
        neuron_basis=True,
        correlated_with=list(CORRELATED_WITH),
        parts=dict(writer.parts[name]),
        picks=[feature for feature in (0, 6, 7, 8, 9) if feature < totals.features],
    )
