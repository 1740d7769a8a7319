"""The main job: capture, select, effects, records, bundle, site."""
