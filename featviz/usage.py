"""What this process uses of the machine."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30


@dataclass(frozen=True)
class Usage:
    """At one moment, or between two."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, of all threads."""
    peak: int
    """Bytes resident at most since the process began; 0 where the system does not say."""

    @classmethod
    def now(cls) -> "Usage":
        """Since some moment in the past."""
        return cls(time.perf_counter(), time.process_time(), peak_bytes())

    def since(self, before: "Usage") -> "Usage":
        """What was used in between; the peak is that of now."""
        return Usage(self.wall - before.wall, self.cpu - before.cpu, self.peak)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_bytes() -> int:
    """Resident memory at its highest."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def resident_bytes() -> int:
    """Resident memory now, where the system has ``/proc``; else at its highest."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024
    except (OSError, StopIteration):
        return peak_bytes()
