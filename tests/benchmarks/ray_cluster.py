"""A tiny build on a Ray cluster of three nodes that meets with accidents: ``python -m tests.benchmarks.ray_cluster``.

Needs ``pip install ray``. Exits with 1 where a build does not end with the bytes of one in one process.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from featviz.errors import InputError
from featviz.pipeline.build import build
from featviz.pipeline.ray_engine import build_on_ray
from tests import tiny
from tests.pipeline.resumable import data, options, settings

SHARE = b"ray::work_and_tell"
"""How the title of a worker's process begins."""


@dataclass
class Trial:
    """One build on one cluster, which an accident may befall."""

    cluster: Any
    nodes: list[Any]
    files: tiny.Tiny
    out: Path
    happened: str = ""

    def build(self) -> None:
        """To its end."""
        build_on_ray(settings(self.files, self.out), self.cluster.address)

    def beside(self, accident: Callable[["Trial"], str]) -> None:
        """Build; meanwhile, once a worker is at work, the accident happens."""

        def befall() -> None:
            workers_at_work()
            self.happened = accident(self)

        thread = threading.Thread(target=befall, daemon=True)
        thread.start()
        self.build()
        thread.join(timeout=60)


def nothing(trial: Trial) -> None:
    """Nothing happens."""
    trial.build()
    trial.happened = "no accident"


def worker_killed(trial: Trial) -> None:
    """A worker ends by SIGKILL."""

    def kill(trial: Trial) -> str:
        os.kill(workers_at_work()[0], signal.SIGKILL)
        return "a worker killed"

    trial.beside(kill)


def node_gone(trial: Trial) -> None:
    """A node ends, and with it its workers."""

    def remove(trial: Trial) -> str:
        trial.cluster.remove_node(trial.nodes[-1], allow_graceful=False)
        return "a node gone"

    trial.beside(remove)


def driver_killed(trial: Trial) -> None:
    """The process that asked for the build ends by SIGKILL, and is run again."""
    given = options(settings(trial.files, trial.out))
    command = [sys.executable, "-m", "featviz", "build", "--engine", "ray", "--address", trial.cluster.address, *given]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        workers_at_work()
        driver.kill()
    trial.build()
    trial.happened = "the driver killed, and run again"


def workers_at_work() -> list[int]:
    """The processes that have a share of work, once there are some and a second has gone by."""
    while not (found := list(_workers())):
        time.sleep(0.05)
    time.sleep(1)
    return list(_workers()) or found


def _workers() -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes().startswith(SHARE):
                yield int(process.name)
        except OSError:
            continue


TRIALS = {each.__name__: each for each in (nothing, worker_killed, node_gone, driver_killed)}


@click.command()
@click.argument("trials", nargs=-1, type=click.Choice(list(TRIALS)))
def main(trials: tuple[str, ...]) -> None:
    """Build in one process, then on a cluster in each trial, and compare the bytes."""
    with tempfile.TemporaryDirectory(prefix="featviz-ray-") as folder:
        files, alone = tiny.make(Path(folder, "tiny")), Path(folder, "alone")
        build(settings(files, alone))
        whole, same = data(alone), True
        for name in trials or TRIALS:
            out = Path(folder, name)
            begun = time.perf_counter()
            happened = on_cluster(files, out, TRIALS[name])
            matches = data(out) == whole
            same = same and matches and bool(happened)
            seconds, verdict = time.perf_counter() - begun, "the same" if matches else "DIFFERENT"
            click.echo(f"three nodes, {happened or 'NOTHING HAPPENED'}: {seconds:.0f} s, bytes {verdict}")
        click.echo(refusal(files, Path(folder, "nowhere")))
    raise SystemExit(not same)


def on_cluster(files: tiny.Tiny, out: Path, attempt: Callable[[Trial], None]) -> str:
    """One trial on a cluster of its own; says what happened."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    try:
        trial = Trial(cluster, [cluster.add_node(num_cpus=2) for _ in range(2)], files, out)
        attempt(trial)
    finally:
        cluster.shutdown()
    return trial.happened


def refusal(files: tiny.Tiny, out: Path) -> str:
    """What is said where no cluster answers."""
    try:
        build_on_ray(settings(files, out), "127.0.0.1:1")
    except InputError as error:
        return f"an address where there is none: {error}"
    return "an address where there is none: TAKEN"


if __name__ == "__main__":
    main()
