"""What a command costs: CPU, wall time and peak memory of a child process and all that it waited for."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""Of a program that leaves threads to torch: they spend CPU time on waiting for one another, most on a busy machine."""


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    peak: float
    """GiB resident at most."""
    output: str = ""
    """What it wrote on stdout."""


def cost_of(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command from the repository's root; a command that fails ends the benchmark with the end of its log."""
    out = log.with_suffix(".out")
    begun = time.perf_counter()
    with log.open("wb") as errors, out.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=errors, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if child.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{tail}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 2**20, out.read_text(encoding="utf-8"))
