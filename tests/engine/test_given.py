from __future__ import annotations

import asyncio

import msgspec

from gatewright.engine.given import Given, Scene, scene
from gatewright.engine.scripted import Rule
from gatewright.model.endpoint import Place
from gatewright.model.json import Json

RULES: list[Json] = [
    {"when": {"as": "anon"}, "status": 401},
    {"when": {"as": "bob", "path": "/teams/1/notes/8"}, "status": 403},
    {"response": {"id": 1}},
]


def build(told: dict[str, Json], rules: list[Json] | None = None) -> Scene:
    return asyncio.run(scene(msgspec.convert(told, Given), [msgspec.convert(r, Rule) for r in rules or RULES]))


def test_objects_are_named_at_every_endpoint_of_their_kind() -> None:
    made = build(
        {
            "accounts": ["alice", "bob"],
            "endpoint": "GET /teams/{team}/notes/{id}",
            "endpoints": ["PUT /teams/{team}/notes/{note}", "GET /teams/{team}/notes", "GET /users/{id}"],
            "objects": {"alice": {"id": 7, "values": {"team": 1}}, "bob": [{"id": 8, "values": {"team": 1}}]},
            "witness": {"alice": "gwaaaaaaaaaaaaaaaa"},
        }
    )
    alice, bob = made.situation.knowledge.objects
    assert (alice.resource, alice.markers, bob.markers) == ("note", ("gwaaaaaaaaaaaaaaaa",), ())
    assert [(r.endpoint.partition(" ")[0], str(r.place)) for r in alice.references] == [
        ("GET", "path id"),
        ("PUT", "path note"),
    ]
    assert dict(alice.references[0].values) == {Place("path", "team"): 1, Place("path", "id"): 7}


def test_a_sample_is_what_the_server_accepts() -> None:
    made = build(
        {
            "accounts": ["alice", "bob"],
            "endpoint": "GET /teams/{team}/notes/{id}",
            "objects": {"alice": {"id": 7, "values": {"team": 1}}, "bob": {"id": 8, "values": {"team": 1}}},
        }
    )
    assert [s.account for s in made.situation.knowledge.samples] == ["alice"]
    assert made.situation.protected == {made.endpoint.id}
    assert made.identities.exchanges == []


def test_roles_ranks_and_throwaways() -> None:
    made = build(
        {
            "accounts": {"alice": {}, "root": {"role": "admin"}, "v": {"origin": "throw-away"}},
            "endpoint": "GET /me",
            "probe": "GET /me",
        }
    )
    assert (made.identities.rank("alice"), made.identities.rank("root"), made.identities.rank("anon")) == (0, 1, -1)
    assert made.situation.regular() == ["alice", "root"]
    call = made.identities.whoami("alice")
    assert call is not None and call.endpoint == made.endpoint.id


def test_a_place_elsewhere_and_fresh_objects() -> None:
    made = build(
        {
            "accounts": ["alice"],
            "endpoint": {"name": "POST /show", "body": {"noteId": 1}, "secured": True},
            "place": "body noteId",
            "objects": {"alice": {"id": 7, "resource": "note"}},
            "fresh": {"alice": [{"id": 9, "resource": "note"}]},
        }
    )
    knowledge = made.situation.knowledge
    assert knowledge.samples[0].call.body == {"noteId": 7}
    assert made.endpoint.secured
    fresh = asyncio.run(made.maker.fresh(knowledge, knowledge.objects[0], owner="alice"))
    assert fresh is not None and fresh.id == 9
    assert asyncio.run(made.maker.fresh(knowledge, knowledge.objects[0], owner="alice")) is None


def test_a_query_is_documented_and_an_example_of_it_is_in_the_sample() -> None:
    query: Json = {"q": {"types": ["string"], "examples": ["lamp"]}, "limit": {"types": ["integer"], "maximum": 50}}
    built = build({"accounts": ["alice"], "endpoint": {"name": "GET /things", "query": query}}, [{"response": []}])
    (endpoint,) = built.situation.knowledge.endpoints.values()
    assert [(p.name, p.within, p.schema.maximum) for p in endpoint.parameters] == [
        ("q", "query", None),
        ("limit", "query", 50),
    ]
    assert built.situation.knowledge.samples_of(endpoint.id)[0].call.query == {"q": "lamp"}
