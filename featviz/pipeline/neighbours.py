"""The left column of every feature: what it is aligned and correlated with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from featviz.capture.capture import has_neuron_basis
from featviz.pipeline.neurons import CorrelatedNeurons
from featviz.records import Correlation, NeuronAlignment, Similarity
from featviz.sources.sae import SparseAutoencoder
from featviz.statistics.correlation import Vectors, feature_correlations
from featviz.statistics.decoder import neuron_alignments, similar_features

T = TypeVar("T")


@dataclass(frozen=True)
class Neighbours:
    """Of some features of one SAE, in their order."""

    neuron_alignment: list[NeuronAlignment | None]
    correlated_neurons: list[Correlation | None]
    correlated_features: dict[str, list[Correlation | None]]
    similar_features: list[Similarity | None]

    @classmethod
    def joined(cls, parts: Sequence["Neighbours"]) -> "Neighbours":
        """Of the features of all parts, one part after the other."""
        return cls(
            _all(part.neuron_alignment for part in parts),
            _all(part.correlated_neurons for part in parts),
            {other: _all(part.correlated_features[other] for part in parts) for other in parts[0].correlated_features},
            _all(part.similar_features for part in parts),
        )


@dataclass(frozen=True)
class Surroundings:
    """What the neighbours of features are looked for in."""

    saes: Mapping[str, SparseAutoencoder]
    neurons: CorrelatedNeurons
    vectors: Mapping[str, Vectors]
    """The features of every SAE."""
    counted: int
    k: int

    def neighbours(self, name: str, features: range, tile: int, advance: Callable[[int], None]) -> Neighbours:
        """The ``k`` nearest; ``advance`` is told of each table.

        Cosines are taken of ``tile`` features at once: spans that begin and end with tiles give the same bits.
        """
        correlated, sae, own = {}, self.saes[name], self.vectors[name]
        for other, vectors in self.vectors.items():
            correlated[other] = _all(feature_correlations(own, vectors, features, self.counted, self.k))
            own.firings.release()
            advance(1)
        alignment: list[NeuronAlignment | None] = [None] * len(features)
        if has_neuron_basis(sae.write_hook):
            alignment = list(neuron_alignments(sae.W_dec[features.start : features.stop], self.k))
        similar = _all(similar_features(sae.W_dec, features, self.k, tile))
        advance(1)
        return Neighbours(alignment, self.neurons.of(name, features), correlated, similar)


def _all(blocks: Iterable[list[T]]) -> list[T]:
    return list(chain.from_iterable(blocks))
