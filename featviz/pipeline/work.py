"""Where a build keeps its finished pieces, and what they depend on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from featviz import __version__
from featviz.bundle.lock import Hold, locked
from featviz.errors import InputError, unwritable
from featviz.pieces import Pieces
from featviz.pipeline.inputs import Inputs
from featviz.provenance import sha256_of_bytes, versions
from featviz.settings import Settings


def work_folder(settings: Settings) -> Path:
    """The folder of finished pieces: beside the site, not in it, so that it is never published."""
    return Path(settings.work) if settings.work else Path(settings.out).with_name(Path(settings.out).name + ".work")


WORKERS, DRIVER = "lock", "driver"
"""Locks of the work folder: of those who compute in it, and of the one who puts the site together."""

WITHOUT_LOCKS = "run featviz finish, or another build with it, only when no featviz is at work there any longer."


@contextmanager
def claimed_work(
    work: Path, shared: bool = False, name: str = WORKERS, say: Callable[[str], None] = lambda line: None
) -> Iterator[None]:
    """Make the work folder, and let nobody else use it meanwhile; one that stays empty is removed.

    Those who ask for it ``shared`` use it together. ``say`` tells that its file system has no locks.
    """
    lock, existed = work / name, work.exists()
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.touch()
    except OSError as error:
        raise InputError(f"{unwritable(lock, error)} Name another folder with --work.") from error
    with locked(lock, "--work", shared) as held:
        if not held:
            say(f"{work} is where there are no locks: {WITHOUT_LOCKS}")
        try:
            yield
        finally:
            if not existed and {path.name for path in work.iterdir()} <= {WORKERS, DRIVER}:
                with suppress(OSError):  # somebody else begins here at this moment
                    for path in work.iterdir():
                        path.unlink()
                    work.rmdir()


def holds_other_work(work: Path, key: str) -> bool:
    """Whether there are finished pieces, but none of the work called ``key``."""
    return not (work / key).is_dir() and any(each.is_dir() and len(each.name) == len(key) for each in work.iterdir())


def claimed_piece(store: Pieces, name: str, wait: bool) -> Callable[[], None] | None:
    """Take a piece for this process; what lets it go, or ``None`` if another has it and there is no time to wait."""
    hold = Hold.take(store.folder / f"{name}.lock", wait)
    return None if hold is None else hold.close


def work_key(inputs: Inputs, settings: Settings) -> str:
    """A digest of everything that firings, moments and effects depend on; other settings leave them as they are."""
    model, tokens, weights = inputs.model, inputs.tokens, inputs.sae_weights
    depends_on = {
        "featviz": __version__,
        "versions": versions(),
        "model": [model.name, model.revision, model.processing, inputs.model_files, inputs.model_weights],
        "tokens": [tokens.sha256, sha256_of_bytes(tokens.counts.tobytes()), list(tokens.ids.shape)],
        "saes": {
            name: [weights[name], sae.architecture, sae.k, sae.b_in is not None, sae.read_hook, sae.write_hook]
            for name, sae in inputs.saes.items()
        },
        "batch_size": settings.batch_size,
        "device": str(model.device),
    }
    return sha256_of_bytes(json.dumps(depends_on, sort_keys=True).encode())[:16]
