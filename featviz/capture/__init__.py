"""Pass 1: run the model once over all tokens and keep every feature's firings and the neurons' moments."""

from featviz.capture.capture import Captured, CaptureSettings, capture
from featviz.capture.firings import Firings
from featviz.capture.sharded import ShardedCapture

__all__ = ["CaptureSettings", "Captured", "Firings", "ShardedCapture", "capture"]
