"""One feature: its record in real units, with the text of every token."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from featviz.bundle.codec.tokens import Tokens
from featviz.bundle.reader import Bundle
from featviz.records import (
    Correlation,
    Group,
    Histogram,
    Label,
    NeuronAlignment,
    Record,
    Similarity,
    TokenLogits,
    Windows,
)

NO_TOKEN = -1


@dataclass(frozen=True, eq=False)
class LogitRow:
    """The tokens whose logits a feature moves most in one direction, most extreme first."""

    token: np.ndarray
    """Vocabulary ids. [k]"""
    text: list[str]
    logit: np.ndarray
    """[k]"""


@dataclass(frozen=True, eq=False)
class Window:
    """The tokens around one position, the target."""

    sequence: int
    position: int
    """Of the target, in its sequence."""
    start: int
    """Position of the first token."""
    count: int
    """Positions whose window has the same tokens."""
    token: np.ndarray
    """Vocabulary ids. [tokens]"""
    text: list[str]
    activation: np.ndarray
    """0 where the feature is silent, NaN where the position does not count. [tokens]"""
    loss_effect: np.ndarray
    """Change of the token's cross-entropy in nats, with the feature minus without; NaN where none. [tokens]"""
    changed_token: np.ndarray
    """Vocabulary ids of the largest, then the smallest changes of log-probability; -1 where none. [tokens 2k]"""
    change: np.ndarray
    """Those changes in nats, with the feature minus without; NaN where none. [tokens 2k]"""

    @property
    def target(self) -> int:
        """The target's place among the tokens."""
        return self.position - self.start

    def __str__(self) -> str:
        """The text, with the target in ⟦ ⟧."""
        before, target, after = self.text[: self.target], self.text[self.target], self.text[self.target + 1 :]
        return f"{''.join(before)}⟦{target}⟧{''.join(after)}"


@dataclass(frozen=True, eq=False)
class WindowGroup:
    """A titled run of windows."""

    kind: str
    """``top``, ``interval`` or ``bottom``."""
    index: int | None
    """Of an interval."""
    low: float
    high: float
    """Activations in an interval lie in (low, high]; in other groups between 0 and the maximum."""
    population: int | None
    """Positions that the windows were chosen from."""
    windows: list[Window] = field(repr=False)

    def __iter__(self) -> Iterator[Window]:
        return iter(self.windows)

    def __len__(self) -> int:
        return len(self.windows)


@dataclass(frozen=True, eq=False, repr=False)
class Feature:
    """Everything that a site knows about one feature; in a notebook it shows its dashboard.

    What an imported site does not know is ``None``.
    """

    sae: str
    number: int
    label: Label | None
    firings: int
    density: float
    """Firings as a share of the positions that count."""
    max: float | None
    """The largest activation; ``None`` if the feature is dead."""
    neuron_alignment: NeuronAlignment | None
    correlated_neurons: Correlation | None
    correlated_features: dict[str, Correlation | None]
    """By SAE."""
    similar_features: Similarity | None
    activation_histogram: Histogram | None
    logit_histogram: Histogram | None
    promotes: LogitRow | None
    suppresses: LogitRow | None
    groups: list[WindowGroup]
    """``top``, the intervals from high to low, ``bottom``; none if the feature is dead."""
    record: Record
    """The record as the bundle holds it, by column."""
    bundle: Bundle

    @property
    def top(self) -> list[Window]:
        """The windows of the highest activations."""
        return next((group.windows for group in self.groups if group.kind == "top"), [])

    def __repr__(self) -> str:
        label = f", {self.label.text!r}" if self.label else ""
        targets = " ".join(repr(window.text[window.target]) for window in self.top[:3])
        shown = f", fires on {targets}" if targets else ", dead" if self.firings == 0 else ""
        return f"<feature {self.sae}/{self.number}{label}: {self.firings:,} firings{shown}>"

    def _repr_html_(self) -> str:
        """The dashboard, for a notebook."""
        from featviz.site.embed import embedded

        return embedded(self.bundle, self.sae, self.number)


def make_feature(bundle: Bundle, sae: str, record: Record, tokens: Tokens) -> Feature:
    """A record with what its tokens look like."""
    table = record.logit_table
    return Feature(
        sae=sae,
        number=record.feature,
        label=record.label,
        firings=record.firings,
        density=record.firings / max(bundle.manifest.tokens.counted or 0, 1),
        max=record.max,
        neuron_alignment=record.neuron_alignment,
        correlated_neurons=record.correlated_neurons,
        correlated_features=record.correlated_features,
        similar_features=record.similar_features,
        activation_histogram=record.activation_histogram,
        logit_histogram=record.logit_histogram,
        promotes=_logits(table.positive, tokens) if table else None,
        suppresses=_logits(table.negative, tokens) if table else None,
        groups=list(_groups(record, tokens, bundle.manifest.settings.get("intervals") or 1)),
        record=record,
        bundle=bundle,
    )


def _logits(logits: TokenLogits, tokens: Tokens) -> LogitRow:
    return LogitRow(logits.token, [tokens.text[token] for token in logits.token.tolist()], logits.logit)


def _groups(record: Record, tokens: Tokens, intervals: int) -> Iterator[WindowGroup]:
    windows = _windows(record.windows, tokens)
    for group in record.groups:
        low, high = _bounds(group, record.max or 0.0, intervals)
        shown = [next(windows) for _ in range(group.windows)]
        yield WindowGroup(group.kind, group.index, low, high, group.population, shown)


def _bounds(group: Group, largest: float, intervals: int) -> tuple[float, float]:
    width = largest / intervals
    return (0.0, largest) if group.index is None else (width * group.index, width * (group.index + 1))


def _windows(windows: Windows, tokens: Tokens) -> Iterator[Window]:
    flat = windows.tokens.size
    activation, effects = np.zeros(flat), windows.effects
    activation[windows.activation_at] = windows.activation
    activation[windows.uncounted] = np.nan
    loss = np.full(flat, np.nan)
    loss[effects.at] = effects.loss
    changed = np.full((flat, effects.token.shape[1]), NO_TOKEN)
    changed[effects.at] = effects.token
    change = np.full(changed.shape, np.nan)
    change[effects.at] = effects.value
    ends = np.cumsum(windows.length)
    columns = (windows.seq, windows.pos, windows.start, windows.count, ends - windows.length, ends)
    for sequence, position, start, count, first, end in zip(*(column.tolist() for column in columns), strict=True):
        place = slice(first, end)
        token = windows.tokens[place]
        text = [tokens.text[each] for each in token.tolist()]
        yield Window(
            sequence, position, start, count, token, text, activation[place], loss[place], changed[place], change[place]
        )
