"""What an SAE has beside its chunks: the overview and the search index."""
