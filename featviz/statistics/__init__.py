"""Statistics of features: they see tensors and firings, never a model."""
