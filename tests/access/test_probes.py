from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.probes import (
    ambient,
    id_words,
    identity_of,
    key_of,
    lets_in,
    named_in,
    probes,
    quality,
    refused,
)
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.http import Response as Answer
from gatewright.proof.leaves import Answer as Read
from gatewright.proof.leaves import read

if TYPE_CHECKING:
    from conftest import Api, Play, World

ME = frozenset({"alice", "alice@example.com", "7"})


def answer(body: Any, status: int = 200) -> Read:
    return read(Answer(status, (("content-type", "application/json"),), msgspec.json.encode(body)))


@pytest.mark.parametrize(
    ("valid", "bad", "fine"),
    [
        (answer({"a": 1}), answer({"e": 1}, 401), True),
        (answer({"a": 1}, 403), answer({"e": 1}, 401), False),
        (answer({"a": 1}), answer({"a": 1}), False),
        (answer({"now": 1, "x": 2}), answer({"now": 9, "x": 2}), False),
        (answer({"now": 1, "user": "alice"}), answer({"now": 2, "user": "guest"}), True),
        (answer({"user": "alice"}), answer({"user": "Alice"}), False),
        (answer({"data": {"a": 1}, "fine": 1}), answer({"melding": "nee"}), True),
        (answer({"success": False}), answer({"e": 1}, 401), False),
        (answer({"a": 1}, 302), answer({"e": 1}, 401), False),
        (answer({"a": 1}), read(None), True),
    ],
)
def test_what_lets_in(valid: Read, bad: Read, fine: bool) -> None:
    assert lets_in(valid, [bad], ME) is fine


def test_short_numbers_count_under_the_name_of_an_id_only() -> None:
    assert [leaf.path for leaf in named_in(answer({"id": 7, "count": 7, "user": "ALICE"}), ME)] == ["id", "user"]


@pytest.mark.parametrize(
    ("body", "grade"),
    [
        ({"email": "alice@example.com"}, 3),
        ({"me": {"name": "alice"}, "rows": [{"name": "alice"}]}, 2),
        ([{"name": "alice"}, {"name": "bob"}], 1),
        ({"name": "bob"}, 0),
    ],
)
def test_quality(body: Any, grade: int) -> None:
    assert quality(answer(body), ME) == grade


def test_identity_of_takes_what_names_an_account() -> None:
    body = {
        "data": {"id": 7, "username": "alice", "contact": "alice@example.com", "active": True, "age": 33},
        "rows": [{"id": 9, "email": "bob@example.com"}],
        "a": {"b": {"c": {"user_id": "too-deep"}}},
        "accountId": None,
    }
    assert identity_of(answer(body)) == {"7", "alice", "alice@example.com"}


def test_an_id_under_the_word_of_the_api_names_the_account_when_it_is_a_number_or_a_key() -> None:
    body = {"vop": 7, "city": "Aarhus", "card": {"vop": KEY}, "rows": [{"vop": 9}], "home": {"at": {"vop": 8}}}
    assert identity_of(answer(body), {"vop"}) == {"7", KEY}
    assert identity_of(answer({"vop": "a name"}), {"vop"}) == set()
    assert identity_of(answer(body)) == set()


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["/orders/{order_vop}", "/boxes/{boxVop}/lines"], {"vop"}),
        (["/orders/{vop}", "/boxes/{vop}"], {"vop"}),
        (["/orders/{order_vop}", "/orders/{order_vop}/lines"], set()),
        (["/orders/{shop_vop}", "/boxes/{shop_vop}"], set()),
        (["/files/{a}/{b}", "/{vop}/x"], set()),
    ],
)
def test_the_paths_of_an_api_show_its_word_for_an_id(paths: list[str], found: set[str]) -> None:
    endpoints = tuple(Endpoint(method="GET", path=path, origin="http://x") for path in paths)
    assert id_words(Specification(source="x", dialect="openapi 3.1", endpoints=endpoints)) == found


KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"kennung": KEY, "name": "Alice"}, {KEY}),
        ({"data": {"kennung": KEY, "firma": {"kennung": OTHER}}}, {KEY}),
        ({"kennung": KEY, "mandant": OTHER}, set()),
        ({"rows": [{"kennung": KEY}]}, set()),
        ({"a": {"b": {"c": {"kennung": KEY}}}}, set()),
        ({"kennung": "507f1f77bcf86cd799439011"}, {"507f1f77bcf86cd799439011"}),
        ({"kennung": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
        ({"nummer": 7}, set()),
    ],
    ids=str,
)
def test_a_key_is_one_under_any_name(body: Any, key: set[str]) -> None:
    assert key_of(answer(body)) == key


def test_refused() -> None:
    assert refused(read(None))
    assert refused(answer({}, 302))
    assert not refused(answer({"a": 1}))


def test_probes_are_safe_gets_without_parameters_guarded_and_likely_ones_first(api: Api, play: Play) -> None:
    async def open_(request: Incoming) -> Response:
        return JSONResponse({"a": 1})

    async def shut(request: Incoming) -> Response:
        return JSONResponse({"e": 1}, 401)

    needed = [{"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}]
    path = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    api.on("GET /zub", shut)
    api.on("GET /shop/my/orders", shut)
    api.on("GET /profile", open_)
    api.on("GET /v1/users/me", shut)
    api.on("GET /db/reset", shut)
    api.on("GET /auth/logout", shut)
    api.on("GET /health", open_)
    api.on("GET /search", shut, parameters=needed)
    api.on("GET /users/{id}", shut, parameters=path)
    api.on("POST /things", shut, body=["x"])

    async def scenario(world: World) -> None:
        async def ask(request: Any, account: str, purpose: str) -> Any:
            return await world.gate.send(request, account=account, purpose=purpose)

        found = await probes(world.specification, ask)
        assert [probe.endpoint.path for probe in found] == ["/v1/users/me", "/shop/my/orders", "/zub", "/profile"]
        assert [probe.guarded for probe in found] == [True, True, True, False]
        assert api.count("GET /db/reset") == 0

    play(api, scenario)


def test_what_most_endpoints_require_says_who_asks(api: Api, play: Play) -> None:
    device = {"name": "X-Device", "in": "header", "required": True, "schema": {"type": "string"}}
    year = {"name": "year", "in": "query", "required": True, "schema": {"type": "integer"}}

    async def nothing(request: Incoming) -> Response:
        return JSONResponse({}, 401)

    for path in ("/me", "/orders", "/items"):
        api.on(f"GET {path}", nothing, parameters=[device])
    api.on("GET /report", nothing, parameters=[device, year])

    async def scenario(world: World) -> None:
        assert {str(place) for place in ambient(world.specification)} == {"header X-Device"}
        assert {probe.endpoint.path for probe in await probes(world.specification, world.sessions()._ask)} == {
            "/me", "/orders", "/items",
        }  # fmt: skip

    play(api, scenario)
