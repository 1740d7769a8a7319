"""The left column of every feature: what it is aligned and correlated with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from featviz.capture import Captured, Firings
from featviz.capture.capture import has_neuron_basis
from featviz.records import Correlation, NeuronAlignment, Similarity
from featviz.sources.sae import SparseAutoencoder
from featviz.statistics.correlation import feature_correlations, neuron_correlations
from featviz.statistics.decoder import neuron_alignments, similar_features

T = TypeVar("T")

CorrelatedNeurons = list[Correlation | None]
"""By feature; ``None`` where a feature never fires."""


def correlated_neurons(
    captured: Captured, name: str, sae: SparseAutoencoder, needed: int, n: int, k: int
) -> CorrelatedNeurons:
    """Of the first ``needed`` features of SAE ``name``; n positions count."""
    moments = captured.neurons.get(sae.read_hook)
    if moments is None:
        return [None] * needed
    return _first(neuron_correlations(moments, name, captured.firings[name], n, k), needed)


@dataclass(frozen=True)
class Neighbours:
    """Of consecutive features of one SAE, in their order."""

    neuron_alignment: list[NeuronAlignment | None]
    correlated_neurons: CorrelatedNeurons
    correlated_features: dict[str, list[Correlation | None]]
    similar_features: list[Similarity | None]


@dataclass(frozen=True)
class Surroundings:
    """What the neighbours of one SAE's features are looked for in."""

    sae: SparseAutoencoder
    neurons: CorrelatedNeurons
    """Of every feature that is asked for."""
    own: Firings
    firings: Mapping[str, Firings]
    """Of every SAE."""
    counted: int
    k: int

    def neighbours(self, features: range, advance: Callable[[int], None]) -> Neighbours:
        """The ``k`` nearest; ``advance`` is told of each table."""
        correlated, W_dec = {}, self.sae.W_dec
        for other, firings in self.firings.items():
            correlated[other] = _all(feature_correlations(self.own, firings, features, self.counted, self.k))
            advance(1)
        alignment: list[NeuronAlignment | None] = [None] * len(features)
        if has_neuron_basis(self.sae.write_hook):
            alignment = list(neuron_alignments(W_dec[features.start : features.stop], self.k))
        neurons, similar = self.neurons[features.start : features.stop], similar_features(W_dec, features, self.k)
        found = Neighbours(alignment, neurons, correlated, _all(similar))
        advance(1)
        return found


def _all(blocks: Iterable[list[T]]) -> list[T]:
    return list(chain.from_iterable(blocks))


def _first(blocks: Iterable[list[T]], count: int) -> list[T]:
    """The first ``count``; the blocks that come later are not asked for."""
    found: list[T] = []
    for block in blocks:
        found += block
        if len(found) >= count:
            break
    return found[:count]
