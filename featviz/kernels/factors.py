"""The factors of pairs of a position and a feature: one pass over the residual and the direction of each."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled
from featviz.kernels.rows import total


@compiled(nogil=True, fastmath=REASSOCIATE)
def _squares(residual: Any, mean: Any, direction: Any, activation: Any) -> Any:
    """Sums of squares of the clean and of the ablated residual, and the latter less the former without cancellation."""
    before, after, growth = np.float32(0), np.float32(0), np.float32(0)
    for i in range(len(residual)):
        clean, taken = residual[i] - mean, activation * direction[i]
        left = clean - taken
        before += clean * clean
        after += left * left
        growth += taken * (taken - np.float32(2) * clean)
    return before, after, growth


@compiled(nogil=True)
def factors(known: Any, pairs: Any, norm: Any, found: Any) -> None:
    """Write ``of_feature`` and ``of_clean`` of each pair.

    ``known`` are residuals and directions, ``pairs`` rows of these and activations, ``norm`` whether it centres, its
    eps, and whether logits are capped. Directions are centred where the norm centres.
    """
    (residual, direction), (place, row, activation), (centred, eps, capped) = known, pairs, norm
    of_feature, of_clean = found
    width = residual.shape[1]
    for n in range(len(place)):
        mine = residual[place[n]]
        mean = np.float32(total(mine) / width) if centred else np.float32(0)
        before, after, growth = _squares(mine, mean, direction[row[n]], activation[n])
        scale, ablated = np.sqrt(before / width + eps), np.sqrt(after / width + eps)
        of_feature[n] = activation[n] / ablated
        of_clean[n] = 1 / ablated if capped else growth / width / (scale + ablated) / (scale * ablated)
