"""Real pretrained models, end to end: fetched from registries, an SAE trained for some minutes, its site built."""
