"""featviz: look at what a neural network learned."""

__version__ = "0.1.0"
