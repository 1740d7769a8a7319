"""A build whose pieces run on a Ray cluster: the same pieces as `featviz work`, the same bytes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from featviz.bundle.manifest import Manifest
from featviz.errors import FeatvizError, InputError
from featviz.pipeline.build import build
from featviz.pipeline.ray_progress import Board, Said, TellingStages, Together
from featviz.pipeline.work import work_folder
from featviz.pipeline.worker import work
from featviz.progress import Stages
from featviz.settings import PATHS, Settings
from featviz.threads import THREADS
from featviz.usage import Usage

CPUS = THREADS
"""Of a worker without a GPU: as many as its threads."""
RETRIES = 20
"""How often a share is given to another worker, after its own died."""
POLL_SECONDS = 1.0
REACH_SECONDS = 20.0
STAGE = "work on Ray"


def build_on_ray(settings: Settings, address: str = "auto", stages: Stages | None = None) -> Manifest:
    """Let every worker of the cluster do its share, then publish the site from here.

    All nodes must see the inputs and the folder of finished pieces under the same paths. A share whose worker or node
    dies is given to another, which goes on where it was.
    """
    ray, stages = _ray(), stages or Stages()
    return build(settings, stages=stages, helpers=lambda: _share_out(ray, everywhere(settings), address, stages))


def _share_out(ray: Any, settings: Settings, address: str, stages: Stages) -> None:
    """Have all shares done on the cluster."""
    with _connected(ray, address), _told(ray, settings):
        pieces = _workers(ray.cluster_resources(), settings.device)
        board = ray.remote(num_cpus=0, max_restarts=-1)(Board).remote()
        needs = {"num_gpus": 1} if settings.device.startswith("cuda") else {"num_cpus": CPUS}
        share = ray.remote(max_retries=RETRIES, **needs)(work_and_tell)
        with stages.stage(STAGE, pieces, "shares") as advance:
            waiting = [share.remote(settings, piece, pieces, board) for piece in range(pieces)]
            used = _wait(ray, waiting, board, Together(stages), advance)
    stages.used[STAGE] = replace(stages.used[STAGE], cpu=used.cpu, peak=used.peak)


def _wait(ray: Any, waiting: list[Any], board: Any, together: Together, advance: Any) -> Usage:
    """Show what the workers do until all shares are done; returns what they used."""
    used, said = Usage(0.0, 0.0, 0), None
    while waiting:
        said = said or board.said.remote()
        done, waiting = ray.wait(waiting, num_returns=1, timeout=POLL_SECONDS)
        used = sum(ray.get(done), used)
        advance(len(done))
        if ray.wait([said], timeout=0)[0]:
            together.show(_said(ray, said))
            said = None
    together.show({})
    return used


def _said(ray: Any, said: Any) -> dict[int, Said]:
    """What the board answers; nothing while it moves to another node."""
    try:
        found: dict[int, Said] = ray.get(said)
    except ray.exceptions.RayError:
        return {}
    return found


def work_and_tell(settings: Settings, piece: int, pieces: int, board: Any) -> Usage:
    """One worker's share; the board learns how far it is. Returns what it used."""
    stages = TellingStages(tell=lambda said: board.tell.remote(piece, said))
    work(settings, piece, pieces, stages=stages)
    board.tell.remote(piece, {})
    return stages.total()


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """While inside, this process is part of the cluster."""
    try:
        _reach(address)
        ray.init(address=address or None, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f'No Ray cluster answers at --address {address}: {_line(error)} "ray start --head" on one machine starts '
            "one, and the address it prints joins others to it."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Whether anything listens there, which Ray itself would wait for without end; an OSError if not."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if separator and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()


@contextmanager
def _told(ray: Any, settings: Settings) -> Iterator[None]:
    """What ends a share, or the cluster, in one line."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, FeatvizError):
            raise error.cause from error
        raise
    except ray.exceptions.RayError as error:
        raise FeatvizError(
            f"A worker's share was given up on the Ray cluster: {_line(error)} Finished work is kept in "
            f"{settings.work}: run the same command again, and it goes on from there."
        ) from error


def _line(error: Exception) -> str:
    """The first line of what Ray says, as a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip()[:300].rstrip(".") + "."


def everywhere(settings: Settings) -> Settings:
    """The settings with paths that mean the same in any folder."""
    places = {name: getattr(settings, name) for name in PATHS}
    return replace(
        settings,
        work=str(work_folder(settings).resolve()),
        **{name: _absolute(place) for name, place in places.items() if place and name != "work"},
    )


def _absolute(place: Any) -> Any:
    """Of a name of the hub nothing, of ``NAME=PLACE`` the place."""
    if not isinstance(place, str):
        return tuple(_absolute(each) for each in place)
    name, separator, path = place.rpartition("=")
    return f"{name}{separator}{Path(path).resolve()}" if Path(path).exists() else place


def _workers(resources: dict[str, float], device: str) -> int:
    """One for each GPU, or for each two cores."""
    found = resources.get("GPU", 0) if device.startswith("cuda") else resources.get("CPU", 0) // CPUS
    if found < 1:
        raise InputError(f"The Ray cluster has nothing for --device {device}: it has {', '.join(sorted(resources))}.")
    return int(found)


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError('--engine ray needs Ray: pip install "featviz[ray]".') from error
    return ray
