"""The tokens that a feature fires on most."""

import numpy as np

from featviz.records.record import IntArray, Record


def top_targets(record: Record) -> IntArray:
    """The target token of each top window, highest activation first; none for a dead feature."""
    windows = record.windows
    top = record.groups[0].windows if record.groups else 0
    first = np.cumsum(windows.length)[:top] - windows.length[:top]
    return windows.tokens[first + windows.pos[:top] - windows.start[:top]]


def commonest_targets(record: Record) -> tuple[IntArray, IntArray]:
    """The distinct targets of the top windows and how many windows each has: most first, ties by the first window."""
    token, first, windows = np.unique(top_targets(record), return_index=True, return_counts=True)
    order = np.lexsort((first, -windows))
    return token[order], windows[order]
