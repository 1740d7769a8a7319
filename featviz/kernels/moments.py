"""Sums of neurons, alone and with the features that fire beside them, in float64."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import REASSOCIATE, compiled
from featviz.kernels.prefetch import ask_for

NEURONS = 1024
"""Neurons that are added at once: a feature's sums with them stay in the first cache while its firings pass."""
AHEAD = 8
"""Firings whose feature's sums memory is asked for beforehand."""


@compiled(nogil=True)
def add_sums(neurons: Any, shift: Any, total: Any, square: Any) -> Any:
    """Add each neuron's n - shift, and its square, over the places."""
    for place in range(neurons.shape[0]):
        for neuron in range(neurons.shape[1]):
            value = np.float64(neurons[place, neuron]) - shift[neuron]
            total[neuron] += value
            square[neuron] += value * value


@compiled(nogil=True, fastmath=REASSOCIATE)
def add_cross(neurons: Any, shift: Any, feature: Any, place: Any, value: Any, cross: Any) -> Any:
    """Add activation * (n - shift) of every firing to its feature's row; firings sorted by feature are the fastest.

    Four firings of a feature are added at once: its sums are read and written once for them. The loops count without
    signs: no index needs to be told from one that counts from the end.
    """
    for first in range(0, neurons.shape[1], NEURONS):
        end = min(first + NEURONS, neurons.shape[1])
        low, high = np.uint64(first), np.uint64(end)
        i = 0
        while i < len(feature):
            if i + AHEAD < len(feature):
                ask_for(cross[feature[i + AHEAD]], first, end)
            row, a, v = np.uint64(feature[i]), np.uint64(place[i]), np.float64(value[i])
            if i + 3 < len(feature) and feature[i + 3] == feature[i]:
                b, w = np.uint64(place[i + 1]), np.float64(value[i + 1])
                c, x = np.uint64(place[i + 2]), np.float64(value[i + 2])
                d, y = np.uint64(place[i + 3]), np.float64(value[i + 3])
                for n in range(low, high):
                    cross[row, n] += (
                        v * (np.float64(neurons[a, n]) - shift[n])
                        + w * (np.float64(neurons[b, n]) - shift[n])
                        + x * (np.float64(neurons[c, n]) - shift[n])
                        + y * (np.float64(neurons[d, n]) - shift[n])
                    )
                i += 4
            else:
                for n in range(low, high):
                    cross[row, n] += v * (np.float64(neurons[a, n]) - shift[n])
                i += 1
