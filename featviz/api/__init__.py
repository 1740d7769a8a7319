"""What ``import featviz`` offers: a site as objects with numpy arrays, and builds from live objects."""
