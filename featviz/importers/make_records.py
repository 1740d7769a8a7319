"""Dashboards to records."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from featviz.importers.dashboards import Dashboard, Moved, Snippet
from featviz.importers.numbering import Numbering
from featviz.records import Correlation, Effects, Group, Histogram, LogitTable, Record, TokenLogits, Windows

NEAR = 1e-3
"""How far rounding may put a printed activation from the one that is shown."""


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
        activations = _positive(dashboard.activations)
        return Record(
            feature=dashboard.feature,
            firings=dashboard.firings,
            max=_largest(dashboard, snippets),
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


def _largest(dashboard: Dashboard, snippets: list[Snippet]) -> float | None:
    """The largest activation as it is shown, where it is shown; else as it is printed, or the histogram's end."""
    if dashboard.activations is None:
        return None
    shown = max((float(snippet.activation[snippet.target]) for snippet in snippets), default=0.0)
    printed = dashboard.activations.high if dashboard.largest is None else dashboard.largest
    return max(shown if shown >= printed - NEAR else printed, NEAR / 2)


def _positive(activations: Histogram | None) -> Histogram | None:
    """The histogram without what rounding puts below zero."""
    if activations is None:
        return None
    return Histogram(max(activations.low, 0.0), max(activations.high, 0.0), activations.counts)
