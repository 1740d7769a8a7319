"""The neurons that chosen features correlate with, from sums that are bounded in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from featviz.capture import ShardedCapture
from featviz.capture.capture import has_neuron_basis
from featviz.capture.moments import NeuronMoments
from featviz.capture.sharded import Wanted
from featviz.progress import Stages
from featviz.records import Correlation
from featviz.sources.sae import SparseAutoencoder
from featviz.statistics.correlation import neuron_correlations
from featviz.statistics.sums import Sums

SUM_BYTES = 2**30
"""Of the sums of features with neurons that are in memory together."""


def together(saes: Mapping[str, SparseAutoencoder], chosen: Mapping[str, Sequence[int]]) -> Wanted:
    """The features whose sums pass 1 takes on its way: all chosen ones of SAEs that read neurons; too many, none."""
    wanted = {name: chosen[name] for name, sae in saes.items() if has_neuron_basis(sae.read_hook) and len(chosen[name])}
    size = sum(8 * len(features) * saes[name].d_in for name, features in wanted.items())
    return wanted if size <= SUM_BYTES else {}


@dataclass
class CorrelatedNeurons:
    """Found when they are first asked for: finished records need none."""

    capture: ShardedCapture
    k: int
    stages: Stages
    wanted: Wanted = field(default_factory=dict)
    """The features whose sums pass 1 has taken on its way, in this process or an earlier one."""
    moments: Mapping[str, NeuronMoments] = field(default_factory=dict)
    """Those sums, until they are used; d_sae * d_mlp numbers."""
    found: dict[str, dict[int, Correlation | None]] = field(default_factory=dict)
    """By SAE and feature."""

    def of(self, name: str, features: Sequence[int]) -> list[Correlation | None]:
        """Each feature's; ``None`` where it never fires or where nothing reads neurons.

        Where pass 1 has not taken their sums the model runs again over all tokens.
        """
        sae = self.capture.saes[name]
        if not has_neuron_basis(sae.read_hook):
            return [None] * len(features)
        known = self.found.setdefault(name, {})
        if features[0] not in known:
            self._correlate(self.wanted, self.moments or self.capture.summed(self.wanted))
            self.wanted, self.moments = {}, {}
        size = max(1, SUM_BYTES // (8 * sae.d_in))
        for part in (features[at : at + size] for at in range(0, len(features), size)):
            if part[0] not in known:
                sequences, share = len(self.capture.tokens.ids), len(part) / sae.d_sae
                with self.stages.stage(f"neurons {name}", sequences, "sequences", share) as advance:
                    moments = self.capture.sums(advance, {name: part})
                self._correlate({name: part}, moments)
        return [known[feature] for feature in features]

    def _correlate(self, wanted: Wanted, moments: Mapping[str, NeuronMoments]) -> None:
        for name, features in wanted.items() if moments else ():
            with self.stages.stage(f"correlations {name}", 1, "table") as advance:
                sums = Sums.of_features(self.capture.firings()[name]).part(np.asarray(features))
                of_neurons = moments[self.capture.saes[name].read_hook]
                best = neuron_correlations(of_neurons, name, sums, self.capture.tokens.counted, self.k)
                self.found.setdefault(name, {}).update(zip(features, chain.from_iterable(best), strict=True))
                advance(1)
