"""What another program for the same job takes on the same case, in an environment of its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.case import Case
from tests.benchmarks.measure import ONE_THREAD, Cost, cost_of

DRIVER = Path(__file__).with_name("peer.py")


@dataclass(frozen=True)
class Peer:
    """CPU seconds of its calls as a line in the number of features; its calls take ``batch`` features."""

    name: str
    batch: int
    once: float
    """To import, load, and run the model, where that is kept from call to call."""
    fixed: float
    """A call."""
    per_feature: float
    peak: float
    """GiB."""
    bytes_per_feature: float

    def all_features(self, features: int) -> float:
        """CPU seconds, extrapolated."""
        return self.once + self.fixed * ceil(features / self.batch) + self.per_feature * features


def measure_peer(python: Path, case: Case, scratch: Path) -> Peer:
    """Run the peer that is installed where ``python`` is."""
    scratch.mkdir(parents=True)
    command = [str(python), "-I", str(DRIVER), str(case.model.parent), str(scratch)]
    cost = cost_of(command, scratch / "peer.log", ONE_THREAD)
    return fit(json.loads(cost.output), cost)


def fit(report: dict[str, Any], cost: Cost) -> Peer:
    """A line through the last two calls; what is above it, before and around them, is done once."""
    calls: Sequence[dict[str, float]] = report["calls"]
    features, cpu = ([call[key] for call in calls] for key in ("features", "cpu"))
    slope, fixed = np.polyfit(features[-2:], cpu[-2:], 1).tolist()
    once = cost.cpu - sum(fixed + slope * each for each in features)
    of_bytes = calls[-1]["bytes"] / features[-1]
    return Peer(report["name"], report["batch"], once, fixed, slope, cost.peak, of_bytes)
