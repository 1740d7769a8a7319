"""Pass 1 as shards that any process can run, and what is made of them, in a store that many share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from featviz.capture.capture import CaptureSettings, has_neuron_basis
from featviz.capture.firings import Firings
from featviz.capture.moments import NeuronMoments
from featviz.capture.residuals import Residuals
from featviz.capture.runs import Run, Slice, merged, run_of, slice_of, stretches
from featviz.capture.shards import Shard, cut, flops_a_token
from featviz.capture.sums import NeuronSums
from featviz.capture.walk import Step, Walk
from featviz.pieces import Column, Pieces
from featviz.sources.model import LanguageModel
from featviz.sources.sae import SparseAutoencoder
from featviz.sources.tokens import Tokens

Wanted = Mapping[str, Sequence[int]]
"""By SAE, features whose sums with neurons are asked for."""


@dataclass(frozen=True)
class ShardedCapture:
    """The firings of every SAE are a run on disk for every shard, merged once all shards are done."""

    model: LanguageModel
    saes: Mapping[str, SparseAutoencoder]
    tokens: Tokens
    settings: CaptureSettings
    _found: dict[int, Mapping[str, Column]] = field(default_factory=dict, repr=False)
    """Those that were found whole, by shard."""

    @property
    def store(self) -> Pieces:
        """Where everything is."""
        assert self.settings.store is not None
        return self.settings.store

    @cached_property
    def shards(self) -> list[Shard]:
        """They depend on the inputs and the batches alone."""
        weights = sum(sae.W_enc.numel() for sae in self.saes.values())
        flops = flops_a_token(self.model.n_layers, self.model.d_model, weights)
        sequences, context = self.tokens.ids.shape
        return cut(sequences, context, self.settings.batch_size, flops)

    def run(self, advance: Callable[[int], None], wanted: Wanted | None = None) -> dict[str, NeuronMoments]:
        """Do what is left of all shards, and merge their firings; returns sums with ``wanted`` features if it did.

        A shard that another process has claimed is waited for in the end, and done if it was left undone.
        """
        if self._merged() is not None:
            advance(len(self.tokens.ids))
            return {}
        sums, busy = self._sums(wanted or {}), list[Shard]()
        walk = self._walk(sums, advance)
        walk.through(self._steps(self._in_order(), walk, busy))
        walk.through(self._steps(busy, walk))
        moments = self._ended(sums)
        self._merge()
        return moments

    def summed(self, wanted: Wanted) -> dict[str, NeuronMoments]:
        """The sums with the ``wanted`` features, if an earlier run has left all of them."""
        sums = self._sums(wanted)
        return sums.moments if sums is not None and sums.shards == len(self.shards) else {}

    def sums(self, advance: Callable[[int], None], wanted: Wanted) -> dict[str, NeuronMoments]:
        """The sums with the ``wanted`` features; where no run left them, the model runs again over all tokens."""
        sums = self._sums(wanted)
        walk = self._walk(sums, advance)
        walk.through(self._steps(self.shards, walk))
        return self._ended(sums)

    def firings(self) -> dict[str, Firings]:
        """By SAE, on disk."""
        return self._merged() or self._merge()

    def slices(self, name: str) -> list[Slice]:
        """The firings of one SAE by place; where they are too many to be held, on disk."""
        parts = stretches(self._runs(name))
        if len(parts) == 1:
            return [slice_of(parts[0])]
        return [self._slice(f"placed/{name}/{number}", part) for number, part in enumerate(parts)]

    def _slice(self, piece: str, runs: Sequence[Run]) -> Slice:
        columns = self.store.columns(piece)
        if columns is None:
            made = slice_of(runs)
            self.store.save(piece, {"start": made.start, "feature": made.feature, "value": made.value})
            columns = self.store.columns(piece)
        assert columns is not None
        return Slice(runs[0].first_place, *(columns[key].mapped() for key in ("start", "feature", "value")))

    def _sums(self, wanted: Wanted) -> NeuronSums | None:
        """None where there is nothing to sum."""
        hooks = {name: sae.read_hook for name, sae in self.saes.items() if has_neuron_basis(sae.read_hook)}
        wanted = {name: features for name, features in wanted.items() if name in hooks and len(features)}
        widths = {name: sae.d_sae for name, sae in self.saes.items()}
        return NeuronSums.resume(wanted, widths, hooks, self.store.within(self._cut)) if wanted else None

    @staticmethod
    def _ended(sums: NeuronSums | None) -> dict[str, NeuronMoments]:
        if sums is None:
            return {}
        sums.save()
        return sums.moments

    def _walk(self, sums: NeuronSums | None, advance: Callable[[int], None]) -> Walk:
        residuals = Residuals.of(self.store, self.model, self.tokens) if self.settings.residuals else None
        return Walk(self.model, self.saes, self.tokens, self.settings.threads, self._keep, residuals, sums, advance)

    def _in_order(self) -> Sequence[Shard]:
        """This process's share, then the others'."""
        first, every = self.settings.share
        mine = self.shards[first::every]
        return [*mine, *(shard for shard in self.shards if shard not in mine)]

    @property
    def _cut(self) -> str:
        """Where sums over the first so many shards are."""
        return f"sums/{len(self.shards[0].sequences)}"

    def _steps(self, shards: Sequence[Shard], walk: Walk, busy: list[Shard] | None = None) -> Iterator[Step]:
        """What is left to do of each shard; one that another is at is put into ``busy``, or waited for without it.

        Sums are taken in order: there every shard is waited for.
        """
        for shard in shards:
            summed = walk.sums is None or shard.number < walk.sums.shards
            let_go = self.settings.claim(shard.piece, busy is None or not summed)
            if let_go is None:
                assert busy is not None
                busy.append(shard)
            elif self._columns(shard) is None:
                yield Step(shard, let_go, None, summed)
            else:
                let_go()
                if summed:
                    walk.advance(len(shard.sequences))
                else:
                    yield Step(shard, let_go, {name: self._run(shard, name).firings() for name in self.saes})

    def _keep(self, shard: Shard, found: Mapping[str, Firings]) -> None:
        self.store.save(shard.piece, run_of(found, shard.sequences.start * self.tokens.context))

    def _columns(self, shard: Shard) -> Mapping[str, Column] | None:
        """Where a shard's run lies, if there is a whole one; it is checked once."""
        if shard.number not in self._found and (columns := self.store.columns(shard.piece)):
            self._found[shard.number] = columns
        return self._found.get(shard.number)

    def _run(self, shard: Shard, name: str) -> Run:
        columns, context = self._columns(shard), self.tokens.context
        assert columns is not None
        return Run(shard.sequences.start * context, len(shard.sequences) * context, columns, name)

    def _runs(self, name: str) -> list[Run]:
        """Those of one SAE in all shards; one that is missing or damaged is made again."""
        walk = self._walk(None, lambda sequences: None)
        walk.through(self._steps(self.shards, walk))
        return [self._run(shard, name) for shard in self.shards]

    def _merged(self) -> dict[str, Firings] | None:
        columns = {name: self.store.columns(f"firings/{name}") for name in self.saes}
        found = {name: Firings.on_disk(each) for name, each in columns.items() if each is not None}
        return found if len(found) == len(self.saes) else None

    def _merge(self) -> dict[str, Firings]:
        """Let one process merge the runs of all shards, while the others wait."""
        let_go = self.settings.claim("firings/merge", True)
        found = self._merged()
        if found is None:
            for name, sae in self.saes.items():
                self.store.save(f"firings/{name}", merged(self._runs(name), sae.d_sae))
            found = self._merged()
        assert let_go is not None
        assert found is not None
        let_go()
        return found
