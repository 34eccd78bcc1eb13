from __future__ import annotations

import asyncio
import json

import pytest
from graphql import GraphQLSchema, graphql_sync

from gatewright.model.endpoint import Specification
from gatewright.model.errors import SourceError, TargetError
from gatewright.sources.graphql.introspection import PLACES, find, introspect

HOST = "http://api.test:8080"


class Server:
    """A GraphQL server at one path; asked without a socket."""

    def __init__(self, schema: GraphQLSchema, path: str = "/graphql", *, closed: bool = False) -> None:
        self.schema, self.path, self.closed = schema, path, closed
        self.asked: list[str] = []

    async def ask(self, url: str, body: bytes) -> bytes:
        self.asked.append(url)
        if url != HOST + self.path:
            raise TargetError("nobody there", code="GW-W101", where=url)
        query = json.loads(body)["query"]
        if self.closed and "__" in query:
            return b'{"errors": [{"message": "introspection is not allowed"}]}'
        return json.dumps(graphql_sync(self.schema, query).formatted).encode()


def test_the_schema_of_an_address(schema: GraphQLSchema) -> None:
    found = asyncio.run(introspect(HOST + "/api/x", ask=Server(schema, "/api/x").ask))
    assert found is not None
    assert "POST /api/x#query.order" in [endpoint.name for endpoint in found.endpoints]
    assert found.servers == (HOST,)


@pytest.mark.parametrize("place", PLACES)
def test_the_usual_places_of_a_host(schema: GraphQLSchema, place: str) -> None:
    server = Server(schema, place)
    found = asyncio.run(find(HOST + "/", ask=server.ask))
    assert isinstance(found, Specification)
    assert found.source == HOST + place
    assert len(server.asked) <= 2 * len(PLACES) + 4


def test_no_graphql(schema: GraphQLSchema) -> None:
    assert asyncio.run(find(HOST, ask=Server(schema, "/elsewhere").ask)) is None


def test_where_introspection_is_off_a_file_is_asked_for(schema: GraphQLSchema) -> None:
    with pytest.raises(SourceError) as caught:
        asyncio.run(introspect(HOST + "/graphql", ask=Server(schema, closed=True).ask))
    assert caught.value.code == "GW-S054"
    assert f"--target {HOST}/graphql" in caught.value.help
