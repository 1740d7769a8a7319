"""Dashboards to records."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from featviz.importers.dashboards import Dashboard, Moved, Snippet
from featviz.importers.numbering import Numbering
from featviz.records import Correlation, Effects, Group, Histogram, LogitTable, Record, TokenLogits, Windows

NEAR = 2e-3
"""How far rounding may put the end of the activation histogram from the largest activation that is shown."""


@dataclass(frozen=True)
class RecordMaker:
    """Makes the records of one SAE."""

    sae: str
    other: str | None
    """The name under which correlated features of another SAE stand, if any dashboard has them."""
    own: bool
    """Whether any dashboard has correlated features of its own SAE."""
    numbering: Numbering

    def record(self, dashboard: Dashboard) -> Record:
        """The record of one dashboard."""
        snippets = [snippet for group in dashboard.groups for snippet in group.snippets]
        activations = _ending_at_the_largest(dashboard.activations, snippets)
        return Record(
            feature=dashboard.feature,
            firings=dashboard.firings,
            max=None if activations is None else activations.high,
            neuron_alignment=dashboard.neuron_alignment,
            correlated_neurons=dashboard.correlated_neurons,
            correlated_features=dict(self._correlated(dashboard)),
            similar_features=None,
            activation_histogram=activations,
            logit_table=self._logit_table(dashboard.logits),
            logit_histogram=dashboard.logit_histogram,
            groups=[Group(g.kind, len(g.snippets), g.population, g.index) for g in dashboard.groups],
            windows=self._windows(snippets),
        )

    def _correlated(self, dashboard: Dashboard) -> Iterator[tuple[str, Correlation | None]]:
        if self.own:
            yield self.sae, dashboard.correlated_features
        if self.other:
            yield self.other, dashboard.correlated_b

    def _logit_table(self, logits: tuple[Moved, Moved] | None) -> LogitTable | None:
        if logits is None:
            return None
        negative, positive = (
            TokenLogits(self.numbering.of_texts(token for token, _ in side), np.array([value for _, value in side]))
            for side in logits
        )
        return LogitTable(negative, positive)

    def _windows(self, snippets: list[Snippet]) -> Windows:
        activation = np.concatenate([np.empty(0), *(snippet.activation for snippet in snippets)])
        at = np.flatnonzero(activation)
        start = _integers(snippet.start for snippet in snippets)
        return Windows(
            seq=_integers(snippet.seq for snippet in snippets),
            pos=start + _integers(snippet.target for snippet in snippets),
            start=start,
            length=_integers(len(snippet.tokens) for snippet in snippets),
            count=np.ones(len(snippets), dtype=np.int64),
            tokens=np.concatenate([_integers(()), *(self.numbering.of_snippet(snippet) for snippet in snippets)]),
            activation_at=at,
            activation=activation[at],
            uncounted=_integers(()),
            effects=self._effects(snippets),
        )

    def _effects(self, snippets: list[Snippet]) -> Effects:
        first = accumulate((len(snippet.tokens) for snippet in snippets), initial=0)
        placed = [
            (begin + change.at, change)
            for begin, snippet in zip(first, snippets, strict=False)
            for change in snippet.changes
        ]
        width = min((len(side) for _, change in placed for side in (change.promoted, change.suppressed)), default=0)
        moved = [change.promoted[:width] + change.suppressed[:width] for _, change in placed]
        tokens = [self.numbering.of_texts(token for token, _ in row) for row in moved]
        values = [[value for _, value in row] for row in moved]
        return Effects(
            at=_integers(at for at, _ in placed),
            loss=np.array([change.loss for _, change in placed], dtype=np.float64),
            token=np.array(tokens, dtype=np.int64).reshape(len(placed), 2 * width),
            value=np.array(values, dtype=np.float64).reshape(len(placed), 2 * width),
        )


def _integers(values: Iterator[int] | tuple[int, ...]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)


def _ending_at_the_largest(activations: Histogram | None, snippets: list[Snippet]) -> Histogram | None:
    """The histogram over positive activations, up to the largest that is shown if that is the largest of all."""
    if activations is None:
        return None
    shown = max((float(snippet.activation.max()) for snippet in snippets), default=0.0)
    high = shown if shown >= activations.high - NEAR else activations.high
    return Histogram(min(max(activations.low, 0.0), high), high, activations.counts)
