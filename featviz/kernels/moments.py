"""Sums of neurons, alone and with the features that fire beside them, in float64."""

from typing import Any

import numpy as np

from featviz.kernels.compiled import compiled

NEURONS = 256
"""Neurons whose activations at a batch of places stay in the cache while all features pass."""


@compiled(nogil=True)
def add_sums(neurons: Any, shift: Any, total: Any, square: Any) -> Any:
    """Add each neuron's n - shift, and its square, over the places."""
    for place in range(neurons.shape[0]):
        for neuron in range(neurons.shape[1]):
            value = np.float64(neurons[place, neuron]) - shift[neuron]
            total[neuron] += value
            square[neuron] += value * value


@compiled(nogil=True)
def add_cross(neurons: Any, shift: Any, feature: Any, place: Any, value: Any, cross: Any) -> Any:
    """Add activation * (n - shift) of every firing to its feature's row; firings sorted by feature are the fastest.

    The loops count without signs: no index needs to be told from one that counts from the end.
    """
    for first in range(0, neurons.shape[1], NEURONS):
        low, high = np.uint64(first), np.uint64(min(first + NEURONS, neurons.shape[1]))
        for i in range(len(feature)):
            row, at, weight = np.uint64(feature[i]), np.uint64(place[i]), np.float64(value[i])
            for neuron in range(low, high):
                cross[row, neuron] += weight * (np.float64(neurons[at, neuron]) - shift[neuron])
