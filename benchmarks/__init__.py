"""Measurements of the wire: `python -m benchmarks`."""
