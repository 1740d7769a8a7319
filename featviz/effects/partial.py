"""What a part of the vocabulary says of effects, and how the parts add up.

Every feature's logits at once would take d_sae * d_vocab numbers, and a block of features at a time would unembed every
position once for each block. Instead the vocabulary is gone through in slices: a sum of exponentials is a sum over
slices, and the largest of all are among the largest of each.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from featviz.effects.logits import extreme

ROW_BYTES = 800_000_000
"""Logits of a block's features in a slice of the vocabulary, at most."""
LEAST_SLICE, LARGEST_SLICE = 1024, 12_288
"""Tokens of a slice: shorter ones cost more than they save, and of longer ones a tile's logits leave the cache."""
GROUPS = 4
"""Into how many pieces of work the slices are put at most."""


def vocabulary_slices(features: int, d_vocab: int, k: int) -> list[slice]:
    """Nearly equal ones, in order; each has room for the k largest changes."""
    wanted = max(-(-4 * features * d_vocab // ROW_BYTES), -(-d_vocab // LARGEST_SLICE))
    count = max(1, min(wanted, d_vocab // max(k, LEAST_SLICE)))
    ends = np.linspace(0, d_vocab, count + 1).astype(int).tolist()
    return [slice(low, high) for low, high in itertools.pairwise(ends)]


def groups_of(slices: list[slice]) -> list[list[slice]]:
    """Consecutive slices that are one piece of work."""
    ends = np.linspace(0, len(slices), min(GROUPS, len(slices)) + 1).astype(int).tolist()
    return [slices[low:high] for low, high in itertools.pairwise(ends)]


@dataclass(frozen=True)
class Partial:
    """Of each pair, from some tokens of the vocabulary alone; changes are clean minus ablated."""

    clean: Float[np.ndarray, "pair"]
    """Log of the sum of the exponentials of their logits."""
    ablated: Float[np.ndarray, "pair"]
    """The same with the feature removed."""
    target: Float[np.ndarray, "pair"]
    """The change of the logit of the token that comes next; 0 if it is not among them."""
    token: Int[np.ndarray, "pair k2"]
    """Largest changes of a logit, then smallest: vocabulary ids."""
    change: Float[np.ndarray, "pair k2"]

    @classmethod
    def empty(cls, pairs: int, k2: int) -> "Partial":
        """Of no tokens."""
        nothing = np.full(pairs, -np.inf)
        least = np.concatenate([np.full((pairs, k2 // 2), sign * np.inf, np.float32) for sign in (-1, 1)], axis=1)
        return cls(nothing, nothing.copy(), np.zeros(pairs, np.float32), np.zeros((pairs, k2), np.int32), least)

    def add(self, other: "Partial", at: slice = slice(None)) -> None:
        """Take in what tokens with higher numbers say of the pairs that stand at ``at`` here."""
        self.clean[at] = np.logaddexp(self.clean[at], other.clean)
        self.ablated[at] = np.logaddexp(self.ablated[at], other.ablated)
        self.target[at] += other.target
        k = self.token.shape[1] // 2
        for half, largest in ((slice(0, k), True), (slice(k, None), False)):
            change, token = (
                np.concatenate([mine[at, half], its[:, half]], axis=1)
                for mine, its in ((self.change, other.change), (self.token, other.token))
            )
            best, index = extreme(torch.from_numpy(change), k, largest)
            self.change[at, half] = best.numpy()
            self.token[at, half] = np.take_along_axis(token, index.numpy(), axis=1)

    def effects(self) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair k2"]]:
        """Once all tokens are in: the change of the target's loss, and the changes of log-probability."""
        shift = (self.ablated - self.clean).astype(np.float32)
        return -(self.target + shift), self.change + shift[:, None]

    def arrays(self) -> dict[str, np.ndarray]:
        """As a piece of finished work."""
        return dict(vars(self))
