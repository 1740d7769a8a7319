"""Pass 1 over the tokens: forward, encode, keep the nonzeros."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments
from featviz.pieces import Pieces
from featviz.sources.model import LanguageModel
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import Tokens
from featviz.threads import THREADS

LetGo = Callable[[], None]
"""Ends the time in which nobody else does a piece of work."""


def nobody_else(name: str, wait: bool) -> LetGo | None:
    """The claim of a process that works alone."""
    return lambda: None


@dataclass(frozen=True)
class CaptureSettings:
    """How to go through the tokens."""

    batch_size: int = 32
    threads: int = THREADS
    store: Pieces | None = None
    """Where finished shards are kept, and shared."""
    residuals: bool = False
    """Whether final residuals are kept, too."""
    share: tuple[int, int] = (0, 1)
    """``(i, n)``: every n-th shard, from the i-th on, is run before the others."""
    claim: Callable[[str, bool], LetGo | None] = nobody_else
    """Takes a piece of work for this process; where another has it, waits or answers ``None``."""


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


def has_neuron_basis(hook: str) -> bool:
    """Whether single coordinates at the hook mean something: MLP neurons do, residual directions do not."""
    return hook.endswith("mlp.hook_post")


def capture(
    model: LanguageModel,
    saes: Mapping[str, SparseAutoencoder],
    tokens: Tokens,
    settings: CaptureSettings,
    advance: Callable[[int], None] = lambda sequences: None,
) -> Captured:
    """Run the model over all tokens, encode with every feature of every SAE and keep what is not zero, in memory."""
    from featviz.capture.sharded import ShardedCapture

    wanted = {name: range(sae.d_sae) for name, sae in saes.items() if has_neuron_basis(sae.read_hook)}
    with TemporaryDirectory() as folder:
        store = settings.store or Pieces(Path(folder))
        sharded = ShardedCapture(model, saes, tokens, replace(settings, store=store))
        moments = sharded.run(advance, wanted)
        firings = {
            name: Firings(each.start, each.place.copy(), each.value.copy()) for name, each in sharded.firings().items()
        }
    return Captured(firings, moments)
