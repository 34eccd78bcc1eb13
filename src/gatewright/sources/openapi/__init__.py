"""OpenAPI 2.0, 3.0 and 3.1, JSON or YAML → `Specification`.

What of a broken document can be used is used; the rest is in `Specification.problems`, by file, line and column. One
of 1,000 endpoints (1.5 MB of JSON) is read in about half a second (`benchmarks/sources.py`).
"""

from gatewright.sources.openapi.reader import Fetch, load, parse

__all__ = ["Fetch", "load", "parse"]
