"""Shards on their way through model and encoders; threads encode a batch while the model runs the next ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture.capture import LetGo, has_neuron_basis
from featviz.capture.encode import Encoder, encoder_of, fire
from featviz.capture.firings import FiringPiece, Firings, join
from featviz.capture.residuals import Residuals
from featviz.capture.shards import Shard
from featviz.capture.sums import NeuronSums
from featviz.errors import InputError
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import Tokens
from featviz.threads import in_order


@dataclass(frozen=True)
class Step:
    """A shard to go through."""

    shard: Shard
    let_go: LetGo
    known: Mapping[str, FiringPiece] | None = None
    """Its firings by SAE, where only sums are left to take."""
    summed: bool = False
    """It is in the sums already."""


@dataclass(frozen=True)
class _Batch:
    """What the model gave for some sequences of a step."""

    step: Step
    sequences: range
    first_place: int
    place: Int[Tensor, "token"]
    """Those that count, from the batch's first on."""
    activations: Mapping[str, Float[Tensor, "token d_in"]]
    residual: Float[Tensor, "place d_model"] | None
    """Where it is to be kept."""

    @property
    def ends_step(self) -> bool:
        return self.sequences.stop == self.step.shard.sequences.stop


_Found = Mapping[str, FiringPiece]


@dataclass(frozen=True)
class Walk:
    """How steps are gone through."""

    model: LanguageModel
    saes: Mapping[str, SparseAutoencoder]
    tokens: Tokens
    threads: int
    keep: Callable[[Shard, Mapping[str, Firings]], None]
    """Told of the firings of every shard that was encoded."""
    residuals: Residuals | None
    """Where those of every batch that was encoded are kept."""
    sums: NeuronSums | None
    advance: Callable[[int], None]

    def through(self, steps: Iterable[Step]) -> None:
        """Every step, in order; sums are taken batch after batch."""
        encoder = cache(lambda name: encoder_of(self.saes[name]))  # made only where something is left to encode

        def encode(task: tuple[_Batch, str]) -> tuple[_Batch, _Found]:
            batch, name = task
            return batch, self._encoded(batch, name, encoder) if name else self._recalled(batch)

        gathered, found = list[_Found](), dict[str, FiringPiece]()
        tasks = self._tasks(steps)
        for batch, more in in_order(encode, tasks, self.threads, self.threads * max(1, len(self.saes))):
            found |= more
            if len(found) < len(self.saes):
                continue
            self._add(batch, found)
            if self.residuals and batch.residual is not None:
                self.residuals.keep(batch.sequences, batch.residual)
            gathered.append(found)
            found = {}
            if batch.ends_step:
                self._end(batch.step, gathered)
                gathered = []
            self.advance(len(batch.sequences))

    def _tasks(self, steps: Iterable[Step]) -> Iterator[tuple[_Batch, str]]:
        """Every batch with every SAE that is to encode it, and once with none where its firings are known."""
        for step in steps:
            names = self.saes if step.known is None else [""]
            for sequences in step.shard.batches:
                batch = self._run(step, sequences)
                yield from ((batch, name) for name in names)

    def _run(self, step: Step, sequences: range) -> _Batch:
        which = slice(sequences.start, sequences.stop)
        counts = torch.from_numpy(self.tokens.counts[which]).flatten()
        hooks = sorted({sae.read_hook for sae in self.saes.values()})
        keeps = self.residuals and step.known is None and self.residuals.wanted(sequences)
        asked = [*hooks, FINAL_RESIDUAL] if keeps else hooks
        seen = self.model.run(torch.from_numpy(self.tokens.ids[which]), asked)
        on_device = counts.to(self.model.device)
        x = {hook: _finite(seen[hook].flatten(0, 1), hook, sequences.start)[on_device] for hook in hooks}
        residual = seen[FINAL_RESIDUAL].flatten(0, 1) if keeps else None
        return _Batch(step, sequences, sequences.start * self.tokens.context, counts.nonzero()[:, 0], x, residual)

    def _encoded(self, batch: _Batch, name: str, encoder: Callable[[str], Encoder]) -> _Found:
        sae = self.saes[name]
        piece = fire(sae, encoder(name), batch.activations[sae.read_hook])
        return {name: FiringPiece(piece.feature, batch.place.numpy()[piece.place] + batch.first_place, piece.value)}

    def _recalled(self, batch: _Batch) -> _Found:
        assert batch.step.known is not None
        bounds = batch.first_place, batch.first_place + len(batch.sequences) * self.tokens.context
        return {name: piece.between(*bounds) for name, piece in batch.step.known.items()}

    def _add(self, batch: _Batch, found: _Found) -> None:
        if self.sums is None or batch.step.summed:
            return
        neurons = {hook: x.cpu().numpy() for hook, x in batch.activations.items() if has_neuron_basis(hook)}
        self.sums.add(batch.place.numpy() + batch.first_place, neurons, found)

    def _end(self, step: Step, gathered: list[_Found]) -> None:
        """Keep the step's firings before it counts as summed."""
        if step.known is None:
            joined = {name: join([found[name] for found in gathered]) for name in self.saes}
            self.keep(step.shard, {name: piece.sorted(self.saes[name].d_sae) for name, piece in joined.items()})
        step.let_go()
        if self.sums is not None and not step.summed:
            self.sums.finished(step.shard.number + 1)


def _finite(activations: Float[Tensor, "token d_in"], hook: str, first: int) -> Float[Tensor, "token d_in"]:
    if not bool(torch.isfinite(activations).all()):
        raise InputError(
            f"The model's activations at {hook} hold NaN or infinite values "
            f"(in the batch from sequence {first} on). Are its weights whole?"
        )
    return activations
