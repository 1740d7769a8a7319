"""The left column of every feature: what it is aligned and correlated with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
    """By feature of one SAE."""

    neuron_alignment: list[NeuronAlignment | None]
    correlated_neurons: CorrelatedNeurons
    correlated_features: dict[str, list[Correlation | None]]
    similar_features: list[Similarity | None]

    @classmethod
    def of(
        cls,
        name: str,
        sae: SparseAutoencoder,
        firings: Mapping[str, Firings],
        neurons: CorrelatedNeurons,
        counted: int,
        k: int,
        advance: Callable[[int], None],
    ) -> "Neighbours":
        """The ``k`` nearest of as many features as ``neurons`` has; ``advance`` is told of each table."""
        needed, features = len(neurons), {}
        for other in firings:
            features[other] = _first(feature_correlations(firings[name], firings[other], counted, k), needed)
            advance(1)
        similar = _first(similar_features(sae.W_dec, k), needed)
        alignment: list[NeuronAlignment | None] = [None] * needed
        if has_neuron_basis(sae.write_hook):
            alignment = list(neuron_alignments(sae.W_dec[:needed], k))
        advance(1)
        return cls(alignment, neurons, features, similar)


def _first(blocks: Iterable[list[T]], count: int) -> list[T]:
    """The first ``count``; the blocks that come later are not asked for."""
    found: list[T] = []
    for block in blocks:
        found += block
        if len(found) >= count:
            break
    return found[:count]
