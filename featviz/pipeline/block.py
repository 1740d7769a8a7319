"""The features whose logits are in memory together: their windows, the effects these need, and their records."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture import Firings
from featviz.effects import (
    EffectSettings,
    EffectTable,
    LogitRows,
    Pairs,
    Removed,
    centred,
    exact_effects,
    token_effects,
)
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs
from featviz.pipeline.neighbours import Neighbours
from featviz.pipeline.windows import BlockWindows, lay_out, read_windows
from featviz.progress import Stages
from featviz.records import Histogram, LogitTable, Record, TokenLogits
from featviz.select import Choice, Positions, select_groups
from featviz.settings import Settings
from featviz.sources.readout import Readout
from featviz.statistics.histogram import histogram, row_histograms

READOUT_TILE = 64
"""Features whose logits are centred, ranked and counted at once."""


@dataclass(frozen=True)
class Source:
    """What the blocks of one SAE read."""

    name: str
    inputs: Inputs
    settings: Settings
    stages: Stages
    readout: Readout
    firings: Firings
    positions: Positions
    store: Pieces | None
    """Where finished effects are kept."""
    part: int
    """Features whose windows and records are in memory at once."""
    features: int
    """Of the SAE that get a record."""


@dataclass(frozen=True)
class Block:
    """Consecutive features from ``first`` on, their neighbours and their logits."""

    source: Source
    first: int
    neighbours: Neighbours
    rows: LogitRows

    def ablated(self, whole: Callable[[float], None], left: int) -> "Ablated":
        """All effects that the windows of its features show; what is in the store is not computed again.

        ``whole`` is told of the features that are done, of which ``left`` are left to do.
        """
        source, features = self.source, len(self.rows.logits)
        part = features / source.features
        with source.stages.stage(f"select {source.name}", features, "features", part) as advance:
            parts, pairs = self._select(advance)
        with source.stages.stage(f"effects {source.name}", len(pairs.place), "ablations", part) as advance:
            share = left / max(1, len(pairs.place))

            def ablated(count: int) -> None:
                """Most of a block's time goes by here: it stands for the whole of the block."""
                advance(count)
                whole(share * count)

            return Ablated(self, parts, self._effects(pairs, ablated))

    def _select(self, advance: Callable[[int], None]) -> tuple[list["_Part"], Pairs]:
        """The windows' places of every feature, and all pairs whose effect is needed."""
        source, chosen, columns = self.source, [], []
        for first in range(0, len(self.rows.logits), source.part):
            choices = []
            for feature in range(self.first + first, self.first + min(first + source.part, len(self.rows.logits))):
                choices.append(select_groups(feature, *source.firings.of(feature), source.positions))
                advance(1)
            pairs = self._windows(first, choices).pairs
            chosen.append((first, choices, len(pairs.place)))
            columns.append((pairs.place, pairs.row + first, pairs.activation))
        place, row, activation = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.lexsort((row, place))
        entry = np.empty_like(order)
        entry[order] = np.arange(len(order))
        ends = np.cumsum([count for *_, count in chosen])
        parts = [
            _Part(first, choices, entry[end - count : end])
            for (first, choices, count), end in zip(chosen, ends, strict=True)
        ]
        return parts, Pairs(place[order], row[order], self.first, activation[order])

    def _windows(self, first: int, choices: Sequence[Choice]) -> BlockWindows:
        source, positions = self.source, self.source.positions
        exact = source.settings.effect == "exact"
        windows = read_windows(lay_out(choices, positions), self.first + first, source.firings, positions, exact)
        source.firings.release()
        return windows

    def _effects(self, pairs: Pairs, ablated: Callable[[int], None]) -> EffectTable:
        source, end = self.source, self.first + len(self.rows.logits)
        store = source.store and source.store.within(f"{source.name}/{self.first}-{end}")
        walk = EffectSettings(source.settings.effect_tokens, source.settings.batch_size, store=store)
        what = (source.inputs.model, source.readout, source.inputs.tokens)
        if source.settings.effect == "direct":
            return token_effects(*what, self.rows, pairs, walk, ablated)
        sae = source.inputs.saes[source.name]
        decoder = sae.W_dec[self.first : end].to(source.inputs.model.device)
        return exact_effects(*what, Removed(sae.write_hook, decoder, source.firings), pairs, walk, ablated)

    def records(self, part: "_Part", effects: EffectTable, advance: Callable[[int], None]) -> list[Record]:
        """Those of a part's features."""
        source, near = self.source, self.neighbours
        shown = self._windows(part.first, part.choices).of_features(effects)
        parts = zip(part.choices, shown, self._readouts(part.first, len(part.choices)), strict=True)
        records = []
        for row, (choice, windows, (table, spread)) in enumerate(parts, part.first):
            feature = self.first + row
            place, value = source.firings.of(feature)
            records.append(
                Record(
                    feature=feature,
                    firings=len(place),
                    max=float(value.max()) if len(place) else None,
                    neuron_alignment=near.neuron_alignment[row],
                    correlated_neurons=near.correlated_neurons[row],
                    correlated_features={other: column[row] for other, column in near.correlated_features.items()},
                    similar_features=near.similar_features[row],
                    activation_histogram=histogram(value, source.settings.histogram_bins),
                    logit_table=table,
                    logit_histogram=spread,
                    groups=choice.groups,
                    windows=windows,
                )
            )
            advance(1)
        return records

    def _readouts(self, first: int, count: int) -> Iterator[tuple[LogitTable, Histogram]]:
        """Each feature's logits table and histogram."""
        for low in range(first, first + count, READOUT_TILE):
            rows = self.rows.part(slice(low, min(low + READOUT_TILE, first + count)))
            logits = centred(rows.logits)
            spreads = row_histograms(logits, self.source.settings.histogram_bins)
            yield from zip(_logit_tables(rows, logits, self.source.settings.logit_tokens), spreads, strict=True)


@dataclass(frozen=True)
class _Part:
    """Some features of a block, from its ``first``-th on."""

    first: int
    choices: list[Choice]
    entry: Int[np.ndarray, "pair"]
    """Where each of the part's pairs stands in the block's table of effects."""


@dataclass(frozen=True)
class Ablated:
    """A block whose effects are known."""

    block: Block
    parts: list[_Part]
    effects: EffectTable

    def records(self, number: int) -> list[Record]:
        """Those of one of its parts."""
        part, source = self.parts[number], self.block.source
        features = len(part.choices)
        with source.stages.stage(f"records {source.name}", features, "features", features / source.features) as advance:
            return self.block.records(part, self.effects.of(part.entry), advance)


def _logit_tables(rows: LogitRows, logits: Float[Tensor, "feature d_vocab"], k: int) -> Iterator[LogitTable]:
    """From the ends of the rows and their centred logits."""
    ends = [
        column.cpu().numpy()
        for tokens in (rows.lowest[:, :k], rows.highest[:, :k])
        for column in (tokens, logits.gather(1, tokens).double())
    ]
    for suppressed, low, promoted, high in zip(*ends, strict=True):
        yield LogitTable(TokenLogits(suppressed, low), TokenLogits(promoted, high))
