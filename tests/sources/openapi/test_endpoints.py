from __future__ import annotations

from typing import Any

import pytest


def test_what_an_operation_says(read: Any) -> None:
    spec = read(
        {
            "paths": {
                "/notes": {
                    "summary": "of the path",
                    "x-a": 1,
                    "get": {
                        "operationId": "list",
                        "tags": ["notes"],
                        "description": "long",
                        "deprecated": True,
                        "x-b": {"c": 2},
                    },
                    "post": {"summary": "own"},
                }
            }
        }
    )
    get, post = spec.endpoints
    assert (get.operation, get.tags, get.summary, get.description, get.deprecated) == (
        "list",
        ("notes",),
        "of the path",
        "long",
        True,
    )
    assert get.extensions == {"x-a": 1, "x-b": {"c": 2}} and post.summary == "own"
    assert get.source == "x.json:7"


def test_callbacks_and_webhooks_are_the_apis_own(read: Any) -> None:
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    spec = read(
        {
            "servers": [{"url": "http://a.test/v1"}],
            "paths": {
                "/subscribe": {
                    "post": {
                        "callbacks": {
                            "onEvent": {"{$request.body#/url}": {"post": body}},
                            "other": {"$ref": "#/components/callbacks/C"},
                        }
                    }
                }
            },
            "webhooks": {"paid": {"post": body}},
            "components": {"callbacks": {"C": {"http://x.test?u={$request.query.u}": {"put": {}}}}},
        },
        problems=0,
    )
    assert [endpoint.name for endpoint in spec.endpoints] == ["POST /subscribe"]
    assert [(e.method, e.path, e.origin, e.base, len(e.bodies)) for e in spec.callbacks] == [
        ("POST", "{$request.body#/url}", "", "", 1),
        ("PUT", "http://x.test?u={$request.query.u}", "", "", 0),
        ("POST", "paid", "", "", 1),
    ]
    assert all(not endpoint.parameters for endpoint in spec.callbacks)


def test_path_parameters_that_nobody_declared(read: Any) -> None:
    spec = read(
        {"paths": {"/a/{x}/{y}": {"get": {"parameters": [{"name": "x", "in": "path"}, {"name": "z", "in": "path"}]}}}},
        problems=2,
    )
    assert [(p.name, p.required, p.schema.types) for p in spec.endpoints[0].parameters] == [
        ("x", True, ()),
        ("z", True, ()),
        ("y", True, ("string",)),
    ]
    assert {problem.code for problem in spec.problems} == {"GW-S044"}


@pytest.mark.parametrize(
    ("paths", "names", "problems"),
    [
        ({"notes": {"get": {}}}, ["GET /notes"], 1),
        ({"/a": {"GET": {}}}, ["GET /a"], 0),
        ({"/a": {"get": {}, "GET": {}}}, ["GET /a"], 1),
        ({"/a": {"fetch": {}}, "/b": {"get": {}}}, ["GET /b"], 1),
        ({"/a": {"get": None}, "/b": {"get": {}}}, ["GET /b"], 0),
        ({"/a": {"get": 7}, "/b": {"get": {}}}, ["GET /b"], 1),
        ({"/a": [], "/b": {"get": {}}}, ["GET /b"], 1),
        ({"/a": {"$ref": "#/x-item"}}, ["GET /a"], 0),
        ({"/a": {"$ref": "#/x-item", "put": {}}}, ["GET /a", "PUT /a"], 0),
        ({"/a": {"$ref": "#/nowhere", "put": {}}}, ["PUT /a"], 1),
        ({"x-internal": {"get": {}}}, [], 0),
        ([], [], 1),
    ],
)
def test_path_items(read: Any, paths: object, names: list[str], problems: int) -> None:
    spec = read({"paths": paths, "x-item": {"get": {}}}, problems=problems)
    assert [endpoint.name for endpoint in spec.endpoints] == names


def test_a_query_in_the_path_becomes_parameters(read: Any) -> None:
    spec = read({"paths": {"/a?action=list&x=": {"get": {}}, "/b#frag": {"get": {}}}}, problems=2)
    first, second = spec.endpoints
    assert [(p.name, p.within, p.required, p.schema.enum) for p in first.parameters] == [
        ("action", "query", True, ("list",)),
        ("x", "query", True, ("",)),
    ]
    assert (first.path, second.path) == ("/a", "/b")


def test_one_broken_endpoint_leaves_the_others(read: Any) -> None:
    broken = {
        "parameters": {"a": 1},
        "responses": [],
        "requestBody": "x",
        "security": {},
        "tags": "t",
        "callbacks": 7,
        "deprecated": 3,
        "operationId": {},
        "servers": {},
    }
    spec = read({"paths": {"/a": {"get": broken}, "/b": {"get": {"operationId": "fine"}}}}, problems=9)
    assert [endpoint.operation for endpoint in spec.endpoints] == ["", "fine"]
    assert all(problem.where.startswith("x.json:") and problem.where.count(":") == 2 for problem in spec.problems)
