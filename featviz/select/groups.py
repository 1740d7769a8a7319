"""The groups of a feature's dashboard: top, intervals, bottom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from jaxtyping import Bool, Float, Int

from featviz.records import Group
from featviz.select.shuffle import Shuffle
from featviz.select.window import WindowShape, reading_classes
from featviz.settings import GroupSettings
from featviz.sources.tokens import Tokens

_SILENT_READ = 256
"""Turns of the shuffle read at once while looking for silent positions."""


@dataclass(frozen=True)
class Choice:
    """The windows chosen for one feature: targets (flat positions), how often each reads so, the groups they fill."""

    groups: list[Group]
    place: Int[np.ndarray, "window"]
    count: Int[np.ndarray, "window"]


@dataclass
class Positions:
    """All positions of the tokens, as choosing windows needs them; made once, shared by all features."""

    tokens: Tokens
    settings: GroupSettings
    shape: WindowShape = field(init=False)
    shuffle: Shuffle = field(init=False)
    place: Int[np.ndarray, "position"] = field(init=False)
    """Flat position of each counted position."""
    ordinal: Int[np.ndarray, "place"] = field(init=False)
    """Number of each flat position among those that count."""
    reads: Int[np.ndarray, "place"] = field(init=False)
    """Equal where windows read the same."""
    readings: Int[np.ndarray, "reading"] = field(init=False)
    """How many counted positions read so."""

    def __post_init__(self) -> None:
        counts = self.tokens.counts.ravel()
        self.shape = WindowShape(self.settings.reach, self.tokens.context)
        self.place = np.flatnonzero(counts)
        self.ordinal = np.cumsum(counts) - 1
        self.shuffle = Shuffle(self.settings.seed, len(self.place))
        self.reads = reading_classes(self.tokens, self.shape)
        self.readings = np.bincount(self.reads[self.place], minlength=int(self.reads.max()) + 1)


def select_groups(
    feature: int, place: Int[np.ndarray, "firing"], value: Float[np.ndarray, "firing"], positions: Positions
) -> Choice:
    """Choose the windows of one feature from its firings (places increasing)."""
    if len(place) == 0:
        return Choice([], np.empty(0, np.int64), np.empty(0, np.int64))
    picked = [
        _top(place, value, positions),
        *_intervals(feature, place, value, positions),
        _bottom(feature, place, value, positions),
    ]
    groups = [group for group, _, _ in picked]
    chosen = np.array([target for _, targets, _ in picked for target in targets], dtype=np.int64)
    return Choice(groups, chosen, np.concatenate([count for _, _, count in picked]))


_Picked = tuple[Group, list[int], Int[np.ndarray, "window"]]


def _top(place: np.ndarray, value: np.ndarray, positions: Positions) -> _Picked:
    order = np.argsort(-value, kind="stable")
    targets = _walk(place[order].tolist(), positions.settings.top, positions)
    return Group("top", len(targets), len(place)), targets, _count(targets, place, positions)


def _intervals(feature: int, place: np.ndarray, value: np.ndarray, positions: Positions) -> Iterator[_Picked]:
    """Equal intervals (low, high] between 0 and the maximum, highest first; samples in the feature's random order."""
    intervals = positions.settings.intervals
    value = value.astype(np.float64)
    index = np.clip(np.ceil(value * intervals / value.max()).astype(np.int64) - 1, 0, intervals - 1)
    turn = positions.shuffle.turn(feature, positions.ordinal[place])
    for number in reversed(range(intervals)):
        inside = index == number
        members = place[inside]
        targets = _walk(members[np.argsort(turn[inside])].tolist(), positions.settings.per_interval, positions)
        yield Group("interval", len(targets), len(members), number), targets, _count(targets, members, positions)


def _bottom(feature: int, place: np.ndarray, value: np.ndarray, positions: Positions) -> _Picked:
    """Silent positions in the feature's random order, then its smallest firings."""
    wanted = positions.settings.bottom
    targets = _walk(chain(_silent(feature, place, positions), _rising(place, value)), wanted, positions)
    firing = _among(place, np.array(targets, dtype=np.int64))
    fires_alike = _count(targets, place, positions)
    reads_alike = positions.readings[positions.reads[np.array(targets, dtype=np.int64)]]
    count = np.where(firing, fires_alike, reads_alike - fires_alike)
    return Group("bottom", len(targets), len(positions.place)), targets, count


def _rising(place: np.ndarray, value: np.ndarray) -> Iterator[int]:
    """Where the feature fires, from its smallest activation on."""
    yield from place[np.argsort(value, kind="stable")].tolist()


def _silent(feature: int, place: np.ndarray, positions: Positions) -> Iterator[int]:
    """Positions that count and where the feature is zero, in its random order."""
    if len(place) == len(positions.place):
        return
    for first in range(0, len(positions.place), _SILENT_READ):
        read = positions.place[positions.shuffle.read(feature, first, _SILENT_READ)]
        yield from read[~_among(place, read)].tolist()


def _among(places: Int[np.ndarray, "place"], wanted: Int[np.ndarray, "query"]) -> Bool[np.ndarray, "query"]:
    """Whether each is one of the places, which increase."""
    found = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    among: np.ndarray = places[found] == wanted
    return among


def _walk(candidates: Iterable[int], wanted: int, positions: Positions) -> list[int]:
    """The first ``wanted`` candidates of which no two overlap or read the same."""
    chosen: list[int] = []
    read: set[int] = set()
    taken: dict[int, list[int]] = {}
    context, overlap = positions.shape.context, positions.shape.overlap
    if wanted == 0:
        return chosen
    for target in candidates:
        reading = int(positions.reads[target])
        neighbours = taken.setdefault(target // context, [])
        if reading in read or any(overlap(target, other) for other in neighbours):
            continue
        chosen.append(target)
        if len(chosen) == wanted:
            break
        read.add(reading)
        neighbours.append(target)
    return chosen


def _count(targets: list[int], members: np.ndarray, positions: Positions) -> Int[np.ndarray, "window"]:
    """How many of the members read as each target does."""
    readings = np.sort(positions.reads[members])
    wanted = positions.reads[np.array(targets, dtype=np.int64)]
    return np.searchsorted(readings, wanted, "right") - np.searchsorted(readings, wanted, "left")
