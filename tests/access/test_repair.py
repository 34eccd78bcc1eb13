from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from gatewright.access.lessons import Lessons
from gatewright.access.repair import Repair, apply, repairs, schemas
from gatewright.access.values import Values
from gatewright.model.call import Call
from gatewright.model.endpoint import Body, Endpoint, Parameter, Place
from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TEXT = Schema(types=("string",))
BODY = Schema(
    types=("object",),
    required=("email", "name"),
    properties={
        "email": TEXT,
        "name": TEXT,
        "age": Schema(types=("integer",)),
        "plan": Schema(types=("string",), enum=("free", "gold")),
        "doctor_id": Schema(types=("integer",)),
        "when": Schema(types=("string",), format="date"),
        "address": Schema(types=("object",), properties={"city": TEXT}),
        "tags": Schema(types=("array",), items=TEXT),
    },
)
ENDPOINT = Endpoint(
    method="POST",
    path="/users/{org}",
    parameters=(Parameter(name="org", within="path", required=True, schema=Schema(types=("integer",))),),
    bodies=(Body(content_type="application/json", schema=BODY), Body(content_type="application/xml", schema=BODY)),
)


def call(body: Json) -> Call:
    return Call(endpoint=ENDPOINT.id, path={"org": 1}, body=body, content_type="application/json")


def mended(
    body: Json, status: int, answer: Json, turn: int = 1, lessons: Lessons | None = None
) -> tuple[list[Repair], Json]:
    made = Values(Keyring(b"k" * 32, "r"), "x", now=NOW)
    asked = call(body)
    found = repairs(
        Response(status, body=msgspec.json.encode(answer)), ENDPOINT, asked, made, turn=turn, lessons=lessons
    )
    return found, apply(asked, found).body


def fastapi(field: str, message: str) -> Json:
    return {"detail": [{"loc": ["body", *field.split(".")], "msg": message, "type": "value_error"}]}


@pytest.mark.parametrize(
    ("sent", "message", "field", "low", "high"),
    [
        (1, "must be greater than or equal to 18", "age", 18, 1000),
        (1, "must be greater than 18", "age", 19, 1000),
        (900, "must be less than or equal to 120", "age", 0, 120),
        (900, "must be less than 120", "age", 0, 119),
        (900, "must be between 1 and 10", "age", 1, 10),
        (-4, "must be positive", "age", 1, 10),
        (900, "must not exceed 50", "age", 0, 50),
    ],
)
def test_numbers_move_inside(sent: int, message: str, field: str, low: int, high: int) -> None:
    _, body = mended({"age": sent}, 422, fastapi(field, message))
    assert isinstance(body, dict)
    age = body["age"]
    assert isinstance(age, int)
    assert low <= age <= high


@pytest.mark.parametrize(
    ("message", "low", "high"),
    [
        ("must be at least 30 characters", 30, 999),
        ("must have no more than 6 characters", 0, 6),
        ("is too long (maximum is 8 characters)", 0, 8),
        ("is too short (minimum is 25 characters)", 25, 999),
        ("size must be between 5 and 9", 5, 9),
        ("length must not be longer than 7", 0, 7),
        ("is too short", 19, 999),
        ("is too long", 0, 12),
    ],
)
def test_texts_move_inside(message: str, low: int, high: int) -> None:
    _, body = mended({"name": "gwabcdefghijklmnop"}, 422, fastapi("name", message))
    assert isinstance(body, dict)
    assert low <= len(str(body["name"])) <= high


@pytest.mark.parametrize(
    ("sent", "message", "turn", "expected"),
    [
        ("2026-05-01", "must be in the future", 1, "2026-05-05"),
        ("2026-05-01", "must be in the future", 2, "2026-06-03"),
        ("2026-09-01", "must be in the past", 1, "2026-05-03"),
        ("2026-05-01", "cannot be in the past", 1, "2026-05-05"),
        ("2026-09-01", "Ensure this date is not in the future.", 1, "2026-05-03"),
        ("2026-05-01", "Ensure this date is not in the past.", 1, "2026-05-05"),
        ("2026-05-01T10:00:00Z", "must be after now", 1, "2026-05-05T12:00:00Z"),
    ],
)
def test_dates_shift(sent: str, message: str, turn: int, expected: str) -> None:
    _, body = mended({"when": sent}, 422, fastapi("when", message), turn)
    assert body == {"when": expected}


def test_missing_fields_are_added_undeclared_ones_too() -> None:
    found, body = mended({}, 422, {"errors": {"email": ["is required"], "nickname": ["is required"]}})
    assert [(r.kind, r.place.name) for r in found] == [("set", "email"), ("set", "nickname")]
    found, body = mended(
        {},
        400,
        {
            "detail": [
                {"loc": ["body", "nickname"], "msg": "field required"},
                {"loc": ["body", "email"], "msg": "field required"},
            ]
        },
    )
    assert isinstance(body, dict)
    assert str(body["email"]).endswith("@example.com")
    assert body["nickname"]


def test_missing_inside_an_object() -> None:
    _, body = mended({"address": {"street": "x"}}, 400, fastapi("address.city", "field required"))
    assert isinstance(body, dict)
    address = body["address"]
    assert isinstance(address, dict)
    assert address["street"] == "x"
    assert address["city"]


def test_taken_values_are_replaced_each_turn_by_another() -> None:
    _, one = mended({"email": "a@example.com"}, 409, {"error": "email already registered"}, 1)
    _, two = mended({"email": "a@example.com"}, 409, {"error": "email already registered"}, 2)
    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert len({"a@example.com", str(one["email"]), str(two["email"])}) == 3


def test_a_bare_conflict_renews_the_texts() -> None:
    found, body = mended({"email": "a@example.com", "age": 3, "plan": "free"}, 409, None)
    assert [r.place.name for r in found] == ["email"]
    assert isinstance(body, dict)
    assert body["age"] == 3


@pytest.mark.parametrize(
    ("sent", "answer", "expected"),
    [
        ({"plan": "free"}, fastapi("plan", "not a valid choice"), {"plan": "gold"}),
        ({"name": "x"}, fastapi("name", "must be one of: 'red', 'blue'"), {"name": "red"}),
        ({"name": "x"}, fastapi("name", "must be one of [north, south]"), {"name": "north"}),
        ({"name": "x"}, {"error": "name must be one of north, south"}, {"name": "north"}),
        ({"age": 3}, {"message": '"age" must be one of', "details": [{"path": ["age"], "message": "must be one of", "context": {"valids": [7]}}]}, {"age": 7}),
    ],
)  # fmt: skip
def test_choices(sent: Json, answer: Json, expected: Json) -> None:
    assert mended(sent, 422, answer)[1] == expected


@pytest.mark.parametrize(
    ("sent", "message", "expected"),
    [
        ({"name": "12"}, "must be an integer", {"name": 12}),
        ({"name": "abc"}, "must be a number", {"name": 1}),
        ({"age": 3}, "must be a string", {"age": "3"}),
        ({"age": 3}, "value is not a valid boolean", {"age": True}),
        ({"name": "x"}, "must be an array", {"name": ["x"]}),
    ],
)
def test_types_are_cast(sent: Json, message: str, expected: Json) -> None:
    assert mended(sent, 422, fastapi(next(iter(sent)), message))[1] == expected  # type: ignore[arg-type,call-overload]


def test_formats_are_tried_one_after_another() -> None:
    lessons, seen = Lessons(), set()
    body: Json = {"when": "nonsense"}
    for turn in (1, 2, 3):
        _found, body = mended(body, 422, fastapi("when", "invalid format"), turn, lessons)
        seen.add(str(body))
    assert len(seen) == 3


def test_unknown_fields_go() -> None:
    assert mended({"name": "a", "color": "b"}, 400, {"error": '"color" is not allowed'})[1] == {"name": "a"}
    assert mended({"address": {"city": "a", "x": 1}}, 400, fastapi("address.x", "Extra inputs are not permitted"))[
        1
    ] == {"address": {"city": "a"}}


def test_references_are_for_the_caller_to_produce() -> None:
    found, body = mended({"doctor_id": 1}, 400, fastapi("doctor_id", "doctor not found"))
    assert [(r.kind, r.place) for r in found] == [("produce", Place("body", "doctor_id"))]
    assert body == {"doctor_id": 1}
    found, _ = mended({"name": "a"}, 404, None)
    assert [(r.kind, r.place) for r in found] == [("produce", Place("path", "org"))]


def test_media_types() -> None:
    assert apply(call({}), repairs_of(415)).content_type == "application/xml"
    assert apply(call({}), repairs_of(406)).headers == {"Accept": "*/*"}


def repairs_of(status: int) -> list[Repair]:
    return repairs(Response(status), ENDPOINT, call({}), Values(Keyring(b"k" * 32, "r"), "x", now=NOW), turn=1)


def test_rank_is_told() -> None:
    assert [r.kind for r in repairs_of(403)] == ["rank"]


def test_without_a_pattern_the_body_grows_then_shrinks_then_it_gives_up() -> None:
    sizes = []
    for turn in (1, 2, 3, 4):
        found, body = mended({"email": "a", "name": "b"}, 500, {"oops": 1}, turn)
        sizes.append(len(body) if found and isinstance(body, dict) else 0)
    assert sizes == [8, 5, 0, 0]


def test_schemas_lists_every_place() -> None:
    assert list(schemas(BODY, lambda s: s))[-4:] == ["when", "address", "address.city", "tags"]


def test_a_part_that_is_refused_by_its_type_becomes_another_kind_of_file() -> None:
    files = Schema(types=("object",), properties={"files": Schema(items=Schema(types=("string",), format="binary"))})
    endpoint = Endpoint(method="POST", path="/files", bodies=(Body(content_type="multipart/form-data", schema=files),))
    made, lessons = Values(Keyring(b"k" * 32, "r"), "x", now=NOW), Lessons()
    asked = Call(
        endpoint=endpoint.id, body={"files": [made.file("files[]")]}, content_type="multipart/form-data; boundary=b"
    )
    kinds = []
    for turn in range(1, 9):
        kinds.append(asked.get(Place("body", "files[].content_type")))
        found = repairs(Response(415), endpoint, asked, made, turn=turn, lessons=lessons)
        if not found:
            break
        asked = apply(asked, found)
    assert kinds[:3] == ["text/plain", "image/png", "application/pdf"]
