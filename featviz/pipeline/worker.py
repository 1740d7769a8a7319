"""One of many processes that share a build's work through its folder of finished pieces."""

from collections.abc import Callable
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from featviz.errors import InputError
from featviz.pieces import open_pieces
from featviz.pipeline.compute import Computation
from featviz.pipeline.device import lost_device
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.pipeline.memory import enough_memory
from featviz.pipeline.work import claimed_work, work_folder, work_key
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
    """Compute every ``pieces``-th block of features, from the ``piece``-th on, into the work folder; returns how many.

    Likewise every ``pieces``-th shard of pass 1, then the shards that others leave undone. A build of the same settings
    and folders then finds all of it, and computes what a worker that was killed has left out.
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
        blocks = [(name, run) for name in inputs.saes for run in computation.blocks(name)]
        mine = list(islice(blocks, piece, None, pieces))
        for name, group in groupby(mine, key=itemgetter(0)):
            computation.finish(name, [run for _, run in group])
    return len(mine)
