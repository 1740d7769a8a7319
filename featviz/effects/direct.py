"""Direct effects: a final residual is unembedded once, for every feature that fires there.

The work is cut into shards of tokens, whose final residuals are in memory together, and each shard's into groups of
slices of the vocabulary: a group is a piece of work, which depends on the inputs and settings alone.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture.capture import LetGo, sequence_batches
from featviz.effects.ablation import ablate, arithmetic, read_positions
from featviz.effects.logits import logit_rows
from featviz.effects.partial import Partial, groups_of, vocabulary_slices
from featviz.effects.positions import Terms, Workspace
from featviz.effects.table import EffectSettings, EffectTable, Memory, Pairs
from featviz.sources.model import FINAL_RESIDUAL, LanguageModel
from featviz.sources.readout import Readout
from featviz.sources.tokens import Tokens
from featviz.threads import in_order

POSITION_TILE = 128
"""Positions unembedded at once, always so many; only those where a pair is."""
PAIR_TILE = 2048
"""Pairs ablated at once at most: on a device that holds their rows in a slice, 96 MiB."""
FACTOR_TILE = 2048
"""Pairs whose factors are worked out at once at most."""
SHARD_BYTES = 512_000_000
"""Final residuals in memory at most: each shard of tokens reads out the features' logits anew."""

GROUPS = "groups"
"""Folder in the store: of no use once the effects are there."""
Claim = Callable[[str], LetGo | None]
"""Takes a piece of work for this process: what lets it go, or ``None`` if it is not for this process."""


@dataclass(frozen=True)
class Direct:
    """Effects on what the final residual says, of features that each write one direction into it."""

    model: LanguageModel
    readout: Readout
    tokens: Tokens
    direction: Float[Tensor, "feature d_model"]
    pairs: Pairs
    settings: EffectSettings

    def effects(self, advance: Callable[[float], None] = lambda pairs: None) -> EffectTable:
        """The effect of removing each pair's feature at its place; what an earlier run has computed is in the store."""
        table = EffectTable.empty(len(self.pairs.place), self.k2)
        memory = Memory(self.settings.store, self.k2, self.pairs, table)
        missing = memory.recall()
        advance(float(len(self.pairs.place) - len(missing)))
        for shard in self._shards(missing):
            whole = Partial.empty(len(shard.chosen), self.k2)
            for number in range(len(self.groups)):
                whole.add(shard.group(number, advance))
            table.loss[shard.chosen], table.value[shard.chosen] = whole.effects()
            table.token[shard.chosen] = whole.token
            memory.finished(len(shard.chosen))
            memory.save()
        return table

    def share(self, claim: Claim, advance: Callable[[float], None] = lambda pairs: None) -> int:
        """Put those pieces of the work that can be claimed into the store; returns how many they are."""
        table, done = EffectTable.empty(len(self.pairs.place), self.k2), 0
        for shard in self._shards(Memory(self.settings.store, self.k2, self.pairs, table).recall()):
            for number in range(len(self.groups)):
                let_go = claim(f"{shard.name}/{number}")
                if let_go is None:
                    continue
                try:
                    if not shard.has(number):
                        shard.group(number, advance)
                        done += 1
                finally:
                    let_go()
        return done

    @property
    def k2(self) -> int:
        """Tokens that each effect names."""
        return 2 * min(self.settings.effect_tokens, len(self.readout.bias))

    @cached_property
    def groups(self) -> list[list[slice]]:
        """The vocabulary's slices, in pieces of work."""
        return groups_of(vocabulary_slices(len(self.direction), len(self.readout.bias), self.k2 // 2))

    def _shards(self, missing: Int[np.ndarray, "missing"]) -> Iterator["_Shard"]:
        """Those that have a missing pair. Which places share a tile depends on all pairs, not on which are missing."""
        context, batch = self.tokens.context, self.settings.batch_size
        sequences = max(1, SHARD_BYTES // (4 * self.direction.shape[1] * context * batch)) * batch
        for first in range(0, len(self.tokens.ids), sequences):
            bounds = [first * context, (first + sequences) * context]
            begin, end = np.searchsorted(self.pairs.place, bounds)
            chosen = missing[slice(*np.searchsorted(missing, [begin, end]))]
            if len(chosen):
                place = np.unique(self.pairs.place[begin:end])
                tile = np.unique(np.searchsorted(place, self.pairs.place[chosen]) // POSITION_TILE)
                needed = tile.repeat(POSITION_TILE) * POSITION_TILE + np.tile(np.arange(POSITION_TILE), len(tile))
                yield _Shard(self, place[needed[needed < len(place)]], chosen)

    def final_residual(self, first: int, ids: Int[Tensor, "sequence pos"]) -> Float[Tensor, "place d_model"]:
        """At all places of a batch whose first sequence has this number: as pass 1 has kept it, or computed again."""
        kept = self.settings.residuals
        known = kept.recall(range(first, first + len(ids))) if kept else None
        return self.model.run(ids, [FINAL_RESIDUAL])[FINAL_RESIDUAL].flatten(0, 1) if known is None else known

    def tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.direction.device)


@cache
def drop_frames() -> None:
    """Once in a process: a kernel that is compiled leaves cycles which hold its callers' frames, and a slice's rows."""
    gc.collect()


@dataclass(frozen=True)
class _Shard:
    """The missing pairs of consecutive sequences."""

    of: Direct
    place: Int[np.ndarray, "place"]
    """The places of the tiles that are needed, tile after tile; only the last of them may not be full."""
    chosen: Int[np.ndarray, "pair"]
    """The pairs, as entries of the table."""

    def group(self, number: int, advance: Callable[[float], None]) -> Partial:
        """What one group of slices says of the pairs: from the store, or computed and put there."""
        store, name = self.of.settings.store, f"{self.name}/{number}"
        known = store and store.load(name)
        if known:
            advance(len(self.chosen) * self._share_of(self.of.groups[number]))
            return Partial(**known)
        found = Partial.empty(len(self.chosen), self.of.k2)
        for tokens in self.of.groups[number]:
            for count in self._slice(tokens, found):
                advance(count * self._share_of([tokens]))
        if store:
            store.save(name, found.arrays())
        return found

    def has(self, number: int) -> bool:
        """Whether the store has what a group says."""
        store = self.of.settings.store
        return store is not None and store.has(f"{self.name}/{number}")

    @cached_property
    def name(self) -> str:
        """Of its folder in the store: a digest of the pairs."""
        pairs, digest = self.of.pairs, sha256()
        for column in (pairs.place, pairs.feature):
            digest.update(column[self.chosen].tobytes())
        return f"{GROUPS}/{self.of.k2}-{digest.hexdigest()[:16]}"

    def _share_of(self, tokens: list[slice]) -> float:
        return sum(each.stop - each.start for each in tokens) / len(self.of.readout.bias)

    @torch.no_grad()
    def _slice(self, tokens: slice, found: Partial) -> Iterator[int]:
        """Let a slice of the vocabulary add what it says; yields the numbers of pairs, tile by tile.

        A tile is unembedded whole, in one shape: a pair's bits do not depend on which others are computed with it.
        """
        readout, rooms = self.of.readout.part(tokens), threading.local()
        with ThreadPoolExecutor(1) as beside:  # the first time residuals are read meanwhile
            reading = beside.submit(logit_rows, self.of.direction, readout)
            residual, terms, target = self._read
            rows = reading.result()
        ends = np.searchsorted(self._row, np.arange(0, len(residual) + 1, POSITION_TILE)).tolist()

        @torch.no_grad()
        def fill(tile: int) -> int:
            if not hasattr(rooms, "work"):
                rooms.work = Workspace.of(POSITION_TILE, readout)
            at = read_positions(residual[tile * POSITION_TILE : (tile + 1) * POSITION_TILE], readout, rooms.work)
            for low in range(ends[tile], ends[tile + 1], PAIR_TILE):
                part = slice(low, min(low + PAIR_TILE, ends[tile + 1]))
                said = ablate(at, rows, terms.part(part), target[part] - tokens.start, self.of.k2 // 2)
                said.token[:] += tokens.start
                found.add(said, part)
            return ends[tile + 1] - ends[tile]

        yield from in_order(fill, range(len(ends) - 1), self.of.settings.threads, 8 * self.of.settings.threads)
        drop_frames()

    @cached_property
    def _row(self) -> Int[np.ndarray, "pair"]:
        """Which of the residuals each pair is about."""
        return np.searchsorted(self.place, self.of.pairs.place[self.chosen])

    @cached_property
    def _read(self) -> tuple[Float[Tensor, "place d_model"], Terms, Int[Tensor, "pair"]]:
        """Final residuals, to the end of the last tile; each pair's factors, its place within its tile; its target.

        They are read in the batches of pass 1; while the next one is, threads work out the factors of the last.
        """
        of, pairs = self.of, self.of.pairs
        place, row = pairs.place[self.chosen], pairs.row[self.chosen]
        tiles = -(-len(self.place) // POSITION_TILE)
        residual = of.direction.new_zeros((tiles * POSITION_TILE, of.direction.shape[1]))
        activation = of.tensor(pairs.activation[self.chosen].astype(np.float32))
        empty = torch.empty_like(activation)
        terms = Terms(of.tensor(self._row), of.tensor(row), empty, empty.clone())

        def batches() -> Iterator[range]:
            for first, ids in sequence_batches(of.tokens, of.settings.batch_size):
                bounds = [first * of.tokens.context, (first + len(ids)) * of.tokens.context]
                low, high = np.searchsorted(self.place, bounds).tolist()
                if low < high:
                    final = of.final_residual(first, ids).to(residual.device)
                    residual[low:high] = final[of.tensor(self.place[low:high] - bounds[0])]
                    begin, end = np.searchsorted(place, bounds).tolist()
                    yield from (range(at, min(at + FACTOR_TILE, end)) for at in range(begin, end, FACTOR_TILE))

        @torch.no_grad()
        def known(pair: range) -> None:
            part = slice(pair.start, pair.stop)
            columns = (terms.place[part], terms.row[part], activation[part])
            found = arithmetic(residual.device).factors(residual, of.direction, columns, of.readout)
            terms.of_feature[part], terms.of_clean[part] = found

        for _ in in_order(known, batches(), of.settings.threads, ahead=64):
            pass
        terms = Terms(terms.place % POSITION_TILE, terms.row, terms.of_feature, terms.of_clean)
        return residual, terms, of.tensor(np.roll(of.tokens.ids.ravel(), -1)[place])
