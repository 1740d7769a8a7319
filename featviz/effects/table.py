"""What is asked of the effects stage, what it answers, and what it remembers."""

import time
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from featviz.capture.residuals import Residuals
from featviz.pieces import Pieces
from featviz.threads import THREADS

SAVE_EVERY_SECONDS = 20.0
NOT_FINITE = (
    "Removing a feature gives NaN or an infinite number. Are the weights of the SAE's decoder and of the model whole?"
)


@dataclass(frozen=True)
class EffectSettings:
    """How to go through the tokens."""

    effect_tokens: int = 5
    batch_size: int = 32
    threads: int = THREADS
    store: Pieces | None = None
    """Where finished effects are kept."""
    residuals: Residuals | None = None
    """Where pass 1 has kept the model's final residuals."""


@dataclass(frozen=True)
class Pairs:
    """Which feature is to be removed where: one entry a (place, feature), sorted by place; none ends its sequence."""

    place: Int[np.ndarray, "pair"]
    row: Int[np.ndarray, "pair"]
    """Which of ``features``."""
    features: Int[np.ndarray, "feature"]
    """Their numbers, increasing."""
    activation: Float[np.ndarray, "pair"]

    @property
    def feature(self) -> Int[np.ndarray, "pair"]:
        """The number of each pair's feature."""
        return self.features[self.row]


@dataclass(frozen=True)
class EffectTable:
    """For each pair, the change (clean minus ablated) at the prediction that is made there."""

    loss: Float[np.ndarray, "pair"]
    """Of the next token's cross-entropy."""
    token: Int[np.ndarray, "pair k2"]
    """Largest changes of log-probability, then smallest: vocabulary ids."""
    value: Float[np.ndarray, "pair k2"]

    @classmethod
    def empty(cls, pairs: int, k2: int) -> "EffectTable":
        """Room for so many pairs."""
        return cls(np.zeros(pairs, np.float32), np.zeros((pairs, k2), np.int32), np.zeros((pairs, k2), np.float32))

    def of(self, entry: Int[np.ndarray, "some"]) -> "EffectTable":
        """Some pairs' entries."""
        return EffectTable(self.loss[entry], self.token[entry], self.value[entry])


@dataclass
class Memory:
    """Effects on disk: what is known is put into the table, what is finished is saved."""

    store: Pieces | None
    k2: int
    pairs: Pairs
    table: EffectTable
    missing: Int[np.ndarray, "missing"] = field(init=False)
    """Pairs that are not known yet, in order."""
    _finished: int = 0
    """How many of ``missing`` are in the table now."""
    _saved: int = 0
    _pieces: int = 0
    _saved_at: float = field(default_factory=time.monotonic)

    def recall(self) -> Int[np.ndarray, "missing"]:
        """Fill the table with what is known; returns the pairs that are left to compute."""
        wanted = self._key(self.pairs.place, self.pairs.feature)
        pieces = self.store.run_of(self._prefix) if self.store else []
        self._pieces = len(pieces)
        left = np.ones(len(wanted), dtype=bool)
        for piece in pieces:
            keys = self._key(piece["place"], piece["feature"])
            _, here, there = np.intersect1d(wanted, keys, return_indices=True)
            left[here] = False
            self.table.loss[here], self.table.token[here], self.table.value[here] = (
                piece["loss"][there],
                piece["token"][there],
                piece["value"][there],
            )
        self.missing = np.flatnonzero(left)
        return self.missing

    def finished(self, pairs: int) -> None:
        """So many more of the missing pairs are in the table."""
        self._finished += pairs
        if time.monotonic() - self._saved_at > SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Put what was finished since the last save on disk."""
        new = self.missing[self._saved : self._finished]
        if self.store is None or len(new) == 0:
            return
        self.store.save(
            f"{self._prefix}/{self._pieces}",
            {
                "place": self.pairs.place[new],
                "feature": self.pairs.feature[new],
                "loss": self.table.loss[new],
                "token": self.table.token[new],
                "value": self.table.value[new],
            },
        )
        self._pieces += 1
        self._saved, self._saved_at = self._finished, time.monotonic()

    @property
    def _prefix(self) -> str:
        return f"effects/{self.k2}-{self.pairs.features[0]}"

    @staticmethod
    def _key(place: Int[np.ndarray, "pair"], feature: Int[np.ndarray, "pair"]) -> Int[np.ndarray, "pair"]:
        return (place.astype(np.int64) << 24) | feature
