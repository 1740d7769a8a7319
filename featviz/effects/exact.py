"""Exact effects: the rest of the network is run again with a feature removed wherever it fires in a sequence.

One pass through the model serves every prediction of its sequence. Passes are run in tiles of a fixed make-up, so that
the last bits of an effect do not depend on where a build was stopped.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture import Firings
from featviz.effects.logits import extreme
from featviz.effects.table import NOT_FINITE, EffectSettings, EffectTable, Memory, Pairs
from featviz.errors import InputError
from featviz.sources.model import FINAL_RESIDUAL, Change, LanguageModel
from featviz.sources.readout import Readout
from featviz.sources.tokens import Tokens

POSITION_TILE = 64
"""Positions unembedded at once, always so many."""


@dataclass(frozen=True)
class Removed:
    """The features of a block, and what each writes where it fires."""

    hook: str
    decoder: Float[Tensor, "feature d_out"]
    """Their decoder rows alone."""
    firings: Firings
    """Of all features."""


def exact_effects(
    model: LanguageModel,
    readout: Readout,
    tokens: Tokens,
    removed: Removed,
    pairs: Pairs,
    settings: EffectSettings,
    advance: Callable[[float], None] = lambda pairs: None,
) -> EffectTable:
    """The change of the prediction at each pair's place when its feature is removed from the whole sequence."""
    table = EffectTable.empty(len(pairs.place), 2 * min(settings.effect_tokens, readout.unembed.shape[1]))
    passes, of_pair = np.unique(pairs.place // tokens.context * len(removed.decoder) + pairs.row, return_inverse=True)
    digest = hashlib.sha256(passes.tobytes() + pairs.features.tobytes()).hexdigest()[:16]
    store = settings.store and settings.store.within(f"exact-{digest}")
    memory = Memory(store, table.token.shape[1], pairs, table)
    missing = memory.recall()
    advance(float(len(pairs.place) - len(missing)))
    runner = _Runner(model, readout, tokens, removed, pairs, table)
    tile = of_pair // settings.batch_size
    order = np.argsort(tile, kind="stable")
    needed, news = np.unique(tile[missing], return_counts=True)
    done = 0
    for number, new in zip(needed.tolist(), news.tolist(), strict=True):
        low, high = np.searchsorted(tile[order], [number, number + 1])
        part = slice(number * settings.batch_size, (number + 1) * settings.batch_size)
        runner.fill(passes[part], order[low:high], of_pair[order[low:high]] - part.start)
        advance(float(new))
        whole = passes[part.stop] // len(removed.decoder) if part.stop < len(passes) else len(tokens.ids)
        finished = int(np.searchsorted(pairs.place[missing], whole * tokens.context))
        memory.finished(finished - done)
        done = finished
    memory.save()
    return table


@dataclass(frozen=True)
class _Runner:
    """Runs a tile of passes and writes what it finds to the table."""

    model: LanguageModel
    readout: Readout
    tokens: Tokens
    removed: Removed
    pairs: Pairs
    table: EffectTable

    @torch.no_grad()
    def fill(
        self, passes: Int[np.ndarray, "pass"], chosen: Int[np.ndarray, "pair"], of_pair: Int[np.ndarray, "pair"]
    ) -> None:
        """Compute the chosen pairs, each of which belongs to one of the passes."""
        sequence, row = np.divmod(passes, len(self.removed.decoder))
        distinct, clean_of_pass = np.unique(sequence, return_inverse=True)
        clean, entry = self._clean(distinct)
        without = self._without(sequence, row, entry[torch.from_numpy(clean_of_pass)])
        place = self.pairs.place[chosen]
        position, target = place % self.tokens.context, self.tokens.ids.ravel()[place + 1]
        for low in range(0, len(chosen), POSITION_TILE):
            part = slice(low, low + POSITION_TILE)
            before = self._log_probs(clean, clean_of_pass[of_pair[part]], position[part])
            change = before - self._log_probs(without, of_pair[part], position[part])
            self._write(chosen[part], change, target[part])

    def _clean(
        self, sequence: Int[np.ndarray, "some"]
    ) -> tuple[Float[Tensor, "some pos d_model"], Float[Tensor, "some pos d_model"]]:
        """The final residual of some sequences, and what the hook's block is given: passes go on from there."""
        entry = f"blocks.{self.model.block_of(self.removed.hook)}.hook_in"
        seen = self.model.run(torch.from_numpy(self.tokens.ids[sequence]), [FINAL_RESIDUAL, entry])
        return seen[FINAL_RESIDUAL], seen[entry]

    def _without(
        self,
        sequence: Int[np.ndarray, "pass"],
        row: Int[np.ndarray, "pass"],
        entry: Float[Tensor, "pass pos d_model"],
    ) -> Float[Tensor, "pass pos d_model"]:
        """The final residual of each pass."""
        activation = torch.from_numpy(self._activations(sequence, row)).to(self.model.device)
        taken = activation[:, :, None] * self.removed.decoder[torch.from_numpy(row)][:, None]
        change = Change(self.removed.hook, taken, entry)
        return self.model.run(torch.from_numpy(self.tokens.ids[sequence]), [FINAL_RESIDUAL], change)[FINAL_RESIDUAL]

    def _activations(
        self, sequence: Int[np.ndarray, "pass"], row: Int[np.ndarray, "pass"]
    ) -> Float[np.ndarray, "pass pos"]:
        """Each pass's feature along its sequence."""
        context = self.tokens.context
        dense = np.zeros((len(sequence), context), dtype=np.float32)
        for number, (seq, feature) in enumerate(zip(sequence, self.pairs.features[row], strict=True)):
            place, value = self.removed.firings.of(int(feature))
            low, high = np.searchsorted(place, [seq * context, (seq + 1) * context])
            dense[number, place[low:high] - seq * context] = value[low:high]
        return dense

    def _log_probs(
        self, residual: Float[Tensor, "pass pos d_model"], number: np.ndarray, position: np.ndarray
    ) -> Float[Tensor, "pair d_vocab"]:
        """Predictions at some places, always so many at once."""
        rows = residual[torch.from_numpy(number), torch.from_numpy(position)]
        padded = torch.nn.functional.pad(rows, (0, 0, 0, POSITION_TILE - len(rows)))
        return self.readout.logits(padded)[: len(rows)].log_softmax(-1)

    def _write(
        self, chosen: Int[np.ndarray, "pair"], change: Float[Tensor, "pair d_vocab"], target: Int[np.ndarray, "pair"]
    ) -> None:
        if not bool(torch.isfinite(change).all()):
            raise InputError(NOT_FINITE)
        k = self.table.token.shape[1] // 2
        (high, raised), (low, lowered) = extreme(change, k), extreme(change, k, largest=False)
        self.table.loss[chosen] = -change.cpu().numpy()[np.arange(len(target)), target]
        self.table.token[chosen] = torch.cat([raised, lowered], dim=1).cpu().numpy()
        self.table.value[chosen] = torch.cat([high, low], dim=1).cpu().numpy()
