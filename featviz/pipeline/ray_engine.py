"""A build whose pieces run on a Ray cluster: the same pieces as `featviz work`, the same bytes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from featviz.bundle.manifest import Manifest
from featviz.errors import InputError
from featviz.pipeline.build import build
from featviz.pipeline.work import work_folder
from featviz.pipeline.worker import work
from featviz.progress import Stages
from featviz.settings import PATHS, Settings
from featviz.threads import THREADS

CPUS = THREADS
"""Of a worker without a GPU: as many as its threads."""


def build_on_ray(settings: Settings, address: str = "auto", stages: Stages | None = None) -> Manifest:
    """Let every worker of the cluster do its share, then publish the site from here.

    All nodes must see the inputs and the folder of finished pieces under the same paths. A share whose worker or node
    dies is given to another, which goes on where it was.
    """
    ray, stages = _ray(), stages or Stages()
    shared = everywhere(settings)
    ray.init(address=address or None, log_to_driver=False)
    try:
        needs = {"num_gpus": 1} if settings.device.startswith("cuda") else {"num_cpus": CPUS}
        share = ray.remote(max_retries=-1, **needs)(work)
        pieces = _workers(ray.cluster_resources(), settings.device)
        waiting = [share.remote(shared, piece, pieces) for piece in range(pieces)]
        with stages.live(), stages.stage("pieces on Ray", pieces, "pieces") as advance:
            while waiting:
                done, waiting = ray.wait(waiting)
                ray.get(done)
                advance(len(done))
    finally:
        ray.shutdown()
    return build(settings, stages=stages)


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
