"""The groups of a feature: what each is chosen from, and in which order."""

from dataclasses import dataclass

import numpy as np

from featviz.records import Group
from tests.reference.settings import Settings
from tests.reference.windows import Position, Window, choose, count


@dataclass(frozen=True)
class Chosen:
    """A group with its windows and, for each, how many positions look like it."""

    group: Group
    windows: list[Window]
    counts: list[int]


@dataclass(frozen=True)
class Feature:
    """One feature's activations, and the positions that count."""

    tokens: np.ndarray
    dense: np.ndarray
    """[seq pos]"""
    in_order: list[Position]
    shuffled: list[Position]
    """The same positions in this feature's random order."""

    @property
    def firings(self) -> list[Position]:
        return [position for position in self.in_order if self.dense[position] > 0]


def groups(feature: Feature, settings: Settings) -> list[Chosen]:
    """Top, intervals from high to low, bottom; none for a dead feature."""
    if not feature.firings:
        return []
    intervals = [interval(feature, index, settings) for index in reversed(range(settings.intervals))]
    return [top(feature, settings), *intervals, bottom(feature, settings)]


def top(feature: Feature, settings: Settings) -> Chosen:
    """The highest activations, ties by position."""
    highest = sorted(feature.firings, key=lambda position: (-feature.dense[position], position))
    windows = choose(highest, settings.top, feature.tokens, settings.window)
    counts = [count(each, feature.firings, feature.tokens, settings.window) for each in windows]
    return Chosen(Group("top", len(windows), len(feature.firings)), windows, counts)


def interval(feature: Feature, index: int, settings: Settings) -> Chosen:
    """A sample of the activations in (max * index / intervals, max * (index + 1) / intervals]."""
    parts, largest = settings.intervals, feature.dense.max()
    inside = [
        each for each in feature.shuffled if largest * index < feature.dense[each] * parts <= largest * (index + 1)
    ]
    windows = choose(inside, settings.per_interval, feature.tokens, settings.window)
    counts = [count(each, inside, feature.tokens, settings.window) for each in windows]
    return Chosen(Group("interval", len(windows), len(inside), index), windows, counts)


def bottom(feature: Feature, settings: Settings) -> Chosen:
    """Silent positions in random order, then the smallest activations, ties by position."""
    silent = [position for position in feature.shuffled if feature.dense[position] == 0]
    firings = sorted(feature.firings, key=lambda position: (feature.dense[position], position))
    windows = choose(silent + firings, settings.bottom, feature.tokens, settings.window)
    alike = [firings if feature.dense[each.seq, each.pos] > 0 else silent for each in windows]
    counts = [count(each, those, feature.tokens, settings.window) for each, those in zip(windows, alike, strict=True)]
    return Chosen(Group("bottom", len(windows), len(feature.in_order)), windows, counts)
