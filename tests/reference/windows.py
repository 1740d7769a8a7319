"""The right column's windows by the written rules."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

Position = tuple[int, int]
"""(sequence, position)"""


@dataclass(frozen=True)
class Window:
    """Tokens start … stop - 1 of a sequence around a target."""

    seq: int
    pos: int
    start: int
    stop: int
    tokens: tuple[int, ...]

    def overlaps(self, other: "Window") -> bool:
        """Whether the two share a position."""
        return self.seq == other.seq and self.start < other.stop and other.start < self.stop

    def looks_like(self, other: "Window") -> bool:
        """Whether the tokens are the same and the target is at the same place."""
        return self.tokens == other.tokens and self.pos - self.start == other.pos - other.start


def window(tokens: np.ndarray, position: Position, reach: int | str) -> Window:
    """The window of a position: ``reach`` tokens each side, or the ``"full"`` sequence."""
    seq, pos = position
    context = tokens.shape[1]
    start, stop = (0, context) if isinstance(reach, str) else (max(0, pos - reach), min(context, pos + reach + 1))
    return Window(seq, pos, start, stop, tuple(tokens[seq, start:stop].tolist()))


def choose(candidates: Iterable[Position], limit: int, tokens: np.ndarray, reach: int | str) -> list[Window]:
    """Up to ``limit`` windows, in the candidates' order, none overlapping or repeating one before."""
    chosen: list[Window] = []
    for position in candidates:
        if len(chosen) == limit:
            break
        candidate = window(tokens, position, reach)
        if not any(candidate.overlaps(one) or candidate.looks_like(one) for one in chosen):
            chosen.append(candidate)
    return chosen


def count(chosen: Window, population: Iterable[Position], tokens: np.ndarray, reach: int | str) -> int:
    """How many positions of the population have a window that looks like this one."""
    target = tokens[chosen.seq, chosen.pos]
    same_target = [position for position in population if tokens[position] == target]
    return sum(chosen.looks_like(window(tokens, position, reach)) for position in same_target)
