"""Pass 1 over the tokens: forward, encode, keep the nonzeros."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from featviz.capture.encode import encoder_of, fire
from featviz.capture.firings import FiringPiece, Firings
from featviz.capture.moments import NeuronMoments
from featviz.capture.running import Running
from featviz.errors import InputError
from featviz.pieces import Pieces
from featviz.sources.model import LanguageModel
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import Tokens
from featviz.threads import THREADS


@dataclass(frozen=True)
class CaptureSettings:
    """How to go through the tokens."""

    batch_size: int = 32
    threads: int = THREADS
    store: Pieces | None = None
    """Where finished batches are kept."""


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
    settings: CaptureSettings,
    advance: Callable[[int], None] = lambda sequences: None,
) -> Captured:
    """Run the model over all tokens, encode with every feature of every SAE and keep what is not zero.

    While the model runs the next batch, threads encode the last; sums are taken in the order of the batches.
    """
    running = Running.resume({name: sae.d_sae for name, sae in saes.items()}, settings.store)
    hooks = sorted({sae.read_hook for sae in saes.values()})
    encoder = cache(lambda name: encoder_of(saes[name]))  # made only where something is left to encode
    waiting: deque[_Batch] = deque()
    with ThreadPoolExecutor(settings.threads) as pool:
        for number, (first, ids) in enumerate(sequence_batches(tokens, settings.batch_size)):
            if number < running.batches:
                advance(len(ids))
                continue
            counts = torch.from_numpy(tokens.counts[first : first + len(ids)]).flatten()
            activations = model.run(ids, hooks)
            x = {hook: _finite(activations[hook].flatten(0, 1), hook, first)[counts.to(model.device)] for hook in hooks}
            encoded = {name: pool.submit(fire, sae, encoder(name), x[sae.read_hook]) for name, sae in saes.items()}
            waiting.append(_Batch(len(ids), first * tokens.context, counts, x, encoded))
            while len(waiting) > settings.threads:
                advance(waiting.popleft().add_to(running, saes))
        while waiting:
            advance(waiting.popleft().add_to(running, saes))
    running.save()
    return Captured(running.sorted_firings(), running.moments)


@dataclass(frozen=True)
class _Batch:
    """A batch that the model has run, while it is being encoded."""

    sequences: int
    first_place: int
    counts: Bool[Tensor, "place"]
    activations: Mapping[str, Float[Tensor, "token d_in"]]
    encoded: Mapping[str, Future[FiringPiece]]

    def add_to(self, running: Running, saes: Mapping[str, SparseAutoencoder]) -> int:
        """Wait for the firings and add them; returns the number of sequences."""
        rows = {name: job.result() for name, job in self.encoded.items()}
        neurons = {
            hook: (x.cpu().numpy(), {name: piece for name, piece in rows.items() if saes[name].read_hook == hook})
            for hook, x in self.activations.items()
            if has_neuron_basis(hook)
        }
        running.add({name: _place(piece, self.counts, self.first_place) for name, piece in rows.items()}, neurons)
        return self.sequences


def has_neuron_basis(hook: str) -> bool:
    """Whether single coordinates at the hook mean something: MLP neurons do, residual directions do not."""
    return hook.endswith("mlp.hook_post")


def _place(piece: FiringPiece, counts: Bool[Tensor, "place"], first: int) -> FiringPiece:
    """The same firings with rows of counted positions turned into flat positions of the whole token table."""
    return FiringPiece(piece.feature, counts.nonzero().flatten().numpy()[piece.place] + first, piece.value)


def _finite(activations: Tensor, hook: str, first: int) -> Tensor:
    if not bool(torch.isfinite(activations).all()):
        raise InputError(
            f"The model's activations at {hook} hold NaN or infinite values "
            f"(in the batch from sequence {first} on). Are its weights whole?"
        )
    return activations
