from __future__ import annotations

import json

from gatewright.model.creation import LARGEST, LOCATION, Creations, called, decoded, mentioned, names, where
from gatewright.model.endpoint import Endpoint
from gatewright.model.finding import Finding
from gatewright.model.http import Exchange, Request, Response


def post(
    number: int,
    target: str,
    answer: object,
    *,
    body: object = None,
    location: str = "",
    purpose: str = "explore",
    method: str = "POST",
) -> Exchange:
    headers = (("Location", location),) if location else ()
    data = b"" if body is None else json.dumps(body).encode()
    request = Request(method, "http://h", target, (), data)
    return Exchange(number, request, Response(201, headers, json.dumps(answer).encode()), "alice", purpose)


def setup(*made: Exchange, target: str, body: object = None) -> list[int]:
    creations = Creations()
    for exchange in made:
        creations.note(exchange)
    data = b"" if body is None else json.dumps(body).encode()
    attack = Exchange(100, Request("PUT", "http://h", target, (), data), Response(200), "bob", "attack")
    finding = Finding(
        id="x",
        test="t",
        threat="API1:2023",
        title="",
        severity="high",
        cvss=None,
        cwe=(),
        endpoint=Endpoint(method="PUT", path="/"),
        place=None,
        account="bob",
        summary="",
        proof=(),
        controls=(),
        exchanges=(attack,),
        attacks=(100,),
    )
    return [exchange.number for exchange in creations.complete(finding).setup]


def test_a_number_belongs_to_its_collection_only() -> None:
    note, order = post(1, "/notes", {"id": 7}), post(2, "/orders", {"id": 7})
    assert setup(note, order, target="/notes/7") == [1]
    assert setup(note, order, target="/orders/7/lines") == [2]
    assert setup(note, order, target="/users/7") == []


def test_another_parent_does_not_hide_it() -> None:
    assert setup(post(1, "/users/1/notes", {"id": 7}), target="/users/2/notes/7") == [1]


def test_the_latest_creation_of_a_value_counts() -> None:
    assert setup(post(1, "/notes", {"id": 7}), post(2, "/notes", {"id": 7}), target="/notes/7") == [2]
    assert setup(post(101, "/notes", {"id": 7}), target="/notes/7") == []


def test_long_values_are_found_anywhere() -> None:
    made = post(1, "/a", {"data": {"uuid": "3f2a-44-9b"}})
    assert setup(made, target="/x?ref=3f2a-44-9b") == [1]
    assert setup(made, target="/x", body={"list": ["3f2a-44-9b"]}) == [1]


def test_a_named_number_in_a_body_belongs_to_the_collection_of_its_name() -> None:
    made = post(1, "/api/notes", {"id": 7}), post(2, "/api/shops", {"id": 7})
    assert setup(*made, target="/share", body={"noteId": 7}) == [1]
    assert setup(*made, target="/share?shop_id=7") == [2]
    assert setup(*made, target="/share", body={"count": 7}) == []


def test_parents_come_first() -> None:
    parent, child = post(1, "/projects", {"id": 3}), post(2, "/projects/3/tasks", {"id": 9})
    assert setup(parent, child, target="/projects/3/tasks/9") == [1, 2]


def test_what_made_nothing_is_left_out() -> None:
    assert setup(post(1, "/notes", {"id": 7}, method="GET"), target="/notes/7") == []
    assert setup(post(1, "/notes", {"id": 7}, purpose="sign-up"), target="/notes/7") == []
    assert setup(post(1, "/notes", {"id": 7, "x": "y" * LARGEST}), target="/notes/7") == []
    assert setup(post(1, "/notes", {"text": "7"}), target="/notes/7") == []


def test_names_and_mentions() -> None:
    made = post(1, "/notes", {"id": 7, "ok": True, "a": [{"slug": "s-1"}]}, location="http://h/notes/41?x")
    assert names(made) == {"id": "7", "a[0].slug": "s-1", LOCATION: "41"}
    assert mentioned(post(1, "/a%20b/7?q=x%3Dy", {}, body={"k": [1, "z", None, True]})) == [
        ("", "a b"),
        ("", "7"),
        ("q", "x=y"),
        ("k[0]", "1"),
        ("k[1]", "z"),
    ]
    assert names(Exchange(1, Request("POST", "http://h", "/"), None)) == {}


def test_only_json_is_decoded() -> None:
    assert decoded(b' {"a": 1}') == {"a": 1}
    assert decoded(b"\n [1]") == [1]
    assert decoded(b"{broken") is decoded(b"<a/>") is decoded(b"") is decoded(b"{\xff}") is None


def test_what_a_query_of_graphql_shows_was_not_made_by_it() -> None:
    made = post(1, "/graphql", {"data": {"order": {"id": "ord-4711"}}}, body={"query": "mutation m { m { id } }"})
    seen = post(2, "/graphql", {"data": {"order": {"id": "ord-4711"}}}, body={"query": "query order { order { id } }"})
    attack = {"query": "query order { order { id } }", "variables": {"id": "ord-4711"}}
    assert setup(made, seen, target="/graphql", body=attack) == [1]


def call(number: int, field: str, answer: object, **variables: object) -> Exchange:
    """A mutation, and what it answers."""
    query = f"mutation {field} {{ {field} {{ id }} }}"
    return post(number, "/graphql", {"data": {field: answer}}, body={"query": query, "variables": variables})


def test_of_the_fields_of_a_schema_the_one_counts_that_made_the_object() -> None:
    order, note = call(1, "createOrder", {"id": 7}), call(2, "createNote", {"id": 7})
    by_name = {"query": "query invoice { invoice { id } }", "variables": {"input": {"order_id": "7"}}}
    by_field = {"query": "mutation updateOrder { updateOrder { id } }", "variables": {"id": 7}}
    other = {"query": "query invoice { invoice { id } }", "variables": {"id": 7}}
    assert setup(order, note, target="/graphql", body=by_name) == [1]
    assert setup(order, note, target="/graphql", body=by_field) == [1]
    assert setup(order, note, target="/graphql", body=other) == []


def test_a_mutation_did_not_make_what_it_was_told() -> None:
    review = call(1, "createProductReview", {"id": 9, "productId": 401}, productId=401)
    attack = {"query": "query product { product { id } }", "variables": {"productId": 401}}
    assert setup(review, target="/graphql", body=attack) == []


def test_where_a_request_goes() -> None:
    made = call(1, "createOrder", {"id": 7})
    assert where(made) == "/graphql#createOrder"
    assert where(post(1, "/notes?x=1", {})) == "/notes"
    assert called(b"[]") == ""
