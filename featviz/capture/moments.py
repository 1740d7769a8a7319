"""Running sums of neuron activations, alone and with features, that lose no digits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from featviz.capture.firings import FiringPiece


@dataclass
class NeuronMoments:
    """Sums over positions of shifted neuron activations n - shift, in float64.

    The shift (each neuron's mean over the first batch) keeps a small deviation on a large mean from drowning.
    """

    shift: Float[np.ndarray, "neuron"]
    total: Float[np.ndarray, "neuron"]
    square: Float[np.ndarray, "neuron"]
    cross: dict[str, Float[np.ndarray, "feature neuron"]]
    """By SAE: sum over positions of activation * (n - shift)."""

    @classmethod
    def start(cls, first: Float[np.ndarray, "token neuron"], widths: dict[str, int]) -> "NeuronMoments":
        """Empty sums, shifted by the mean of the first batch; ``widths`` are the SAEs' d_sae by name."""
        neurons = first.shape[1]
        shift = first.mean(0, dtype=np.float64).astype(first.dtype).astype(np.float64)
        cross = {name: np.zeros((width, neurons)) for name, width in widths.items()}
        return cls(shift, np.zeros(neurons), np.zeros(neurons), cross)

    def arrays(self) -> dict[str, np.ndarray]:
        """The sums as named arrays, to be put on disk."""
        return {"shift": self.shift, "total": self.total, "square": self.square} | {
            f"cross_{name}": cross for name, cross in self.cross.items()
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "NeuronMoments":
        """What ``arrays`` gave."""
        cross = {key.removeprefix("cross_"): value for key, value in arrays.items() if key.startswith("cross_")}
        return cls(arrays["shift"], arrays["total"], arrays["square"], cross)

    def add(self, neurons: Float[np.ndarray, "token neuron"], firings: Mapping[str, FiringPiece]) -> None:
        """Add the positions of one batch; ``firings.place`` here is the row of ``neurons``."""
        from featviz.kernels.moments import add_cross, add_sums
        from featviz.kernels.sorting import order_by

        add_sums(neurons, self.shift, self.total, self.square)
        for name, piece in firings.items():
            _, order = order_by(piece.feature, len(self.cross[name]))
            feature, place, value = piece.feature[order], piece.place[order], piece.value[order]
            add_cross(neurons, self.shift, feature, place, value, self.cross[name])
