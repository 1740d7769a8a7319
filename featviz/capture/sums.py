"""Sums of neurons, alone and with chosen features, over the shards of pass 1."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from jaxtyping import Float, Int

from featviz.capture.firings import FiringPiece
from featviz.capture.moments import NeuronMoments
from featviz.pieces import Arrays, Pieces

SAVE_EVERY_SECONDS = 20.0


@dataclass
class NeuronSums:
    """Moments over the first ``shards`` shards, place by place: how the shards are cut makes no difference."""

    rows: Mapping[str, Int[np.ndarray, "feature"]]
    """By SAE, the row of each feature in the sums; -1 where it is not wanted."""
    widths: Mapping[str, int]
    """By SAE, how many features are wanted."""
    hooks: Mapping[str, str]
    """By SAE, where it reads neurons."""
    store: Pieces
    name: str
    shards: int = 0
    moments: dict[str, NeuronMoments] = field(default_factory=dict)
    """By hook."""
    _saved: int = 0
    _saved_at: float = field(default_factory=time.monotonic)

    @classmethod
    def resume(
        cls, wanted: Mapping[str, Sequence[int]], d_sae: Mapping[str, int], hooks: Mapping[str, str], store: Pieces
    ) -> "NeuronSums":
        """As far as an earlier run came; at the beginning if nothing whole is found."""
        rows, digest = {}, sha256()
        for name, features in wanted.items():
            rows[name] = np.full(d_sae[name], -1)
            rows[name][np.asarray(features)] = np.arange(len(features))
            digest.update(f"{name} {d_sae[name]}".encode() + rows[name].tobytes())
        widths = {name: len(features) for name, features in wanted.items()}
        sums = cls(rows, widths, hooks, store, digest.hexdigest()[:16])
        state = store.load(sums.name)
        if state is not None:
            sums.shards = sums._saved = int(state["shards"][0])
            for hook in sorted({key.split("/")[0] for key in state if "/" in key}):
                sums.moments[hook] = NeuronMoments.from_arrays(
                    {key.split("/", 1)[1]: value for key, value in state.items() if key.startswith(f"{hook}/")}
                )
        return sums

    def add(
        self,
        places: Int[np.ndarray, "token"],
        neurons: Mapping[str, Float[np.ndarray, "token neuron"]],
        firings: Mapping[str, FiringPiece],
    ) -> None:
        """One more batch: the places that count there, the neurons at them by hook, and the firings by SAE."""
        for hook, activations in neurons.items():
            mine = {name: self._rows(name, firings[name], places) for name in self.rows if self.hooks[name] == hook}
            if not mine or not len(places):
                continue
            if hook not in self.moments:
                self.moments[hook] = NeuronMoments.start(activations, {name: self.widths[name] for name in mine})
            self.moments[hook].add(activations, mine)

    def _rows(self, name: str, piece: FiringPiece, places: Int[np.ndarray, "token"]) -> FiringPiece:
        """The wanted features' firings, by rows of the sums and of the activations."""
        row = self.rows[name][piece.feature]
        wanted = row >= 0
        return FiringPiece(row[wanted], np.searchsorted(places, piece.place[wanted]), piece.value[wanted])

    def finished(self, shards: int) -> None:
        """All of the first so many shards are in the sums."""
        self.shards = shards
        if time.monotonic() - self._saved_at > SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Put the sums on disk, if they have grown."""
        if self.shards == self._saved:
            return
        state: Arrays = {"shards": np.array([self.shards])}
        for hook, moments in self.moments.items():
            state |= {f"{hook}/{key}": value for key, value in moments.arrays().items()}
        self.store.save(self.name, state)
        self._saved, self._saved_at = self.shards, time.monotonic()
