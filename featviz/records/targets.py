"""The tokens that a feature fires on most."""

import numpy as np

from featviz.records.record import IntArray, Record


def top_targets(record: Record) -> IntArray:
    """The target token of each top window, highest activation first; none for a dead feature."""
    windows = record.windows
    top = record.groups[0].windows if record.groups else 0
    first = np.cumsum(windows.length)[:top] - windows.length[:top]
    return windows.tokens[first + windows.pos[:top] - windows.start[:top]]
