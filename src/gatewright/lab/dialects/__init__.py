"""The clothes that the clinic wears: one class per dialect, all over the same route table. By name in `DIALECTS`."""

from __future__ import annotations

from gatewright.lab.dialects.bearer import Bearer
from gatewright.lab.dialects.cookie import Cookie
from gatewright.lab.dialects.dialect import Dialect
from gatewright.lab.dialects.graphql import GraphQL

__all__ = ["DIALECTS", "Dialect"]

DIALECTS: dict[str, type[Dialect]] = {
    Bearer.name: Bearer,
    Cookie.name: Cookie,
    GraphQL.name: GraphQL,
}
"""Name → class. A new one is a file here and a row in this table."""
