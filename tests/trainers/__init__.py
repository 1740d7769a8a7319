"""Checkpoints that the trainers' own code wrote, and what it made of some inputs: see `tests.trainers.write`."""
