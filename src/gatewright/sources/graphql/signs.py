"""What tells a GraphQL schema or endpoint from others, before any of it is read: nothing here imports the GraphQL library."""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import urlsplit

from gatewright.sources.graphql.names import words

SUFFIXES = (".graphql", ".graphqls", ".gql", ".sdl")
_TYPE = re.compile(
    rb"^\s*(?:extend\s+)?(?:type\s+\w+[^{\"]*\{|schema\s*(?:@\w+\s*)*\{|input\s+\w+|interface\s+\w+)", re.MULTILINE
)


def is_schema(data: bytes, *, source: str) -> bool:
    """Whether some bytes are a schema: by the name of the file, as introspection's answer, or by their first definitions."""
    if PurePath(source.partition("?")[0]).suffix.lower() in SUFFIXES:
        return True
    head = data[:2_000_000]
    if head.lstrip()[:1] == b"{":
        return b'"__schema"' in head and b'"queryType"' in head
    return b"openapi" not in head[:400] and b"swagger" not in head[:400] and bool(_TYPE.search(head))


def says_graphql(url: str) -> bool:
    """Whether an address is that of a GraphQL endpoint by its last segment."""
    return bool(set(words(urlsplit(url).path.rstrip("/").rpartition("/")[2])) & {"graphql", "gql", "graph"})
