"""Capture, select, effects, records: from inputs to every feature's record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from featviz.capture import CaptureSettings, Firings, capture
from featviz.effects import LogitRows, logit_rows
from featviz.pieces import Pieces
from featviz.pipeline.block import Block, Source
from featviz.pipeline.inputs import Inputs
from featviz.pipeline.neighbours import CorrelatedNeurons, Neighbours, correlated_neurons
from featviz.pipeline.subset import chosen_features, runs
from featviz.progress import Stages
from featviz.records import Record
from featviz.select import Positions
from featviz.settings import Settings
from featviz.sources.readout import Readout
from featviz.threads import thread_batches

LOGIT_ROW_BYTES = 1_600_000_000
"""Logit rows of a block of features at most: every block unembeds the positions again, so few are better."""
EXACT_FEATURES = 1024
"""Features of a block at most where effects are exact: each has several times as many."""


@dataclass(frozen=True)
class Computation:
    """What all blocks of features share after pass 1."""

    inputs: Inputs
    settings: Settings
    stages: Stages
    readout: Readout
    firings: Mapping[str, Firings]
    neurons: Mapping[str, CorrelatedNeurons]
    """Correlated with the features of each SAE, as far as a chosen one reaches."""
    positions: Positions
    chosen: Mapping[str, Sequence[int]]
    """By SAE, the features that get a record."""
    store: Pieces | None = None
    """Where finished work is kept."""

    @classmethod
    def start(cls, inputs: Inputs, settings: Settings, stages: Stages, store: Pieces | None = None) -> "Computation":
        """Run pass 1. Of the neurons only the correlations are kept: their sums take d_sae * d_mlp numbers."""
        chosen = chosen_features(settings, {name: sae.d_sae for name, sae in inputs.saes.items()})
        tokens, readout = inputs.tokens, inputs.model.readout()
        with stages.stage("capture", len(tokens.ids), "sequences") as advance:
            walk = CaptureSettings(settings.batch_size, store=store)
            captured = capture(inputs.model, inputs.saes, tokens, walk, advance)
        neurons: dict[str, CorrelatedNeurons] = {}
        for name, sae in inputs.saes.items():
            needed = max(chosen[name], default=-1) + 1
            with stages.stage(f"correlations {name}", 1, "table") as advance:
                neurons[name] = correlated_neurons(captured, name, sae, needed, tokens.counted, settings.neighbours)
                advance(1)
        positions = Positions(tokens, settings.groups())
        return cls(inputs, settings, stages, readout, captured.firings, neurons, positions, chosen, store)

    def records(self, name: str) -> Iterator[list[Record]]:
        """Every chosen record of one SAE, in parts of consecutive features."""
        if not self.chosen[name]:
            return
        source = self._source(name, self._neighbours(name))
        with self.stages.whole(f"all of {name}", len(self.chosen[name]), "features") as whole:
            for run in self.blocks(name):
                yield from self._block(source, run).records(whole)

    def blocks(self, name: str) -> list[range]:
        """The features of one SAE whose effects are computed together; they depend on the settings alone."""
        size = max(self.settings.chunk_size, LOGIT_ROW_BYTES // (4 * self.inputs.model.d_vocab))
        if self.settings.effect == "exact":
            size = min(size, EXACT_FEATURES)
        return list(runs(self.chosen[name], size))

    def ablate(self, name: str, run: range) -> None:
        """Compute the effects of one block into the store."""
        with self.stages.whole(f"{name} {run.start}-{run.stop - 1}", len(run), "features") as whole:
            self._block(self._source(name), run).ablated(whole)

    def _block(self, source: Source, run: range) -> Block:
        to_residual = self.inputs.model.to_final_residual(self.inputs.saes[source.name].write_hook)
        return Block(source, run.start, self._logit_rows(source.name, run, to_residual))

    def _neighbours(self, name: str) -> Neighbours:
        sae, settings, tokens = self.inputs.saes[name], self.settings, self.inputs.tokens
        with self.stages.stage(f"correlations {name}", len(self.firings) + 1, "tables") as advance:
            return Neighbours.of(
                name, sae, self.firings, self.neurons[name], tokens.counted, settings.neighbours, advance
            )

    def _source(self, name: str, neighbours: Neighbours | None = None) -> Source:
        return Source(
            name,
            self.inputs,
            self.settings,
            self.stages,
            self.readout,
            self.firings[name],
            self.positions,
            neighbours,
            self.store,
        )

    def _logit_rows(self, name: str, run: range, to_residual: Float[Tensor, "d_out d_model"] | None) -> LogitRows:
        """Those of a block; nobody but the block holds them, so that two blocks' are never in memory together."""
        decoder = self.inputs.saes[name].W_dec[run.start : run.stop].to(self.inputs.model.device)
        with self.stages.stage(f"logits {name}", len(decoder), "features") as advance:
            rows = logit_rows(decoder, to_residual, self.readout, self.settings.logit_tokens)
            advance(len(decoder))
        return rows


def compute_records(inputs: Inputs, settings: Settings, stages: Stages | None = None) -> dict[str, list[Record]]:
    """Every record of every SAE, in memory: for tests and notebooks."""
    thread_batches()
    computation = Computation.start(inputs, settings, stages or Stages())
    return {name: [record for part in computation.records(name) for record in part] for name in inputs.saes}
