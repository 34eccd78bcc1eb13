"""A GraphQL schema → `Specification`: SDL (`.graphql`, `.graphqls`), or the JSON that introspection answers."""

from __future__ import annotations

import json

from graphql import GraphQLError, GraphQLSchema, build_client_schema, build_schema

from gatewright.model.endpoint import Specification
from gatewright.model.errors import SourceError
from gatewright.sources.graphql.fields import Endpoints
from gatewright.sources.graphql.types import Types
from gatewright.sources.problems import Problems

PATH = "/graphql"
"""Where a schema is served when nothing says otherwise."""


def parse(data: bytes, *, source: str, path: str = PATH) -> Specification:
    """The specification in some bytes. Raises SourceError when they are no schema, or one without queries."""
    return specification(_schema(data, source), source=source, path=path)


def specification(schema: GraphQLSchema, *, source: str, path: str = PATH) -> Specification:
    """The specification of a schema that is served at `path`."""
    if schema.query_type is None:
        raise SourceError(
            "a GraphQL schema without a query type",
            code="GW-S003",
            where=source,
            help="give the whole schema, with `type Query`",
        )
    problems, types = Problems(), Types()
    endpoints = tuple(Endpoints(schema, types, path=path, source=source).read())
    return Specification(
        source=source,
        dialect="graphql",
        title="GraphQL",
        endpoints=endpoints,
        schemas=types.table,
        problems=problems.all(),
    )


def _schema(data: bytes, source: str) -> GraphQLSchema:
    text = data.decode("utf-8-sig", errors="replace")
    try:
        if text.lstrip()[:1] == "{":
            answer = json.loads(text)
            return build_client_schema(answer.get("data", answer), assume_valid=True)
        return build_schema(text, assume_valid=True, assume_valid_sdl=True)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else 0
        raise SourceError(
            f"not a GraphQL schema: {error.message}",
            code="GW-S002",
            where=f"{source}:{line}" if line else source,
            help="give an SDL file or the JSON answer of an introspection query",
        ) from error
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"not a GraphQL schema: {str(error)[:200]}",
            code="GW-S002",
            where=source,
            help="give an SDL file or the JSON answer of an introspection query",
        ) from error
