"""SAE checkpoints: one module per format, each making one `SparseAutoencoder` of what it finds."""

from featviz.sources.readers.recognise import read_sae

__all__ = ["read_sae"]
