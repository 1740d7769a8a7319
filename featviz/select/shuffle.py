"""The seeded random order in which samples are drawn."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

_MASK = (1 << 64) - 1


@dataclass
class Shuffle:
    """One random order of the N positions that count; every feature reads it, cyclically, from its own start.

    For each feature that is a uniformly random order, whatever the number of workers or the order of features.
    """

    seed: int
    positions: int
    order: Int[np.ndarray, "position"] = field(init=False, repr=False)
    """Ordinals of counted positions, shuffled."""
    rank: Int[np.ndarray, "position"] = field(init=False, repr=False)
    """Where in ``order`` each ordinal stands."""

    def __post_init__(self) -> None:
        self.order = np.random.default_rng(self.seed).permutation(self.positions)
        self.rank = np.empty_like(self.order)
        self.rank[self.order] = np.arange(self.positions)

    def start(self, feature: int) -> int:
        """Index into ``order`` from which the feature reads."""
        return _mix((self.seed << 32) ^ feature) % self.positions

    def turn(self, feature: int, ordinals: Int[np.ndarray, "n"]) -> Int[np.ndarray, "n"]:
        """When the feature comes to each of the ordinals, 0 first."""
        return (self.rank[ordinals] - self.start(feature)) % self.positions

    def read(self, feature: int, first: int, count: int) -> Int[np.ndarray, "count"]:
        """The feature's ordinals from its turn ``first`` on; fewer than ``count`` at the end of the round."""
        turns = np.arange(first, min(first + count, self.positions))
        return self.order[(turns + self.start(feature)) % self.positions]


def _mix(value: int) -> int:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): neighbours land far apart."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
