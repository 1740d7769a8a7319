"""Which windows of tokens a feature's dashboard shows."""

from featviz.select.groups import Choice, Positions, select_groups
from featviz.select.shuffle import Shuffle

__all__ = ["Choice", "Positions", "Shuffle", "select_groups"]
