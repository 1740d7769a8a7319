"""What pass 1 has gathered so far, and how it is put on disk and taken up again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from featviz.capture.firings import FiringPiece, Firings, sort_firings
from featviz.capture.moments import NeuronMoments
from featviz.pieces import Arrays, Pieces

SAVE_EVERY_SECONDS = 20.0


@dataclass
class Running:
    """Firings and moments of the first ``batches`` batches. When it is saved makes no difference to how it ends."""

    widths: Mapping[str, int]
    """d_sae by SAE."""
    store: Pieces | None = None
    batches: int = 0
    firings: dict[str, list[FiringPiece]] = field(default_factory=dict)
    moments: dict[str, NeuronMoments] = field(default_factory=dict)
    """By hook."""
    _saved_pieces: int = 0
    _saved_batches: int = 0
    _saved_at: float = field(default_factory=time.monotonic)

    def add(
        self, firings: Mapping[str, FiringPiece], neurons: Mapping[str, tuple[np.ndarray, Mapping[str, FiringPiece]]]
    ) -> None:
        """One more batch: firings by flat position; neuron activations by hook, with the firings by row."""
        for hook, (rows, encoded) in neurons.items():
            if len(rows):
                if hook not in self.moments:
                    self.moments[hook] = NeuronMoments.start(rows, {name: self.widths[name] for name in encoded})
                self.moments[hook].add(rows, encoded)
        for name, piece in firings.items():
            self.firings.setdefault(name, []).append(piece)
        self.batches += 1
        if time.monotonic() - self._saved_at > SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Put the batches since the last save on disk, then the state that counts them."""
        if self.store is None or self.batches == self._saved_batches:
            return
        new: Arrays = {}
        for name, pieces in self.firings.items():
            recent = pieces[self._saved_batches :]
            new |= {
                f"{column}_{name}": np.concatenate([getattr(piece, column) for piece in recent])
                for column in ("feature", "place", "value")
            }
        self.store.save(f"firings/{self._saved_pieces}", new)
        self._saved_pieces += 1
        self._saved_batches, self._saved_at = self.batches, time.monotonic()
        state: Arrays = {"batches": np.array(self.batches), "pieces": np.array(self._saved_pieces)}
        for hook, moments in self.moments.items():
            state |= {f"{hook}/{key}": value for key, value in moments.arrays().items()}
        self.store.save("capture", state)

    @classmethod
    def resume(cls, widths: Mapping[str, int], store: Pieces | None) -> "Running":
        """As far as an earlier run came; at the beginning if nothing whole is found."""
        running = cls(widths, store)
        state = store.load("capture") if store else None
        if store is None or state is None:
            return running
        pieces = [store.load(f"firings/{number}") for number in range(int(state["pieces"]))]
        whole = [piece for piece in pieces if piece is not None]
        if len(whole) < len(pieces):
            return running
        running.batches = running._saved_batches = int(state["batches"])
        running._saved_pieces = len(pieces)
        for name in widths:
            merged = [
                FiringPiece(piece[f"feature_{name}"], piece[f"place_{name}"], piece[f"value_{name}"]) for piece in whole
            ]
            running.firings[name] = merged + [FiringPiece.empty()] * (running.batches - len(merged))
        for hook in sorted({key.split("/")[0] for key in state if "/" in key}):
            running.moments[hook] = NeuronMoments.from_arrays(
                {key.split("/", 1)[1]: value for key, value in state.items() if key.startswith(f"{hook}/")}
            )
        return running

    def sorted_firings(self) -> dict[str, Firings]:
        return {name: sort_firings(self.firings[name], width) for name, width in self.widths.items()}
