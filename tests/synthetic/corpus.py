"""How large the synthetic model is, and the tokens that it reads."""

from dataclasses import dataclass

import numpy as np

from featviz.records import Vocabulary
from tests.synthetic.english import clean_tokens, clean_vocabulary
from tests.synthetic.vocabulary import BOS, synthetic_vocabulary


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
    clean: bool = False
    """English-like text and features with a theme, in place of hostile tokens and noise."""

    @property
    def counted(self) -> int:
        """N: every position but each sequence's BOS."""
        return self.sequences * (self.context - 1)


TINY = Shape(
    d_sae=6,
    d_vocab=60,
    d_mlp=8,
    sequences=20,
    context=12,
    window=2,
    top=3,
    bottom=2,
    intervals=4,
    per_interval=1,
    bins=5,
    logit_tokens=3,
    effect_tokens=2,
)
"""For tests that need every part of a bundle and no size."""


DEFAULT = Shape()


class Corpus:
    """Zipf-distributed tokens, the windows around positions in them, and what all features share."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self.seed = seed
        self.shape = shape
        self.rng = np.random.default_rng(seed)
        self.vocabulary = vocabulary_of(shape)
        size = (shape.sequences, shape.context)
        self.tokens = clean_tokens(self.rng, self.vocabulary, size) if shape.clean else self.frequent(size)
        self.tokens[:, 0] = BOS
        self.logits = np.sort(self.rng.normal(0, 0.02, shape.d_vocab))
        """Those of a feature, but for their scale."""
        self.logit_counts = np.histogram(self.logits, shape.bins)[0]
        self._by_token = np.argsort(self.tokens, axis=None, kind="stable")
        self._moved = [self.rng.permutation(shape.d_vocab) for _ in range(2)]
        chance = 1 / (np.arange(shape.d_vocab) + 9.0)
        self._chances = np.cumsum(chance) / chance.sum()

    def generator(self, feature: int, sae: str) -> np.random.Generator:
        """The feature's own randomness, whatever was made before it."""
        return np.random.default_rng([self.seed, feature, *sae.encode()])

    def frequent(self, size: tuple[int, ...], rng: np.random.Generator | None = None) -> np.ndarray:
        """Token ids, the low ones far more often."""
        ranks = (rng or self.rng).zipf(1.2, size=size) % (self.shape.d_vocab - 1)
        return ranks + 1

    def moved(self, rng: np.random.Generator, way: int) -> np.ndarray:
        """Different tokens for a feature's logits table: way 0 promotes, 1 suppresses."""
        found = np.empty(0, dtype=np.int64)
        while found.size < self.shape.logit_tokens:
            more = np.searchsorted(self._chances, rng.random(2 * self.shape.logit_tokens))
            first = np.unique(np.concatenate([found, more]), return_index=True)[1]
            found = np.concatenate([found, more])[np.sort(first)]
        return self._moved[way][found[: self.shape.logit_tokens]]

    def positions_of(self, token: int) -> np.ndarray:
        """Where a token stands, as flat indices."""
        low, high = np.searchsorted(self.tokens.ravel(), [token, token + 1], sorter=self._by_token)
        return self._by_token[low:high]


def vocabulary_of(shape: Shape) -> Vocabulary:
    """The vocabulary that goes with a shape."""
    return clean_vocabulary(shape.d_vocab) if shape.clean else synthetic_vocabulary(shape.d_vocab)
