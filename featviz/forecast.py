"""How long a build still takes, from what its stages were expected to take and what they have taken so far."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

WEIGHT = 0.1
"""Share of a stage whose measured time counts as much as what was expected of the stage."""
CAUTION = 3.0
"""Seconds of finished work that count as much as the belief that this machine is as fast as expected."""
RECALLED = 20.0
"""What a stage begins with and goes by so many times faster than expected is an earlier run's work, read again."""


@dataclass
class _Work:
    """One stage: all its calls together are 1."""

    expected: float
    """Seconds."""
    computed: float = 0.0
    seconds: float = 0.0
    """That what is computed has taken."""
    recalled: float = 0.0

    def whole(self, slower: float) -> float:
        """Seconds for all of it."""
        return (self.seconds + WEIGHT * self.expected * slower) / (self.computed + WEIGHT)

    def left(self, slower: float) -> float:
        """Seconds."""
        return max(0.0, 1 - self.computed - self.recalled) * self.whole(slower)


@dataclass
class _Call:
    """The stage at work."""

    name: str
    part: float
    """Share of its stage."""
    heard: float
    """When it last told how far it is."""
    done: float = 0.0
    """Share of the call."""
    computing: bool = False


@dataclass
class Forecast:
    """Of one build; stages of which nothing was expected count for nothing."""

    clock: Callable[[], float] = time.monotonic
    _work: dict[str, _Work] = field(default_factory=dict)
    _call: _Call | None = None
    _begun: float | None = None

    def expect(self, seconds: Mapping[str, float]) -> None:
        """By stage; what is known of how far they are stays."""
        self._begun = self.clock() if self._begun is None else self._begun
        for name, expected in seconds.items():
            self._work.setdefault(name, _Work(expected)).expected = expected

    def begin(self, name: str, part: float) -> None:
        """A call of a stage that is this share of all of the stage."""
        self._call = _Call(name, part, self.clock())

    def advance(self, done: float) -> None:
        """The call has done this share of itself."""
        call = self._call
        if call is None or call.name not in self._work:
            return
        work, now = self._work[call.name], self.clock()
        share, taken = call.part * (done - call.done), now - call.heard
        call.computing |= taken * RECALLED >= share * work.expected
        if call.computing:
            work.computed, work.seconds = work.computed + share, work.seconds + taken
        else:
            work.recalled += share
        call.done, call.heard = done, now

    def end(self) -> None:
        """The call is over."""
        if self._call is not None and self._call.done < 1:
            self.advance(1.0)
        self._call = None

    def recall(self, names: Collection[str], share: float) -> None:
        """An earlier run has done this share of these stages."""
        for name in names:
            if name in self._work:
                self._work[name].recalled += share

    @property
    def stage(self) -> str:
        """The one at work; empty between two."""
        return "" if self._call is None else self._call.name

    def left(self) -> float | None:
        """Seconds; ``None`` where nothing is expected."""
        if not self._work:
            return None
        slower = self._slower()
        total = sum(work.left(slower) for work in self._work.values())
        call = self._call
        if call is not None and call.name in self._work:
            of_call = call.part * (1 - call.done) * self._work[call.name].whole(slower)
            total -= min(self.clock() - call.heard, of_call)
        return max(0.0, total)

    def share(self) -> float:
        """Of the build's time that has passed."""
        passed, left = self.clock() - (self._begun or 0.0), self.left() or 0.0
        return passed / max(passed + left, 1e-9)

    def _slower(self) -> float:
        """How many times longer than expected everything takes, as far as it shows."""
        taken = sum(work.seconds for work in self._work.values())
        expected = sum(work.computed * work.expected for work in self._work.values())
        return (taken + CAUTION) / (expected + CAUTION)
