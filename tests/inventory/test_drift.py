from __future__ import annotations

import json

from gatewright.inventory.collect import collect
from gatewright.inventory.drift import with_traffic
from gatewright.model.endpoint import Specification
from gatewright.model.http import Exchange, Request, Response
from gatewright.sources.openapi import parse

PATHS = {
    "/users/{username}": {
        "get": {
            "parameters": [
                {"name": "username", "in": "path", "required": True, "schema": {"type": "string", "example": "al"}}
            ]
        }
    },
    "/users/me": {"get": {}},
    "/v/2024/notes": {"get": {}},
}


def spec(servers: list[str]) -> Specification:
    document = {"openapi": "3.0.0", "servers": [{"url": url} for url in servers], "paths": PATHS}
    return parse(json.dumps(document).encode(), source="x.json")


def added(specification: Specification, *asked: str) -> list[tuple[str, str]]:
    made = [
        Exchange(
            n,
            Request(line.split()[0], "http://a.test", line.split()[1], (("X-Api-Key", "k"),)),
            Response(200, (("Content-Type", "application/json"),), b"{}"),
        )
        for n, line in enumerate(asked)
    ]
    whole = with_traffic(specification, collect(made))
    assert whole.endpoints[: len(specification.endpoints)] == specification.endpoints
    new = whole.endpoints[len(specification.endpoints) :]
    assert all(endpoint.source == "traffic" for endpoint in new)
    assert bool(new) == bool(whole.schemes)
    return [(endpoint.id, ",".join(p.name for p in endpoint.parameters)) for endpoint in new]


def test_documented_endpoints_are_not_added() -> None:
    for servers in ([], ["http://a.test/"], ["/"]):
        assert (
            added(
                spec(servers), "GET /users/alice", "GET /users/7", "GET /users/me", "GET /v/2024/notes", "GET /users/7/"
            )
            == []
        )


def test_undocumented_ones_are_added_once() -> None:
    assert added(spec([]), "GET /admin/users", "GET /admin/users", "GET /users/7/notes") == [
        ("GET http://a.test/admin/users", ""),
        ("GET http://a.test/users/{userId}/notes", "userId"),
    ]


def test_an_undocumented_method_stands_on_the_documented_path() -> None:
    assert added(spec(["http://a.test"]), "DELETE /users/alice", "DELETE /users/bob") == [
        ("DELETE http://a.test/users/{username}", "username")
    ]
    assert added(spec(["http://a.test"]), "PUT /users/me") == [("PUT http://a.test/users/me", "")]


def test_base_path_and_origin_count() -> None:
    assert added(spec(["http://a.test/api"]), "GET /api/users/me", "GET /users/me") == [
        ("GET http://a.test/users/me", "")
    ]
    assert added(spec(["http://b.test"]), "GET /users/me") == [("GET http://a.test/users/me", "")]
