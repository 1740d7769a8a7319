"""How pass 1 is cut, whoever runs it."""

from dataclasses import dataclass

SHARD_FLOPS = 2e12
"""Of a shard, about: some ten seconds of two cores, which is what a worker that is killed loses."""
SHARD_PLACES = 32_768
"""Of a shard at most: its firings are in memory together."""


@dataclass(frozen=True)
class Shard:
    """Consecutive batches of sequences."""

    number: int
    sequences: range
    batch_size: int

    @property
    def piece(self) -> str:
        """Its name in a store."""
        return f"runs/{self.sequences.start}-{self.sequences.stop}"

    @property
    def batches(self) -> list[range]:
        """The sequences that the model runs on together."""
        return [self.sequences[at : at + self.batch_size] for at in range(0, len(self.sequences), self.batch_size)]


def cut(sequences: int, context: int, batch_size: int, flops: float) -> list[Shard]:
    """All shards; ``flops`` is what a token takes. Whole batches of all sequences, one at least."""
    places = min(SHARD_PLACES, SHARD_FLOPS / flops)
    size = batch_size * max(1, int(places / context) // batch_size)
    return [
        Shard(number, range(first, min(first + size, sequences)), batch_size)
        for number, first in enumerate(range(0, sequences, size))
    ]


def flops_a_token(n_layers: int, d_model: int, weights: int) -> float:
    """Of the model's matrices and of encoders with so many ``weights``, roughly."""
    return 24.0 * n_layers * d_model**2 + 2.0 * weights
