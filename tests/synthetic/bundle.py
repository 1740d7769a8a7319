"""A whole bundle of synthetic records, through the real writer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from featviz.bundle.encode import encode_chunk
from featviz.bundle.folder import claim, published_release
from featviz.bundle.manifest import FeatvizInfo, Manifest, ModelInfo, SaeInfo, TokensInfo
from featviz.bundle.writer import BundleWriter, remove_old_releases, write_manifest
from featviz.records import Record
from tests.synthetic.corpus import DEFAULT, Corpus, Shape
from tests.synthetic.records import synthetic_records
from tests.synthetic.vocabulary import BOS, synthetic_vocabulary

CREATED = "2026-11-01T12:00:00Z"


def synthetic_bundle(
    out: Path,
    features: int = 64,
    saes: Sequence[str] = ("A", "B"),
    seed: int = 0,
    chunk_size: int = 16,
    shape: Shape = DEFAULT,
) -> Manifest:
    """Write a bundle of ``features`` features an SAE into ``out``; ``synthetic_records`` says which are odd."""
    shape = replace(shape, d_sae=features)
    claim(out)
    previous = published_release(out)
    vocabulary = synthetic_vocabulary(shape.d_vocab)
    records = {sae: synthetic_records(features, seed, shape, sae) for sae in saes}
    with BundleWriter(out) as writer:
        for sae in saes:
            for chunk, first in enumerate(range(0, features, chunk_size)):
                part = records[sae][first : first + chunk_size]
                writer.add(sae, chunk, encode_chunk(sae, first, part, vocabulary))
        release = writer.close()
    manifest = synthetic_manifest(release, records, writer.bytes, chunk_size, Corpus(seed, shape))
    write_manifest(out, manifest)
    remove_old_releases(out, keep=(release, previous))
    return manifest


def synthetic_manifest(
    release: str, records: Mapping[str, list[Record]], sizes: Mapping[str, int], chunk_size: int, corpus: Corpus
) -> Manifest:
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
        saes=[_sae(sae, part, sizes[sae], chunk_size, shape) for sae, part in records.items()],
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


def _sae(name: str, records: list[Record], size: int, chunk_size: int, shape: Shape) -> SaeInfo:
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
        chunks=-(-len(records) // chunk_size),
        dead=sum(record.firings == 0 for record in records),
        firings=sum(record.firings for record in records),
        bytes=size,
        neuron_basis=True,
        correlated_with=["A", "B"],
        picks=[feature for feature in (0, 6, 7, 8, 9) if feature < len(records)],
    )
