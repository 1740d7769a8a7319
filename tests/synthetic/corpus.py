"""How large the synthetic model is, and the tokens that it reads."""

from dataclasses import dataclass

import numpy as np

from tests.synthetic.vocabulary import BOS


@dataclass(frozen=True)
class Shape:
    """How large the synthetic model, its tokens and the dashboards are."""

    d_sae: int = 2048
    d_vocab: int = 5000
    d_mlp: int = 512
    sequences: int = 512
    context: int = 128
    window: int = 5
    top: int = 20
    bottom: int = 20
    intervals: int = 10
    per_interval: int = 5
    bins: int = 40
    logit_tokens: int = 10
    effect_tokens: int = 5

    @property
    def counted(self) -> int:
        """N: every position but each sequence's BOS."""
        return self.sequences * (self.context - 1)


DEFAULT = Shape()


class Corpus:
    """Zipf-distributed tokens, and the windows around positions in them."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.seed = seed
        self.shape = shape
        self.rng = np.random.default_rng(seed)
        self.tokens = self.frequent((shape.sequences, shape.context))
        self.tokens[:, 0] = BOS

    def generator(self, feature: int, sae: str) -> np.random.Generator:
        """The feature's own randomness, whatever was made before it."""
        return np.random.default_rng([self.seed, feature, *sae.encode()])

    def frequent(self, size: tuple[int, ...], rng: np.random.Generator | None = None) -> np.ndarray:
        """Token ids, the low ones far more often."""
        ranks = (rng or self.rng).zipf(1.2, size=size) % (self.shape.d_vocab - 1)
        return ranks + 1
