from __future__ import annotations

import pytest

from gatewright.app.target import is_loopback, origin_of, place
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.errors import UsageError
from gatewright.model.graphql import Field
from gatewright.model.settings import Settings

URL = "http://api.test:8000/docs/openapi.json"


def _specification(source: str, *servers: str, origin: str = "", base: str = "") -> Specification:
    endpoint = Endpoint(method="GET", path="/a", origin=origin, base=base)
    return Specification(source=source, dialect="openapi 3.0", servers=servers, endpoints=(endpoint,))


@pytest.mark.parametrize(
    ("source", "servers", "target"),
    [
        (URL, (), "http://api.test:8000"),
        (URL, ("/v1",), "http://api.test:8000/v1"),
        (URL, ("http://api.test:9000/v1",), "http://api.test:9000/v1"),
        (URL, ("http://127.0.0.1:5000",), "http://127.0.0.1:5000"),
        ("openapi.json", ("http://localhost:5000/v1",), "http://localhost:5000/v1"),
    ],
)
def test_the_server_of_the_specification(source: str, servers: tuple[str, ...], target: str) -> None:
    assert place(_specification(source, *servers), Settings()).targets == (target,)


@pytest.mark.parametrize(
    ("source", "servers", "code"),
    [
        ("openapi.json", (), "GW-U010"),
        ("openapi.json", ("/v1",), "GW-U010"),
        ("openapi.json", ("https://shop.example",), "GW-U011"),
        (URL, ("https://shop.example",), "GW-U011"),
    ],
)
def test_a_host_that_only_a_document_names_is_not_touched(source: str, servers: tuple[str, ...], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        place(_specification(source, *servers), Settings())
    assert caught.value.code == code
    assert "--target http" in caught.value.help


def test_what_the_user_names_wins_and_the_endpoints_move_there() -> None:
    specification = _specification("openapi.json", "https://shop.example/v1", origin="https://shop.example", base="/v1")
    placed = place(specification, Settings(target=("http://127.0.0.1:5000",)))
    assert placed.targets == ("http://127.0.0.1:5000",)
    assert placed.specification.endpoints[0].id == "GET http://127.0.0.1:5000/v1/a"
    moved = place(specification, Settings(target=("http://127.0.0.1:5000/v2",)))
    assert moved.specification.endpoints[0].id == "GET http://127.0.0.1:5000/v2/a"


def test_of_several_servers_the_first_is_taken_and_named() -> None:
    placed = place(_specification(URL, "http://127.0.0.1:1", "http://127.0.0.1:2"), Settings())
    assert placed.targets == ("http://127.0.0.1:1",)
    assert "http://127.0.0.1:1" in placed.note


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_what_can_only_be_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_the_origin_of_a_url() -> None:
    assert origin_of("https://[::1]:8443/a?b#c") == "https://[::1]:8443"


def test_a_target_with_a_path_says_where_a_graphql_schema_is_served() -> None:
    field = Field(kind="query", name="me", document="query me { me { id } }")
    endpoint = Endpoint(method="GET", path="/me", field=field)
    specification = Specification(source="schema.graphql", dialect="graphql", endpoints=(endpoint,))
    for target, name in (("http://127.0.0.1:1", "/graphql"), ("http://127.0.0.1:1/api/gql", "/api/gql")):
        placed = place(specification, Settings(target=(target,))).specification.endpoints[0]
        assert placed.id == f"POST http://127.0.0.1:1{name}#query.me"
