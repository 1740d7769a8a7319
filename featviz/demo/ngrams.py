"""The yardstick for the demo model: smoothed n-gram models counted on the same training tokens.

Each order is interpolated with the one below it, Witten-Bell's way:
p(w | h) = (count(h w) + γ · kinds(h) · p(w | shorter h)) / (count(h) + γ · kinds(h)),
where kinds(h) counts the different tokens seen after h. γ is tuned per order, on training contexts left out of the
counts.
"""

import numpy as np

from featviz.demo.contexts import BOS_ID

TUNED_VALUES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
TUNING_SHARE = 50
"""One training context in this many is for tuning."""


class NGrams:
    """Interpolated n-gram probabilities up to `order`, from contexts [seq pos] that start with BOS."""

    def __init__(self, contexts: np.ndarray, order: int, d_vocab: int) -> None:
        self.order, self.d_vocab = order, d_vocab
        tuning = np.arange(len(contexts)) % TUNING_SHARE == 0
        self.counts = [_Counts(_keys(contexts[~tuning], n, d_vocab), d_vocab) for n in range(1, order + 1)]
        self.gammas = [1.0]
        for _ in range(1, order):
            losses = {gamma: -self._log_probs(contexts[tuning], [*self.gammas, gamma]).mean() for gamma in TUNED_VALUES}
            self.gammas.append(min(losses, key=lambda gamma: losses[gamma]))

    def cross_entropy(self, contexts: np.ndarray, order: int | None = None) -> float:
        """Mean over the predicted tokens, in nats."""
        return float(-self._log_probs(contexts, self.gammas[:order]).mean())

    def _log_probs(self, contexts: np.ndarray, gammas: list[float]) -> np.ndarray:
        """Log-probability of every token that is not BOS, by n-grams up to the order len(gammas)."""
        probs = np.array(1 / self.d_vocab)
        for n, gamma in enumerate(gammas, start=1):
            probs = self.counts[n - 1].interpolate(_keys(contexts, n, self.d_vocab), gamma, probs)
        return np.log(probs)


class _Counts:
    """How often each n-gram, and each history, was seen."""

    def __init__(self, keys: np.ndarray, d_vocab: int) -> None:
        self.d_vocab = d_vocab
        self.grams, self.gram_counts = np.unique(keys, return_counts=True)
        self.histories, starts = np.unique(self.grams // d_vocab, return_index=True)
        self.kinds = np.diff(np.append(starts, len(self.grams)))
        self.history_counts = np.add.reduceat(self.gram_counts, starts)

    def interpolate(self, keys: np.ndarray, gamma: float, lower: np.ndarray) -> np.ndarray:
        """Probabilities of the n-grams, given those of their last tokens by the next lower order."""
        seen = _look_up(self.grams, self.gram_counts, keys)
        total = _look_up(self.histories, self.history_counts, keys // self.d_vocab)
        weight = gamma * _look_up(self.histories, self.kinds, keys // self.d_vocab)
        return np.where(total > 0, (seen + weight * lower) / np.maximum(total + weight, 1e-9), lower)


def _keys(contexts: np.ndarray, n: int, d_vocab: int) -> np.ndarray:
    """The n-gram that ends at each predicted token, as one number; before a context's start stands BOS."""
    padded = np.pad(contexts.astype(np.int64), ((0, 0), (max(0, n - 2), 0)), constant_values=BOS_ID)
    keys = np.zeros_like(contexts[:, 1:], dtype=np.int64)
    first = padded.shape[1] - keys.shape[1] - n + 1
    for shift in range(n):
        keys = keys * d_vocab + padded[:, first + shift : first + shift + keys.shape[1]]
    return keys[contexts[:, 1:] != BOS_ID]


def _look_up(sorted_keys: np.ndarray, values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The value of each key, zero where it is unknown."""
    places = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[places] == keys, values[places], 0)
