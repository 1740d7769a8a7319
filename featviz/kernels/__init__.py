"""Loops that numba compiles for the processor at hand; they take and fill plain numpy arrays."""
