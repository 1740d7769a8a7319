"""Whether what a bundle's records say agrees with itself and with the manifest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from featviz.bundle.codec.decode import Chunk
from featviz.bundle.format import chunks_for
from featviz.bundle.manifest import Manifest, SaeInfo
from featviz.records import Record


@dataclass
class Totals:
    """What the chunks of one SAE add up to."""

    features: int = 0
    dead: int = 0
    firings: int = 0
    bytes: int = 0

    def add(self, chunk: Chunk, size: int) -> None:
        """Count one more chunk of ``size`` bytes."""
        self.features += len(chunk.records)
        self.dead += sum(record.firings == 0 for record in chunk.records)
        self.firings += sum(record.firings for record in chunk.records)
        self.bytes += size

    def absorb(self, other: "Totals") -> None:
        """Add what other chunks add up to."""
        self.features += other.features
        self.dead += other.dead
        self.firings += other.firings
        self.bytes += other.bytes


def sae_problems(sae: SaeInfo, totals: Totals) -> Iterator[str]:
    """Where the manifest's entry of an SAE and its chunks differ."""
    found = {"bytes": totals.bytes, "chunks": chunks_for(sae.d_sae, sae.chunk_size)}
    if sae.features is None:
        found |= {"d_sae": totals.features, "dead": totals.dead, "firings": totals.firings}
    for key, value in found.items():
        if getattr(sae, key) != value:
            yield f"{key} is {getattr(sae, key)}, but the chunks make it {value}"
    if any(pick >= sae.d_sae for pick in sae.picks):
        yield f"picks name a feature beyond {sae.d_sae - 1}"


def record_problems(record: Record, sae: SaeInfo, manifest: Manifest) -> Iterator[str]:
    """What is inconsistent in a record."""
    yield from _firing_problems(record, manifest)
    yield from _link_problems(record, sae, manifest)
    yield from _group_problems(record, manifest)
    yield from _window_problems(record, manifest)


def _firing_problems(record: Record, manifest: Manifest) -> Iterator[str]:
    histogram = record.activation_histogram
    if record.firings > manifest.tokens.counted:
        yield f"{record.firings} firings, but only {manifest.tokens.counted} positions count"
    if (record.firings == 0) != (record.max is None) or (record.firings == 0) != (histogram is None):
        yield f"{record.firings} firings do not go with max {record.max} and its activation_histogram"
    if histogram is not None and histogram.counts.sum() != record.firings:
        yield f"activation_histogram counts {histogram.counts.sum()} firings of {record.firings}"
    logits, d_vocab = record.logit_histogram, manifest.model.d_vocab
    if logits is None and manifest.imported is None:
        yield "logit_histogram is null, and the bundle is no import"
    if logits is not None and d_vocab is not None and logits.counts.sum() != d_vocab:
        yield f"logit_histogram counts {logits.counts.sum()} of {d_vocab} tokens"


def _link_problems(record: Record, sae: SaeInfo, manifest: Manifest) -> Iterator[str]:
    """Features that are linked to and do not exist."""
    sizes = {other.name: other.d_sae for other in manifest.saes}
    if set(record.correlated_features) != set(sae.correlated_with):
        yield f"correlated_features of {sorted(record.correlated_features)}; the manifest says {sae.correlated_with}"
    linked = {name: part.index for name, part in record.correlated_features.items() if part and name in sizes}
    for name, features in linked.items():
        if (features >= sizes[name]).any():
            yield f"a correlated feature of SAE {name} is beyond {sizes[name] - 1}"
    if record.similar_features and (record.similar_features.feature >= sae.d_sae).any():
        yield f"a similar feature is beyond {sae.d_sae - 1}"


def _group_problems(record: Record, manifest: Manifest) -> Iterator[str]:
    population = {"top": record.firings, "bottom": manifest.tokens.counted}
    if record.firings == 0 and record.groups:
        yield "a dead feature has groups"
    known = [group for group in record.groups if group.population is not None]
    if len(known) < len(record.groups) and manifest.imported is None:
        yield "a group's population is null, and the bundle is no import"
    if any(group.population != population.get(group.kind, group.population) for group in known):
        yield "a group's population is neither its firings (top) nor all positions that count (bottom)"
    intervals = [group for group in record.groups if group.kind == "interval"]
    held = [group.population for group in intervals if group.population is not None]
    if intervals and len(held) == len(intervals) and sum(held) != record.firings:
        yield f"the intervals hold {sum(held)} firings of {record.firings}"
    count = np.split(record.windows.count, np.cumsum([group.windows for group in record.groups]))
    shown = zip(record.groups, count, strict=False)
    if any(group.population is not None and each.sum() > group.population for group, each in shown):
        yield "a group shows more positions than it was chosen from"


def _window_problems(record: Record, manifest: Manifest) -> Iterator[str]:
    windows, tokens = record.windows, manifest.tokens
    if _beyond(windows.seq + 1, tokens.sequences) or _beyond(windows.start + windows.length, tokens.context):
        yield f"a window lies outside the {tokens.sequences} × {tokens.context} tokens"
    if manifest.imported is None and _beyond(windows.tokens + 1, manifest.model.d_vocab):
        yield f"a token id is beyond {(manifest.model.d_vocab or 0) - 1}"
    uncounted = np.zeros(windows.tokens.size, dtype=bool)
    uncounted[windows.uncounted] = True
    if uncounted[windows.activation_at].any():
        yield "a position that does not count carries an activation"
    if uncounted[windows.effects.at].any():
        yield "a position that does not count carries an effect"


def _beyond(values: np.ndarray, most: int | None) -> bool:
    return most is not None and bool((values > most).any())
