"""One of many processes that share a build's work through its folder of finished pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count, starmap
from pathlib import Path

from featviz.capture.capture import LetGo, nobody_else
from featviz.errors import InputError
from featviz.pieces import open_pieces
from featviz.pipeline.block import Block
from featviz.pipeline.compute import Computation
from featviz.pipeline.device import lost_device
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.pipeline.memory import enough_memory
from featviz.pipeline.work import claimed_piece, claimed_work, work_folder, work_key
from featviz.progress import Stages
from featviz.settings import Settings
from featviz.threads import thread_batches


def work(
    settings: Settings,
    piece: int,
    pieces: int,
    load: Callable[[Settings], Inputs] = load_inputs,
    stages: Stages | None = None,
) -> int:
    """Compute the ``piece``-th share of ``pieces`` into the work folder; returns how many blocks it helped with.

    Each worker does its shards of pass 1, then those that others leave undone; chooses the windows of its features;
    computes its pieces of the effects, then those that nobody else has; and ends with its features' records. A build of
    the same settings and folders then finds all of it, and computes what a worker that was killed has left out.
    """
    if not 0 <= piece < pieces:
        raise InputError(f"There is no piece {piece} of {pieces}; expected 0 … {pieces - 1}.")
    stages, folder = stages or Stages(), work_folder(settings)
    with (
        claimed_work(folder, True, say=stages.say),
        stages.live(),
        lost_device(settings, folder),
        enough_memory(settings, folder),
    ):
        thread_batches()
        with stages.stage("load", 1, "model"):
            inputs = load(settings)
        store = open_pieces(Path(folder), work_key(inputs, settings), stages.say)
        computation = Computation.start(inputs, settings, stages, store, share=(piece, pieces))
        return _Share(computation, piece, pieces).compute()


@dataclass(frozen=True)
class _Share:
    """What one of the workers does."""

    computation: Computation
    piece: int
    pieces: int

    def compute(self) -> int:
        """Own pieces first; only then it waits for others' effects, which all records of a block need."""
        names = self.computation.inputs.saes
        blocks = [(name, run) for name in names for run in self.computation.blocks(name)]
        if self.computation.settings.effect == "exact":
            mine = [self.computation.block(*each) for each in blocks[self.piece :: self.pieces]]
            return sum(self._finish(block, block.parts()) for block in mine)
        number = count()

        def own(name: str) -> LetGo | None:
            return nobody_else(name, wait=False) if next(number) % self.pieces == self.piece else None

        for place, each in enumerate(blocks):
            block = self.computation.block(*each)
            block.pairs(self._own(block, place))
            block.share(own)
        made = enumerate(starmap(self.computation.block, blocks))
        return sum(self._finish(block, self._own(block, place)) for place, block in made)

    def _own(self, block: Block, place: int) -> list[range]:
        """Consecutive parts of a block; who has the first of them changes from block to block."""
        parts, turn = block.parts(), (self.piece + place) % self.pieces
        return parts[len(parts) * turn // self.pieces : len(parts) * (turn + 1) // self.pieces]

    def _finish(self, block: Block, parts: list[range]) -> int:
        if not parts:
            return 0
        if self.computation.settings.effect == "direct":
            block.share(partial(claimed_piece, self.computation.store, wait=True))
        with self.computation.whole(block.source.name, sum(map(len, parts))) as whole:
            for _ in self.computation.finished(block, parts, whole):
                pass  # each is in the store now
        return 1
