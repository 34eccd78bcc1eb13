from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.endpoint import Answer, Link
from gatewright.model.schema import Schema


def answers(read: Any, operation: dict[str, Any], *, problems: int = 0, **others: Any) -> tuple[Answer, ...]:
    found: tuple[Answer, ...] = (
        read({"paths": {"/a": {"get": operation}}, **others}, problems=problems).endpoints[0].answers
    )
    return found


def test_version_3(read: Any) -> None:
    made = answers(
        read,
        {
            "responses": {
                "200": {
                    "description": "ok",
                    "headers": {"X-Next": {}},
                    "content": {
                        "application/json": {"schema": {"type": "object"}, "example": {"id": 1}},
                        "text/plain": {},
                    },
                },
                "4xx": {"$ref": "#/components/responses/No"},
                "default": {"description": "else"},
                "x-note": 7,
            }
        },
        components={"responses": {"No": {"description": "no"}}},
    )
    assert made == (
        Answer(
            status="200",
            description="ok",
            content_type="application/json",
            schema=Schema(types=("object",), examples=({"id": 1},)),
            headers=("X-Next",),
        ),
        Answer(status="200", description="ok", content_type="text/plain", headers=("X-Next",)),
        Answer(status="4XX", description="no"),
        Answer(status="default", description="else"),
    )


def test_version_2(read: Any) -> None:
    made = answers(
        read,
        {
            "responses": {
                "200": {"description": "ok", "schema": {"type": "object"}, "examples": {"a/b": {"id": 1}}},
                "204": {"description": "gone"},
            }
        },
        swagger="2.0",
        produces=["a/b", "c/d"],
    )
    assert [(a.status, a.content_type, a.schema.examples if a.schema else None) for a in made] == [
        ("200", "a/b", ({"id": 1},)),
        ("200", "c/d", ()),
        ("204", "", None),
    ]


@pytest.mark.parametrize(
    "responses", [7, {"999999": {}}, {"abc": {}}, {"200": 7}, {"200": {"$ref": "#/nowhere"}}, {"6XX": {}}]
)
def test_answers_that_are_none(read: Any, responses: object) -> None:
    assert answers(read, {"responses": responses}, problems=1) == ()


def test_links(read: Any) -> None:
    links = {
        "a": {"operationId": "readNote", "parameters": {"id": "$response.body#/id"}},
        "b": {"operationRef": "#/paths/~1notes~1%7Bid%7D/get", "parameters": {"path.id": 7}},
        "c": {"$ref": "#/components/links/L"},
        "d": {"description": "to nothing"},
        "e": {"operationRef": "https://other.test/x"},
    }
    made = answers(
        read, {"responses": {"201": {"links": links}}}, problems=2, components={"links": {"L": {"operationId": "x"}}}
    )
    assert made[0].links == (
        Link(operation="readNote", parameters={"id": "$response.body#/id"}),
        Link(operation="GET /notes/{id}", parameters={"path.id": "7"}),
        Link(operation="x"),
    )
