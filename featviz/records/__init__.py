"""What is known about one feature, as inert data: no torch, no bytes, no HTML."""

from featviz.records.record import (
    Correlation,
    Effects,
    Group,
    Histogram,
    Label,
    LogitTable,
    NeuronAlignment,
    Record,
    Similarity,
    TokenLogits,
    Windows,
)
from featviz.records.vocabulary import Vocabulary

__all__ = [
    "Correlation",
    "Effects",
    "Group",
    "Histogram",
    "Label",
    "LogitTable",
    "NeuronAlignment",
    "Record",
    "Similarity",
    "TokenLogits",
    "Vocabulary",
    "Windows",
]
