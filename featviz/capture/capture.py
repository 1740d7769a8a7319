"""Pass 1 over the tokens: forward, encode, keep the nonzeros."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from featviz.capture.firings import FiringPiece, Firings, sort_firings
from featviz.capture.moments import NeuronMoments
from featviz.errors import InputError
from featviz.sources.model import LanguageModel
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import Tokens

ENCODE_TILE = 1024
"""Positions encoded at once: bounds the memory of the dense activations."""


@dataclass(frozen=True)
class Captured:
    """What pass 1 leaves behind."""

    firings: dict[str, Firings]
    neurons: dict[str, NeuronMoments]
    """By hook, for the hooks that have a neuron basis."""


def sequence_batches(tokens: Tokens, batch_size: int) -> Iterator[tuple[int, Tensor]]:
    """Batches of sequences with the first one's number."""
    for first in range(0, len(tokens.ids), batch_size):
        yield first, torch.from_numpy(tokens.ids[first : first + batch_size])


def capture(
    model: LanguageModel,
    saes: Mapping[str, SparseAutoencoder],
    tokens: Tokens,
    batch_size: int,
    advance: Callable[[int], None] = lambda sequences: None,
) -> Captured:
    """Run the model over all tokens, encode with every feature of every SAE and keep what is not zero."""
    hooks = sorted({sae.read_hook for sae in saes.values()})
    pieces: dict[str, list[FiringPiece]] = {name: [] for name in saes}
    moments: dict[str, NeuronMoments] = {}
    for first, batch in sequence_batches(tokens, batch_size):
        counts = torch.from_numpy(tokens.counts[first : first + len(batch)]).flatten()
        activations = model.run(batch, hooks)
        for hook in hooks:
            x = _finite(activations[hook].flatten(0, 1), hook, first)[counts.to(model.device)]
            encoded = {name: _fire(sae, x) for name, sae in saes.items() if sae.read_hook == hook}
            if has_neuron_basis(hook) and len(x):
                neurons = x.cpu().numpy()
                if hook not in moments:
                    moments[hook] = NeuronMoments.start(neurons, {name: saes[name].d_sae for name in encoded})
                moments[hook].add(neurons, encoded)
            for name, piece in encoded.items():
                pieces[name].append(_place(piece, counts, first * tokens.context))
        advance(len(batch))
    return Captured({name: sort_firings(pieces[name], sae.d_sae) for name, sae in saes.items()}, moments)


def has_neuron_basis(hook: str) -> bool:
    """Whether single coordinates at the hook mean something: MLP neurons do, residual directions do not."""
    return hook.endswith("mlp.hook_post")


def _fire(sae: SparseAutoencoder, x: Float[Tensor, "token d_in"]) -> FiringPiece:
    """The nonzeros of the encoded positions; ``place`` is the row of ``x``."""
    pieces = [_nonzero(sae.encode(tile), number * ENCODE_TILE) for number, tile in enumerate(x.split(ENCODE_TILE))]
    return FiringPiece(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def _nonzero(activations: Float[Tensor, "token d_sae"], first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    row, feature = activations.nonzero(as_tuple=True)
    return feature.cpu().numpy(), row.cpu().numpy() + first, activations[row, feature].cpu().numpy()


def _place(piece: FiringPiece, counts: Bool[Tensor, "place"], first: int) -> FiringPiece:
    """The same firings with rows of counted positions turned into flat positions of the whole token table."""
    return FiringPiece(piece.feature, counts.nonzero().flatten().numpy()[piece.place] + first, piece.value)


def _finite(activations: Tensor, hook: str, first: int) -> Tensor:
    if not bool(torch.isfinite(activations).all()):
        raise InputError(f"The model's activations at {hook} hold NaN or infinite values (in the batch from sequence {first} on). Are its weights whole?")
    return activations
