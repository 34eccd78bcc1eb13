"""Measurements: the wire (`python -m benchmarks`), reading (`.sources`), and the parts of a whole run (`.whole`)."""
