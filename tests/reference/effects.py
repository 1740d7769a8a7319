"""What removing a feature does to the predictions, by running the model's own last modules again."""

from functools import cache

import numpy as np
import torch

from featviz.records import Effects
from tests.reference.forward import Forward
from tests.reference.statistics import highest
from tests.reference.windows import Window


class Removal:
    """One feature, taken out of the final residual."""

    def __init__(self, forward: Forward, dense: np.ndarray, direction: np.ndarray):
        """``dense`` are the feature's activations [seq pos], ``direction`` what one unit adds to the residual."""
        self.forward = forward
        self.dense = dense
        self.direction = direction
        self.change = cache(self._change)

    def _change(self, seq: int, pos: int) -> np.ndarray:
        """Log-probabilities of the token after this position, clean minus ablated. [d_vocab]"""
        without = self.forward.residual[seq, pos] - self.dense[seq, pos] * self.direction
        gpt2 = self.forward.gpt2
        with torch.no_grad():
            logits = gpt2.lm_head(gpt2.transformer.ln_f(torch.from_numpy(without)))
        return np.asarray(self.forward.log_probs[seq, pos] - logits.log_softmax(-1).numpy())

    def affects(self, seq: int, pos: int) -> bool:
        """Whether the token here counts and follows a position that counts and fires."""
        counts = self.forward.counts
        return bool(pos > 0 and counts[seq, pos] and counts[seq, pos - 1] and self.dense[seq, pos - 1] > 0)


def effects(removal: Removal, windows: list[Window], k: int) -> Effects:
    """The effects on every affected token of the windows."""
    shown = [(window.seq, pos) for window in windows for pos in range(window.start, window.stop)]
    affected = [flat for flat, position in enumerate(shown) if removal.affects(*position)]
    loss = np.zeros(len(affected))
    token = np.zeros((len(affected), 2 * k), int)
    value = np.zeros((len(affected), 2 * k))
    for row, (seq, pos) in enumerate(shown[flat] for flat in affected):
        change = removal.change(seq, pos - 1)
        loss[row] = -change[removal.forward.tokens[seq, pos]]
        token[row] = [*highest(change, k), *highest(-change, k)]
        value[row] = change[token[row]]
    return Effects(np.array(affected, int), loss, token, value)
