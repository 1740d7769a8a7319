"""A tiny build on a Ray cluster of two nodes, of which a worker is killed: ``python -m tests.benchmarks.ray_cluster``.

Needs ``pip install ray``. Exits with 1 where the bytes are not those of a build in one process.
"""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import click

from featviz.effects import table
from featviz.pipeline.build import build
from featviz.pipeline.ray_engine import build_on_ray
from tests import tiny
from tests.pipeline.resumable import data, settings


@click.command()
@click.option("--kill/--no-kill", default=True, help="Kill the first worker that is seen at work.")
def main(kill: bool) -> None:
    """Build alone, then on the cluster, and compare."""
    from ray.cluster_utils import Cluster

    table.SAVE_EVERY_SECONDS = 0.0
    with tempfile.TemporaryDirectory(prefix="featviz-ray-") as folder:
        files = tiny.make(Path(folder, "tiny"))
        alone, there = Path(folder, "alone"), Path(folder, "cluster")
        build(settings(files, alone))
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
        cluster.add_node(num_cpus=2)
        killed: list[int] = []
        if kill:
            threading.Thread(target=_kill_one, args=(killed,), daemon=True).start()
        begun = time.perf_counter()
        build_on_ray(settings(files, there), cluster.address)
        seconds = time.perf_counter() - begun
        cluster.shutdown()
        same = data(alone) == data(there)
    click.echo(f"two nodes, workers killed: {len(killed)}, {seconds:.0f} s, bytes {'the same' if same else 'DIFFER'}")
    raise SystemExit(not same or len(killed) != kill)


def _kill_one(killed: list[int]) -> None:
    """End the first process that Ray gives a share to, with SIGKILL."""
    while not killed:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                title = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if title.startswith(b"ray::work"):
                time.sleep(1)
                os.kill(int(process.name), signal.SIGKILL)
                killed.append(int(process.name))
                break
        time.sleep(0.05)


if __name__ == "__main__":
    main()
