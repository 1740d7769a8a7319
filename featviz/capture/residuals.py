"""The final residuals of pass 1, on disk: where direct effects are read off them, the model need not run again."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from featviz.pieces import Pieces
from featviz.sources.model import LanguageModel
from featviz.sources.tokens import Tokens

MOST_BYTES = 4_000_000_000
"""Of all that are kept: the model runs again on the tokens that come after."""


def kept_tokens(tokens: int, d_model: int, device: str) -> int:
    """Of how many tokens, from the first on, they are kept: none on a GPU, which is faster than a disk."""
    return min(tokens, MOST_BYTES // (4 * d_model)) if device == "cpu" else 0


@dataclass(frozen=True)
class Residuals:
    """A piece for each batch of sequences that the model ran on."""

    store: Pieces
    sequences: int
    """How many are kept."""

    @classmethod
    def of(cls, store: Pieces, model: LanguageModel, tokens: Tokens) -> "Residuals":
        """Those of a model and tokens."""
        return cls(store, kept_tokens(tokens.ids.size, model.d_model, model.device.type) // tokens.context)

    def wanted(self, sequences: range) -> bool:
        """Whether those of a batch are kept."""
        return sequences.stop <= self.sequences

    def keep(self, sequences: range, residual: Float[Tensor, "token d_model"]) -> None:
        """At all places of a batch."""
        self.store.save(self._piece(sequences), {"residual": residual.numpy()})

    def recall(self, sequences: range) -> Float[Tensor, "token d_model"] | None:
        """``None`` where they were not kept, or are damaged."""
        found = self.store.load(self._piece(sequences)) if self.wanted(sequences) else None
        return None if found is None else torch.from_numpy(found["residual"])

    @staticmethod
    def _piece(sequences: range) -> str:
        return f"residuals/{sequences.start}-{sequences.stop}"
