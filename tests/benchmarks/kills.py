"""``python -m tests.benchmarks.kills``: a tiny build that is killed at random moments ends with the right bytes.

Each run is a process of its own, forked after the imports, that SIGKILL ends at a moment drawn from the time that a
whole build takes. A run that is quicker than its kill must have left the right bytes; the next one then starts without
finished pieces, every other time beside the published site. After every kill, a site that is published must be whole.
"""

import importlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click
import orjson

from featviz.bundle.checks.check import check
from featviz.capture import shards, sums
from featviz.effects import table
from featviz.pipeline.build import build
from featviz.settings import Settings
from tests import tiny
from tests.comparison import settings_of


@dataclass(frozen=True)
class Build:
    """The build that is killed, and what it ends with."""

    settings: Settings
    expected: dict[str, bytes]
    seconds: float
    """What it takes."""


@click.command()
@click.option("--kills", default=50, show_default=True, help="Runs of each chain that are killed before they end.")
@click.option("--seed", default=0, show_default=True, help="Of the random moments.")
def main(kills: int, seed: int) -> None:
    """Kill a build again and again, from nothing and beside a published site; exits with 1 where its end differs."""
    importlib.import_module("featviz.sources.model")
    importlib.import_module("mkdocs.commands.build")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="featviz-kills-") as folder:
        whole = whole_build(Path(folder))
        report("from nothing", kills, chain(whole, Path(folder, "new", "build"), kills, rng), whole)
        old = shutil.copytree(Path(folder, "whole", "build"), Path(folder, "old", "build"))
        report("beside a published site", kills, chain(whole, old, kills, rng), whole)


def report(start: str, kills: int, finished: int, whole: Build) -> None:
    click.echo(
        f"{start}: {kills} kills at random moments of a build of {whole.seconds:.1f} s "
        f"(and {finished} runs quicker than their kill); every end had the same bytes."
    )


def whole_build(folder: Path) -> Build:
    """The inputs, and the build without a kill."""
    in_child(lambda: tiny.make(folder))
    paths = (folder / name for name in ("model", "sae_a", "sae_b", "tokens.npy"))
    settings = settings_of(tiny.Tiny(*paths), batch_size=3, chunk_size=5)
    started, out = time.monotonic(), folder / "whole" / "build"
    in_child(lambda: run(settings, out))
    return Build(settings, files_of(out), time.monotonic() - started)


def chain(whole: Build, out: Path, kills: int, rng: random.Random) -> int:
    """Run and kill until that many runs were killed, then let one end; returns how many were quicker than their kill.

    After one that was, the next begins without finished pieces.
    """
    finished, killed, published = 0, 0, (out / "manifest.json").exists()
    while killed < kills:
        if in_child(lambda: run(whole.settings, out), rng.uniform(0, whole.seconds)):
            finished, published = finished + 1, True
            same(files_of(out), whole.expected)
            shutil.rmtree(out.with_name("build.work"))
            continue
        killed += 1
        if published or (out / "manifest.json").exists():
            must_be_whole(out)
    in_child(lambda: run(whole.settings, out))
    same(files_of(out), whole.expected)
    return finished


def run(given: Settings, out: Path) -> None:
    """One build, which saves its pieces as often as it can."""
    sums.SAVE_EVERY_SECONDS = table.SAVE_EVERY_SECONDS = 0.0
    shards.SHARD_PLACES = 1
    build(replace(given, out=str(out)))


def in_child(work: Callable[[], object], seconds: float | None = None) -> bool:
    """Do the work in a forked process, killed after so many seconds; whether it came to its end."""
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    limit = time.monotonic() + (600 if seconds is None else seconds)
    while time.monotonic() < limit:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if status:
                raise SystemExit(f"A build failed by itself, with status {status}.")
            return True
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def files_of(out: Path) -> dict[str, bytes]:
    """Every file of the site by its path, without what says when it was made."""
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    when = (manifest["created"].encode(), manifest["format"]["sha256"].encode())
    files = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        data = path.read_bytes()
        for each in when:
            data = data.replace(each, b"")
        files[path.relative_to(out).as_posix()] = data
    return files


def same(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    differing = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    if differing:
        raise SystemExit(f"These files differ from those of a build that was not killed: {', '.join(differing[:10])}")


def must_be_whole(out: Path) -> None:
    report = check(out)
    if not report.whole:
        raise SystemExit(f"The published site is damaged: {report.problems[0]}")


if __name__ == "__main__":
    main()
