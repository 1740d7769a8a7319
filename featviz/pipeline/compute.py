"""Capture, select, effects, records: from inputs to every feature's record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from featviz.capture import Captured, CaptureSettings, capture
from featviz.capture.capture import has_neuron_basis
from featviz.effects import EffectSettings, LogitRows, centred, extreme, logit_rows, token_effects
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs
from featviz.pipeline.subset import chosen_features, runs
from featviz.pipeline.threads import thread_batches
from featviz.pipeline.windows import lay_out, read_windows
from featviz.progress import Stages
from featviz.records import Correlation, Histogram, LogitTable, NeuronAlignment, Record, Similarity, TokenLogits
from featviz.select import Positions, select_groups
from featviz.settings import Settings
from featviz.sources.readout import Readout
from featviz.statistics.correlation import feature_correlations, neuron_correlations
from featviz.statistics.decoder import neuron_alignments, similar_features
from featviz.statistics.histogram import histogram, row_histograms

LOGIT_ROW_BYTES = 1_600_000_000
"""Logit rows of a block of features at most: every block unembeds the positions again, so few are better."""
READOUT_TILE = 64
"""Features whose logits are centred, ranked and counted at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class Neighbours:
    """The left column of every feature of one SAE."""

    neuron_alignment: list[NeuronAlignment | None]
    correlated_neurons: list[Correlation | None]
    correlated_features: dict[str, list[Correlation | None]]
    similar_features: list[Similarity | None]


@dataclass(frozen=True)
class Computation:
    """What all blocks of features share after pass 1."""

    inputs: Inputs
    settings: Settings
    stages: Stages
    readout: Readout
    captured: Captured
    positions: Positions
    chosen: Mapping[str, Sequence[int]]
    """By SAE, the features that get a record."""
    store: Pieces | None = None
    """Where finished work is kept."""

    @classmethod
    def start(cls, inputs: Inputs, settings: Settings, stages: Stages, store: Pieces | None = None) -> "Computation":
        """Run pass 1."""
        chosen = chosen_features(settings, {name: sae.d_sae for name, sae in inputs.saes.items()})
        tokens, readout = inputs.tokens, inputs.model.readout()
        with stages.stage("capture", len(tokens.ids), "sequences") as advance:
            walk = CaptureSettings(settings.batch_size, store=store)
            captured = capture(inputs.model, inputs.saes, tokens, walk, advance)
        return cls(inputs, settings, stages, readout, captured, Positions(tokens, settings.groups()), chosen, store)

    def records(self, name: str) -> Iterator[list[Record]]:
        """Every chosen record of one SAE, block by block of consecutive features."""
        sae = self.inputs.saes[name]
        if not self.chosen[name]:
            return
        neighbours = self._neighbours(name)
        to_residual = self.inputs.model.to_final_residual(sae.write_hook)
        size = max(self.settings.chunk_size, LOGIT_ROW_BYTES // (4 * self.inputs.model.d_vocab))
        with self.stages.whole(f"all of {name}", len(self.chosen[name]), "features") as whole:
            for run in runs(self.chosen[name], size):
                yield self._block(name, run.start, self._logit_rows(name, run, to_residual), neighbours, whole)

    def _logit_rows(self, name: str, run: range, to_residual: Float[Tensor, "d_out d_model"] | None) -> LogitRows:
        """Those of a block; nobody but the block holds them, so that two blocks' are never in memory together."""
        decoder = self.inputs.saes[name].W_dec[run.start : run.stop].to(self.inputs.model.device)
        with self.stages.stage(f"logits {name}", len(decoder), "features") as advance:
            rows = logit_rows(decoder, to_residual, self.readout)
            advance(len(decoder))
        return rows

    def _neighbours(self, name: str) -> Neighbours:
        sae, k, needed = self.inputs.saes[name], self.settings.neighbours, self.chosen[name][-1] + 1
        firings, n = self.captured.firings, self.inputs.tokens.counted
        moments = self.captured.neurons.get(sae.read_hook)
        with self.stages.stage(f"correlations {name}", len(firings) + 2, "tables") as advance:
            neurons: list[Correlation | None] = (
                _first(neuron_correlations(moments, name, firings[name], n, k), needed) if moments else [None] * needed
            )
            advance(1)
            features = {}
            for other in self.inputs.saes:
                features[other] = _first(feature_correlations(firings[name], firings[other], n, k), needed)
                advance(1)
            similar = _first(similar_features(sae.W_dec, k), needed)
            alignment: list[NeuronAlignment | None] = [None] * needed
            if has_neuron_basis(sae.write_hook):
                alignment = list(neuron_alignments(sae.W_dec[:needed], k))
            advance(1)
        return Neighbours(alignment, neurons, features, similar)

    def _block(
        self, name: str, first: int, rows: LogitRows, neighbours: Neighbours, whole: Callable[[float], None]
    ) -> list[Record]:
        firings, settings, inputs = self.captured.firings[name], self.settings, self.inputs
        features = range(first, first + len(rows.logits))
        with self.stages.stage(f"select {name}", len(features), "features") as advance:
            choices = []
            for feature in features:
                choices.append(select_groups(feature, *firings.of(feature), self.positions))
                advance(1)
            windows = read_windows(lay_out(choices, self.positions), first, firings, self.positions)
        with self.stages.stage(f"effects {name}", len(windows.pairs.place), "ablations") as advance:
            share = len(features) / max(1, len(windows.pairs.place))
            store = self.store and self.store.within(f"{name}/{features.start}-{features.stop}")
            walk = EffectSettings(settings.effect_tokens, settings.batch_size, store=store)

            def ablated(pairs: int) -> None:
                """Most of a block's time goes by here: it stands for the whole of the block."""
                advance(pairs)
                whole(share * pairs)

            effects = token_effects(inputs.model, self.readout, inputs.tokens, rows, windows.pairs, walk, ablated)
        with self.stages.stage(f"records {name}", len(features), "features") as advance:
            parts = zip(features, choices, windows.of_features(effects), self._readouts(rows), strict=True)
            records = []
            for feature, choice, shown, (table, spread) in parts:
                place, value = firings.of(feature)
                records.append(
                    Record(
                        feature=feature,
                        firings=len(place),
                        max=float(value.max()) if len(place) else None,
                        neuron_alignment=neighbours.neuron_alignment[feature],
                        correlated_neurons=neighbours.correlated_neurons[feature],
                        correlated_features={
                            other: table[feature] for other, table in neighbours.correlated_features.items()
                        },
                        similar_features=neighbours.similar_features[feature],
                        activation_histogram=histogram(value, settings.histogram_bins),
                        logit_table=table,
                        logit_histogram=spread,
                        groups=choice.groups,
                        windows=shown,
                    )
                )
                advance(1)
        return records

    def _readouts(self, rows: LogitRows) -> Iterator[tuple[LogitTable, Histogram]]:
        """Each feature's logits table and histogram."""
        for first in range(0, len(rows.logits), READOUT_TILE):
            logits = centred(rows.logits[first : first + READOUT_TILE])
            yield from zip(
                self._logit_tables(logits), row_histograms(logits, self.settings.histogram_bins), strict=True
            )

    def _logit_tables(self, logits: Float[Tensor, "feature d_vocab"]) -> Iterator[LogitTable]:
        k = self.settings.logit_tokens
        (low, suppressed), (high, promoted) = extreme(-logits, k), extreme(logits, k)
        columns = (suppressed, -low, promoted, high)
        for negative, lows, positive, highs in zip(*(column.cpu().numpy() for column in columns), strict=True):
            yield LogitTable(
                TokenLogits(negative, lows.astype(np.float64)), TokenLogits(positive, highs.astype(np.float64))
            )


def _all(blocks: Iterable[list[T]]) -> list[T]:
    return list(chain.from_iterable(blocks))


def _first(blocks: Iterable[list[T]], count: int) -> list[T]:
    """At least the first ``count``; the blocks that come later are not asked for."""
    found: list[T] = []
    for block in blocks:
        found += block
        if len(found) >= count:
            break
    return found


def compute_records(inputs: Inputs, settings: Settings, stages: Stages | None = None) -> dict[str, list[Record]]:
    """Every record of every SAE, in memory: for tests and notebooks."""
    thread_batches()
    computation = Computation.start(inputs, settings, stages or Stages())
    return {name: _all(computation.records(name)) for name in inputs.saes}
