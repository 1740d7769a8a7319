"""The record of one feature, in real units and by column."""

from dataclasses import dataclass, field

import numpy as np

IntArray = np.ndarray
"""A 1-d array of int64."""
FloatArray = np.ndarray
"""A 1-d array of float64; a statistic that does not exist is NaN here and ``null`` in the bundle."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person or a program says the feature means."""

    text: str
    score: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class NeuronAlignment:
    """The decoder row's largest entries by absolute value."""

    neuron: IntArray
    value: FloatArray
    share: FloatArray
    """|value| as a share of the row's L1 norm."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """The neurons or features that move with this one, highest Pearson first."""

    index: IntArray
    pearson: FloatArray
    cosine: FloatArray


@dataclass(frozen=True, slots=True)
class Similarity:
    """Features of the same SAE with the most similar decoder rows, highest cosine first."""

    feature: IntArray
    cosine: FloatArray


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts in equal bins over [low, high], the last bin closed."""

    low: float
    high: float
    counts: IntArray


@dataclass(frozen=True, slots=True)
class TokenLogits:
    """Vocabulary ids with their logits, most extreme first."""

    token: IntArray
    logit: FloatArray


@dataclass(frozen=True, slots=True)
class LogitTable:
    """The tokens that the feature suppresses and promotes most."""

    negative: TokenLogits
    positive: TokenLogits


@dataclass(frozen=True, slots=True)
class Group:
    """A titled run of windows: ``top``, ``interval`` or ``bottom``."""

    kind: str
    windows: int
    population: int | None
    """Positions the windows were chosen from; None where an import does not say."""
    index: int | None = None
    """Of an interval: activations in (max * index / intervals, max * (index + 1) / intervals]."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Per affected token: what removing the feature one position before does to its prediction."""

    at: IntArray
    """Flat indices of the affected tokens, increasing. [affected]"""
    loss: FloatArray
    """Cross-entropy of the token, clean minus ablated, in nats. [affected]"""
    token: np.ndarray
    """Vocabulary ids of the largest, then the smallest changes of log-probability. [affected 2k]"""
    value: np.ndarray
    """Those changes, clean minus ablated, in nats. [affected 2k]"""


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of a feature, one after the other; ``flat`` indices run over their tokens."""

    seq: IntArray
    pos: IntArray
    start: IntArray
    length: IntArray
    count: IntArray
    tokens: IntArray
    """Vocabulary ids. [flat]"""
    activation_at: IntArray
    """Flat indices of nonzero activations, increasing."""
    activation: FloatArray
    uncounted: IntArray
    """Flat indices of tokens at positions that do not count, increasing."""
    effects: Effects


@dataclass(frozen=True, slots=True)
class Record:
    """Everything known about one feature; only an import may lack its logits."""

    feature: int
    firings: int
    max: float | None
    neuron_alignment: NeuronAlignment | None
    correlated_neurons: Correlation | None
    correlated_features: dict[str, Correlation | None]
    similar_features: Similarity | None
    activation_histogram: Histogram | None
    logit_table: LogitTable | None
    logit_histogram: Histogram | None
    groups: list[Group]
    windows: Windows
    label: Label | None = field(default=None)
