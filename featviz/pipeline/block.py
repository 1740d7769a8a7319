"""The features whose effects are computed together: their windows, the effects these need, and their records."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture import Firings
from featviz.capture.residuals import Residuals
from featviz.effects import (
    GROUPS,
    Claim,
    Direct,
    EffectSettings,
    EffectTable,
    LogitRows,
    Pairs,
    Removed,
    centred,
    directions,
    exact_effects,
    logit_rows,
)
from featviz.pieces import Pieces
from featviz.pipeline.finished import RECORDS
from featviz.pipeline.inputs import Inputs
from featviz.pipeline.neighbours import Neighbours
from featviz.pipeline.subset import runs
from featviz.pipeline.windows import BlockWindows, lay_out, read_windows
from featviz.progress import Stages
from featviz.records import Histogram, LogitTable, Record, TokenLogits, Windows
from featviz.select import Choice, Positions, select_groups
from featviz.settings import Settings
from featviz.sources.readout import Readout
from featviz.statistics.histogram import histogram, row_histograms
from featviz.threads import in_order

READOUT_TILE = 128
"""Features whose logits are computed, centred, ranked and counted at once."""


@dataclass(frozen=True)
class Source:
    """What the blocks of one SAE read."""

    name: str
    inputs: Inputs
    settings: Settings
    stages: Stages
    readout: Readout
    to_residual: Float[Tensor, "d_out d_model"] | None
    """The way from the SAE's write hook to the final residual."""
    firings: Firings
    positions: Positions
    neighbours: Callable[[Sequence[int]], Neighbours]
    """Of some features."""
    store: Pieces | None
    """Where finished work is kept."""
    key: str
    """The `records_key`."""
    part: int
    """Features whose windows and records are in memory at once."""
    features: int
    """Of the SAE that get a record."""


@dataclass(frozen=True)
class Block:
    """Some features of one SAE, in order."""

    source: Source
    features: Sequence[int]
    choices: dict[range, list[Choice]] = field(default_factory=dict)
    """Of the parts whose windows were chosen by this process."""

    def share(self, claim: Claim) -> int:
        """Put those pieces of the direct effects that can be claimed into the store; returns how many they are."""
        with self._ablating(lambda features: None, 0) as (pairs, ablated):
            return self._direct(pairs).share(claim, ablated)

    def of(self, span: Sequence[int], whole: Callable[[float], None]) -> "Known":
        """All that the records of some of its parts are made of; what is in the store is not computed again.

        ``whole`` is told of the features that are done.
        """
        source = self.source
        with self._ablating(whole, len(span)) as (pairs, ablated):
            effects = self._effects(pairs, ablated)
        return Known(self, span, pairs, effects, source.neighbours(span), self._readouts(span))

    def forget(self) -> None:
        """Drop the pieces that its effects were added up from."""
        if (store := self._walk().store) is not None:
            store.drop(GROUPS)

    def pairs(self, parts: Sequence[range]) -> list[Pairs]:
        """Of each part, the pairs whose effect is needed."""
        source, found = self.source, []
        with source.stages.stage(
            f"select {source.name}", sum(map(len, parts)), "features", self._part(parts)
        ) as advance:
            for part in parts:
                piece = f"{RECORDS}/{source.key}/{source.name}/pairs/{part.start}-{part.stop}"
                known = source.store and source.store.load(piece)
                found.append(Pairs(**known) if known else self.windows(part).pairs)
                if source.store and not known:
                    source.store.save(piece, vars(found[-1]))
                advance(len(part))
        return found

    def parts(self, span: Sequence[int] | None = None) -> list[range]:
        """Of all features, or of a span that begins and ends where parts do."""
        return list(runs(self.features if span is None else span, self.source.part))

    def _part(self, parts: Sequence[Sequence[int]]) -> float:
        """Which share of a stage is gone through with these features."""
        return sum(map(len, parts)) / self.source.features

    @contextmanager
    def _ablating(
        self, whole: Callable[[float], None], left: int
    ) -> Iterator[tuple["PairsOfParts", Callable[[float], None]]]:
        """Most of a block's time goes by here: it stands for the whole of the block, of which so much is left."""
        parts = self.parts()
        pairs = PairsOfParts.of(dict(zip(parts, self.pairs(parts), strict=True)))
        count, stage = len(pairs.all.place), f"effects {self.source.name}"
        share = left / max(1, count)
        with self.source.stages.stage(stage, count, "ablations", self._part([self.features])) as advance:

            def ablated(count: float) -> None:
                advance(count)
                whole(share * count)

            yield pairs, ablated

    def windows(self, part: range) -> BlockWindows:
        """Of a part's features."""
        source = self.source
        if part not in self.choices:
            self.choices[part] = [select_groups(each, *source.firings.of(each), source.positions) for each in part]
        columns, exact = lay_out(self.choices[part], source.positions), source.settings.effect == "exact"
        windows = read_windows(columns, part.start, source.firings, source.positions, exact)
        source.firings.release()
        return windows

    def _effects(self, pairs: "PairsOfParts", ablated: Callable[[float], None]) -> EffectTable:
        source = self.source
        if source.settings.effect == "direct":
            return self._direct(pairs).effects(ablated)
        removed = Removed(source.inputs.saes[source.name].write_hook, self._decoder(self.features), source.firings)
        what = (source.inputs.model, source.readout, source.inputs.tokens)
        return exact_effects(*what, removed, pairs.all, self._walk(), ablated)

    def _direct(self, pairs: "PairsOfParts") -> Direct:
        source = self.source
        what = (source.inputs.model, source.readout, source.inputs.tokens)
        return Direct(*what, self._directions(self.features), pairs.all, self._walk())

    def _walk(self) -> EffectSettings:
        source = self.source
        store = source.store and source.store.within(f"{source.name}/{self.features[0]}-{self.features[-1] + 1}")
        model, tokens = source.inputs.model, source.inputs.tokens
        residuals = Residuals.of(source.store, model, tokens) if source.store else None
        sizes = source.settings.effect_tokens, source.settings.batch_size
        return EffectSettings(*sizes, store=store, residuals=residuals)

    def _decoder(self, features: Sequence[int]) -> Float[Tensor, "feature d_out"]:
        rows = slice(features.start, features.stop) if isinstance(features, range) else list(features)
        return self.source.inputs.saes[self.source.name].W_dec[rows].to(self.source.inputs.model.device)

    def _directions(self, features: Sequence[int]) -> Float[Tensor, "feature d_model"]:
        return directions(self._decoder(features), self.source.to_residual, self.source.readout)

    def _readouts(self, span: Sequence[int]) -> list[tuple[LogitTable, Histogram]]:
        """Each feature's logits table and histogram; tiles end where parts do, whatever the span."""
        source, found = self.source, list[tuple[LogitTable, Histogram]]()
        tiles = (tile for part in self.parts(span) for tile in runs(part, READOUT_TILE))
        with source.stages.stage(f"logits {source.name}", len(span), "features", self._part([span])) as advance:
            for some in in_order(partial(self._read_out, threading.local()), tiles):
                found += some
                advance(len(some))
        return found

    @torch.no_grad()
    def _read_out(self, rooms: threading.local, features: range) -> list[tuple[LogitTable, Histogram]]:
        """Each thread writes to the same memory again and again: fresh pages cost much and end up scattered."""
        settings, readout = self.source.settings, self.source.readout
        if not hasattr(rooms, "logits"):
            rooms.logits = readout.unembed.new_empty((READOUT_TILE, readout.unembed.shape[1]))
        room = rooms.logits[: len(features)]
        rows = logit_rows(self._directions(features), readout, settings.logit_tokens, room)
        logits = centred(rows.logits, out=rows.logits)
        spreads = row_histograms(logits, settings.histogram_bins)
        return list(zip(_logit_tables(rows, logits, settings.logit_tokens), spreads, strict=True))


@dataclass(frozen=True)
class PairsOfParts:
    """The pairs of a block, sorted by place, and where those of each part stand among them."""

    all: Pairs
    entries: dict[range, Int[np.ndarray, "_"]]

    @classmethod
    def of(cls, pairs: Mapping[range, Pairs]) -> "PairsOfParts":
        """Of a block's parts, in order."""
        parts = list(pairs.values())
        features, place, activation = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "place", "activation")
        )
        before = np.cumsum([0, *(len(part.features) for part in parts[:-1])])
        row = np.concatenate([part.row + rows for part, rows in zip(parts, before, strict=True)])
        order = np.lexsort((row, place))
        entry = np.empty_like(order)
        entry[order] = np.arange(len(order))
        ends = np.cumsum([len(part.place) for part in parts])
        return cls(
            Pairs(place[order], row[order], features, activation[order]),
            dict(zip(pairs, np.split(entry, ends[:-1]), strict=True)),
        )


@dataclass(frozen=True)
class Known:
    """What the records of some parts of a block are made of."""

    block: Block
    span: Sequence[int]
    pairs: PairsOfParts
    effects: EffectTable
    neighbours: Neighbours
    """Of the features of the span; so are the readouts."""
    readouts: Sequence[tuple[LogitTable, Histogram]]

    def records(self, part: range) -> list[Record]:
        """Those of a part's features."""
        source = self.block.source
        share = len(part) / source.features
        with source.stages.stage(f"records {source.name}", len(part), "features", share) as advance:
            windows = self.block.windows(part)
            shown = windows.of_features(self.effects.of(self.pairs.entries[part]))
            records = []
            chosen = zip(self.block.choices.pop(part), shown, strict=True)
            for row, (choice, its) in enumerate(chosen, self.span.index(part.start)):
                records.append(self._record(row, choice, its))
                advance(1)
        return records

    def _record(self, row: int, choice: Choice, windows: Windows) -> Record:
        near, feature = self.neighbours, self.span[row]
        table, spread = self.readouts[row]
        source = self.block.source
        place, value = source.firings.of(feature)
        return Record(
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


def _logit_tables(rows: LogitRows, logits: Float[Tensor, "feature d_vocab"], k: int) -> Iterator[LogitTable]:
    """From the ends of the rows and their centred logits."""
    ends = [
        column.cpu().numpy()
        for tokens in (rows.lowest[:, :k], rows.highest[:, :k])
        for column in (tokens, logits.gather(1, tokens).double())
    ]
    for suppressed, low, promoted, high in zip(*ends, strict=True):
        yield LogitTable(TokenLogits(suppressed, low), TokenLogits(promoted, high))
