"""What a reader makes of another program's dashboards, with tokens as they are spelled there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from featviz.records import Correlation, Histogram, NeuronAlignment

Moved = list[tuple[str, float]]
"""Tokens with their logits or changes of log-probability."""
LARGEST_NUMBER = 2**22 - 1
"""Feature numbers and token ids beyond this are taken for nonsense: every one below costs memory."""


@dataclass(frozen=True, slots=True)
class Change:
    """What removing the feature one position before does to the prediction of a token."""

    at: int
    loss: float
    promoted: Moved
    suppressed: Moved


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some tokens around a target, with the feature's activation on each."""

    tokens: list[str]
    activation: np.ndarray
    target: int
    seq: int
    start: int
    ids: list[int] | None = None
    """Vocabulary ids, where they are known."""
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SnippetGroup:
    """Snippets of one kind; ``population`` is None where it is not known."""

    kind: str
    snippets: list[Snippet]
    population: int | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One feature's dashboard; None stands for what it does not hold."""

    feature: int
    activations: Histogram | None
    """Of the nonzero activations; None if the feature never fired."""
    density: float | None
    """As it is printed there, rounded."""
    groups: list[SnippetGroup]
    largest: float | None = None
    """The activation that is printed as the largest, and whose parts the intervals are."""
    neuron_alignment: NeuronAlignment | None = None
    correlated_neurons: Correlation | None = None
    correlated_features: Correlation | None = None
    correlated_b: Correlation | None = None
    logits: tuple[Moved, Moved] | None = None
    """The most negative and the most positive."""
    logit_histogram: Histogram | None = None

    @property
    def firings(self) -> int:
        """How often it fired."""
        return 0 if self.activations is None else int(self.activations.counts.sum())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where dashboards come from, and what all of them have in common."""

    program: str
    files: dict[str, str]
    sae: str
    model: str = ""
    tokens: str = ""
    counted: int | None = None
    """N, where it is stated."""
    whole: bool = False
    """Whether dashboards numbered without a gap are those of a whole SAE."""
    escapes: bool = False
    """Whether a newline may be spelled as a backslash and ``n``."""
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Dashboards(Protocol):
    """All dashboards of an import, read as often as they are asked for."""

    origin: Origin

    def __iter__(self) -> Iterator[Dashboard]:
        """They come in the order of their features."""
