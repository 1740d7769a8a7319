"""What a command costs: CPU, wall time and peak memory of a child process and all that it waited for."""

import os
import subprocess
import threading
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
    anonymous: float = 0.0
    """GiB at most that lie in no file, as seen every tenth of a second: the system cannot take them back."""


def cost_of(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command from the repository's root; a command that fails ends the benchmark with the end of its log."""
    out = log.with_suffix(".out")
    begun = time.perf_counter()
    with log.open("wb") as errors, out.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=errors, env={**os.environ, **(environment or {})}
        )
        seen, ended = dict[str, float](), threading.Event()
        watch = threading.Thread(target=_watch, args=(child.pid, seen, ended))
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        ended.set()
        watch.join()
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if child.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{tail}")
    written = out.read_text(encoding="utf-8")
    peak = seen.get("VmHWM", usage.ru_maxrss / 2**20)  # the latter begins with what this process had when it forked
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak, written, seen.get("RssAnon", 0.0))


def _watch(pid: int, seen: dict[str, float], ended: threading.Event) -> None:
    """Note the process's most resident and anonymous memory, in GiB, until it has ended."""
    while not ended.wait(0.1):
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return
        for key, value, *_ in (line.split() for line in lines if line.startswith(("RssAnon", "VmHWM"))):
            seen[key[:-1]] = max(seen.get(key[:-1], 0.0), int(value) / 2**20)
