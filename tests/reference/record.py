"""A whole record of every feature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from featviz.records import Record, Windows
from tests.reference import statistics
from tests.reference.effects import Removal, effects
from tests.reference.forward import Forward, Sae, activations, direction
from tests.reference.groups import Feature, groups
from tests.reference.settings import Settings
from tests.reference.windows import Position, Window

Order = Callable[[int], list[Position]]
"""From a feature to the positions that count, in that feature's random order."""


@dataclass(frozen=True)
class Truth:
    """All that the records of one SAE follow from."""

    forward: Forward
    saes: dict[str, Sae]
    name: str
    order: Order
    settings: Settings

    @property
    def sae(self) -> Sae:
        return self.saes[self.name]

    @cached_property
    def activations(self) -> dict[str, np.ndarray]:
        """By SAE. [seq pos feature]"""
        return {name: activations(sae, self.forward) for name, sae in self.saes.items()}

    def dense(self, feature: int) -> np.ndarray:
        """One feature. [seq pos]"""
        return self.activations[self.name][:, :, feature]

    def logits(self, feature: int) -> np.ndarray:
        """The feature's logits. [d_vocab]"""
        return statistics.logits(direction(self.sae, feature, self.forward), self.forward)

    def removal(self, feature: int) -> Removal:
        """The feature taken out of the model."""
        return Removal(self.forward, self.dense(feature), direction(self.sae, feature, self.forward))

    def feature(self, feature: int) -> Feature:
        """What its windows are chosen from."""
        return Feature(self.forward.tokens, self.dense(feature), self.forward.positions, self.order(feature))

    def record(self, feature: int) -> Record:
        """Everything known about the feature."""
        counts, settings = self.forward.counts, self.settings
        values = self.dense(feature)[counts]
        chosen = groups(self.feature(feature), settings)
        windows = [window for each in chosen for window in each.windows]
        return Record(
            feature=feature,
            firings=int((values > 0).sum()),
            max=float(values.max()) if values.any() else None,
            neuron_alignment=statistics.alignment(self.sae.W_dec[feature], settings.neighbours),
            correlated_neurons=statistics.correlation(values, self.forward.neurons[counts], settings.neighbours),
            correlated_features={
                name: statistics.correlation(
                    values, dense[counts], settings.neighbours, itself=feature if name == self.name else None
                )
                for name, dense in self.activations.items()
            },
            similar_features=statistics.similarity(self.sae.W_dec, feature, settings.neighbours),
            activation_histogram=(
                statistics.histogram(values[values > 0], settings.histogram_bins) if values.any() else None
            ),
            logit_table=statistics.logit_table(self.logits(feature), settings.logit_tokens),
            logit_histogram=statistics.histogram(self.logits(feature), settings.histogram_bins),
            groups=[each.group for each in chosen],
            windows=self.windows(feature, windows, [count for each in chosen for count in each.counts]),
        )

    def windows(self, feature: int, windows: list[Window], counts: list[int]) -> Windows:
        """The windows by column."""
        shown = [(window.seq, pos) for window in windows for pos in range(window.start, window.stop)]
        dense = self.dense(feature)
        firing = [flat for flat, position in enumerate(shown) if dense[position] > 0]
        return Windows(
            seq=np.array([window.seq for window in windows], int),
            pos=np.array([window.pos for window in windows], int),
            start=np.array([window.start for window in windows], int),
            length=np.array([window.stop - window.start for window in windows], int),
            count=np.array(counts, int),
            tokens=np.array([self.forward.tokens[position] for position in shown], int),
            activation_at=np.array(firing, int),
            activation=np.array([dense[shown[flat]] for flat in firing], float),
            uncounted=np.array([flat for flat, each in enumerate(shown) if not self.forward.counts[each]], int),
            effects=effects(self.removal(feature), windows, self.settings.effect_tokens),
        )
