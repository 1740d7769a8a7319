"""Capture, select, effects, records: from inputs to every feature's record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from featviz.capture import CaptureSettings, Firings, ShardedCapture
from featviz.pieces import Pieces
from featviz.pipeline.block import Block, Source
from featviz.pipeline.finished import Finished, FinishedPieces, records_key
from featviz.pipeline.inputs import Inputs
from featviz.pipeline.neighbours import Neighbours, Surroundings
from featviz.pipeline.neurons import CorrelatedNeurons, together
from featviz.pipeline.subset import chosen_features, runs, within
from featviz.pipeline.work import claimed_piece
from featviz.progress import Stages
from featviz.records import Record
from featviz.select import Positions
from featviz.settings import Settings
from featviz.sources.readout import Readout
from featviz.statistics.correlation import Vectors
from featviz.statistics.sums import Sums
from featviz.threads import thread_batches

BLOCK_FEATURES = 32_768
"""Features of a block at most: every block unembeds the positions again, and holds its pairs, about 12 KB a feature."""
PART = 256
"""Features of a finished piece at most, and of the windows and records in memory at once; at least a chunk."""
BLOCK_STAGES = ("neurons", "correlations", "neighbours", "logits", "select", "effects", "records", "write")
"""What the features of an SAE go through after pass 1; those of finished pieces no more."""
EXACT_FEATURES = 1024
"""Features of a block at most where effects are exact: each has several times as many."""


@dataclass(frozen=True)
class Computation:
    """What all blocks of features share after pass 1."""

    inputs: Inputs
    settings: Settings
    stages: Stages
    readout: Readout
    capture: ShardedCapture
    firings: Mapping[str, Firings]
    neurons: CorrelatedNeurons
    positions: Positions
    chosen: Mapping[str, Sequence[int]]
    """By SAE, the features that get a record."""
    store: Pieces
    """Where finished work is kept."""

    @classmethod
    def start(
        cls, inputs: Inputs, settings: Settings, stages: Stages, store: Pieces, share: tuple[int, int] | None = None
    ) -> "Computation":
        """Run pass 1; with a ``share``, what other workers leave of it."""
        chosen = chosen_features(settings, {name: sae.d_sae for name, sae in inputs.saes.items()})
        tokens, readout = inputs.tokens, inputs.model.readout()
        ablated = settings.effect == "direct" and any(map(len, chosen.values()))
        walk = CaptureSettings(settings.batch_size, store=store, residuals=ablated)
        if share:
            walk = replace(walk, share=share, claim=partial(claimed_piece, store))
        capture = ShardedCapture(inputs.model, inputs.saes, tokens, walk)
        wanted = together(inputs.saes, chosen)
        with stages.stage("capture", len(tokens.ids), "sequences") as advance:
            moments = capture.run(advance, {} if share else wanted)
        neurons = CorrelatedNeurons(capture, settings.neighbours, stages, wanted, moments)
        positions, firings = Positions(tokens, settings.groups()), capture.firings()
        stages.learn({name: len(each.place) / tokens.counted for name, each in firings.items()})
        return cls(inputs, settings, stages, readout, capture, firings, neurons, positions, chosen, store)

    def whole(self, name: str, features: int) -> AbstractContextManager[Callable[[float], None]]:
        """The bar of so many features of one SAE, through all stages after pass 1."""
        through = [f"{stage} {name}" for stage in BLOCK_STAGES]
        return self.stages.whole(f"all of {name}", features, "features", through)

    def all_finished(self, name: str) -> Iterator[Finished]:
        """The finished pieces of one SAE, in order; pieces of effects that have gone into them are dropped."""
        with self.whole(name, len(self.chosen[name])) as whole:
            for run in self.blocks(name):
                block = self.block(name, run)
                yield from self.finished(block, block.parts(), whole)
                block.forget()

    def finished(self, block: Block, parts: Sequence[range], whole: Callable[[float], None]) -> Iterator[Finished]:
        """The finished pieces of consecutive parts: those that the store has, and the others computed into it.

        ``whole`` is told of the features that are done.
        """
        name, known = block.source.name, None
        pieces = self._pieces(name)
        for part in parts:
            found = pieces.load(part)
            if found is not None:
                whole(len(part))
            else:
                known = known or block.of(within(block.features, part.start, parts[-1].stop), whole)
                found = self._finish(name, part, known.records(part))
            yield found

    def records(self, name: str) -> Iterator[list[Record]]:
        """Every chosen record of one SAE, in parts of consecutive features."""
        for run in self.blocks(name):
            block = self.block(name, run)
            known = block.of(run, lambda features: None)
            yield from map(known.records, block.parts())

    def blocks(self, name: str) -> list[Sequence[int]]:
        """The features of one SAE whose effects are computed together; they depend on the settings alone."""
        size = EXACT_FEATURES if self.settings.effect == "exact" else BLOCK_FEATURES
        part, chosen = self.part_size(name), self.chosen[name]
        size = max(size // part * part, part)
        return [chosen[first : first + size] for first in range(0, len(chosen), size)]

    def block(self, name: str, features: Sequence[int]) -> Block:
        """One of them."""
        source = Source(
            name,
            self.inputs,
            self.settings,
            self.stages,
            self.readout,
            self.inputs.model.to_final_residual(self.inputs.saes[name].write_hook),
            self.firings[name],
            self.positions,
            partial(self._neighbours, name),
            self.store,
            self.records_key,
            self.part_size(name),
            len(self.chosen[name]),
        )
        return Block(source, features)

    def chunk_size(self, name: str) -> int:
        """Where only some features get a dashboard each has a chunk of its own."""
        return self.settings.chunk_size if len(self.chosen[name]) == self.inputs.saes[name].d_sae else 1

    def part_size(self, name: str) -> int:
        """Features of a finished piece, and of the windows and records in memory at once: whole chunks."""
        size = self.chunk_size(name)
        return max(PART // size * size, size)

    def _neighbours(self, name: str, features: Sequence[int]) -> Neighbours:
        self.neurons.of(name, features)  # in stages of its own; they are found then
        parts, tile = list(runs(features, len(features))), self.part_size(name)
        tables, share = len(parts) * (len(self.firings) + 1), len(features) / len(self.chosen[name])
        with self.stages.stage(f"neighbours {name}", tables, "tables", share) as advance:
            return Neighbours.joined([self._surroundings.neighbours(name, part, tile, advance) for part in parts])

    @cached_property
    def _surroundings(self) -> Surroundings:
        """Made where a record is left to compute."""
        vectors = {
            name: Vectors(firings, self.capture.slices(name), Sums.of_features(firings))
            for name, firings in self.firings.items()
        }
        counted, k = self.inputs.tokens.counted, self.settings.neighbours
        return Surroundings(self.inputs.saes, self.neurons, vectors, counted, k)

    def _finish(self, name: str, part: range, records: list[Record]) -> Finished:
        with self.stages.stage(f"write {name}", len(part), "features", len(part) / len(self.chosen[name])) as advance:
            made = Finished.of(name, self.chunk_size(name), records, self.inputs)
            self._pieces(name).save(part, made)
            advance(len(part))
        return made

    def _pieces(self, name: str) -> FinishedPieces:
        return FinishedPieces(self.store, self.records_key, name, self.chunk_size(name))

    @cached_property
    def records_key(self) -> str:
        """A digest of all that records depend on."""
        return records_key(self.inputs, self.settings)


def compute_records(inputs: Inputs, settings: Settings, stages: Stages | None = None) -> dict[str, list[Record]]:
    """Every record of every SAE, in memory: for tests and notebooks."""
    thread_batches()
    with TemporaryDirectory() as folder:
        computation = Computation.start(inputs, settings, stages or Stages(), Pieces(Path(folder)))
        return {name: [record for part in computation.records(name) for record in part] for name in inputs.saes}
