from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.access.values import Values
from gatewright.model.endpoint import Endpoint, Parameter, Place
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

KEYRING = Keyring(b"k" * 32, "run1")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TEXT = Schema(types=("string",))


def values(label: str = "alice/POST /notes/1", **more: object) -> Values:
    return Values(KEYRING, label, now=NOW, **more)  # type: ignore[arg-type]


def test_a_body_has_what_is_required_and_not_what_is_read_only() -> None:
    schema = Schema(
        types=("object",),
        required=("email", "note", "id"),
        properties={
            "id": Schema(types=("integer",), read_only=True),
            "email": TEXT,
            "note": TEXT,
            "extra": TEXT,
        },
    )
    made = values()
    body = made.body(schema)
    assert isinstance(body, dict)
    assert list(body) == ["email", "note"]
    assert body["note"] == made.markers[0]
    assert re.fullmatch(r"gw[a-z2-7]{16}", made.markers[0])
    optional = values().body(schema, optional=True)
    assert isinstance(optional, dict)
    assert "extra" in optional


def test_a_schema_without_required_properties_gets_them_all() -> None:
    schema = Schema(types=("object",), properties={"id": Schema(types=("integer",)), "city": TEXT, "street": TEXT})
    body = values().body(schema)
    assert isinstance(body, dict)
    assert list(body) == ["city", "street"]


@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        (Schema(types=("string",), examples=("EUR",)), "currency", "EUR"),
        (Schema(types=("string",), examples=("red",)), "shade", "red"),
        (Schema(types=("string",), default="x"), "kind", "x"),
        (Schema(types=("string",), enum=("a", "b")), "kind", "a"),
        (Schema(types=("integer",)), "quantity", 1),
        (Schema(types=("integer",), minimum=18), "age", 34),
        (Schema(types=("integer",), exclusive_minimum=4), "n", 5),
        (Schema(types=("number",), multiple_of=0.5, minimum=1.2), "n", 1.5),
        (Schema(types=("boolean",)), "flag", False),
        (Schema(types=("boolean",), default=True), "flag", True),
        (Schema(types=("array",)), "tags", []),
        (Schema(types=("null",)), "x", None),
        (Schema(types=("string",), format="date"), "birthDate", re.compile(r"19\d\d-\d\d-\d\d")),
        (Schema(types=("string",), format="date", examples=("2019-01-01",)), "visit", "2026-06-03"),
        (Schema(types=("string",), examples=("31/12/2024",)), "visitDate", "31/12/2024"),
        (Schema(types=("string",), max_length=10), "phone", re.compile(r"\d{10}")),
        (Schema(types=("string",), pattern=r"^\d{10}$"), "phone", re.compile(r"\d{10}")),
        (Schema(types=("string",), pattern=r"^[A-Z]{2}\d{3}$"), "thing", re.compile(r"[A-Z]{2}\d{3}")),
        (Schema(types=("string",), examples=("SKU-1001",)), "sku", re.compile(r"SKU-(?!1001)\d{4}")),
        (Schema(types=("string",), examples=("A nice cup",)), "title", re.compile(r"gw[a-z2-7]{16}")),
        (Schema(types=("string",), min_length=30), "text", re.compile(r"gw[a-z2-7]{16} x{11,}")),
        (Schema(types=("string",), max_length=6), "text", re.compile(r"gw[a-z2-7]{4}")),
        (Schema(types=("number",)), "price", re.compile(r"\d{6}")),
        (Schema(types=("number",), maximum=100), "price", 1),
        (Schema(any_of=(Schema(), Schema(types=("integer",)))), "x", 1),
    ],
)  # fmt: skip
def test_values(schema: Schema, name: str, expected: Json | re.Pattern[str]) -> None:
    value = values().value(schema, name)
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(str(value)), value
    else:
        assert value == expected


def test_same_label_same_body_other_label_other_values() -> None:
    schema = Schema(types=("object",), properties={"username": TEXT, "text": TEXT})
    assert values().body(schema) == values().body(schema) != values("bob/POST /notes/1").body(schema)
    assert values().unique(TEXT, "username", turn=1) != values().unique(TEXT, "username", turn=2)


def test_fixed_values_stand_first_and_are_added_when_optional() -> None:
    schema = Schema(
        types=("object",),
        required=("user",),
        properties={"user": Schema(types=("object",), required=("name",), properties={"name": TEXT, "mail": TEXT})},
    )
    body = values(fixed={"user.mail": "m@example.com"}).body(schema)
    assert isinstance(body, dict)
    user = body["user"]
    assert isinstance(user, dict)
    assert user["mail"] == "m@example.com"
    assert user["name"] != ""


def test_cycles_end() -> None:
    node = Schema(
        types=("object",),
        ref="Node",
        required=("child", "name"),
        properties={"child": Schema(ref="Node"), "name": TEXT},
    )
    body = values(resolve=lambda s: node if s == Schema(ref="Node") else s).body(node)
    assert isinstance(body, dict)


def test_parameters() -> None:
    endpoint = Endpoint(
        method="GET",
        path="/a/{id}",
        parameters=(
            Parameter(name="id", within="path", schema=Schema(types=("integer",))),
            Parameter(name="q", within="query", required=True, schema=TEXT),
            Parameter(name="page", within="query", schema=Schema(types=("integer",))),
        ),
    )
    assert list(values().parameters(endpoint)) == [Place("path", "id"), Place("query", "q")]
    assert len(values().parameters(endpoint, optional=True)) == 3


def test_spellings_differ_from_each_other() -> None:
    for schema, name in ((TEXT, "visitDate"), (TEXT, "phone"), (TEXT, "zorb"), (Schema(types=("integer",)), "n")):
        spellings = values().spellings(schema, name)
        assert len(spellings) >= 3
        assert len({repr(s) for s in spellings}) == len(spellings)


@st.composite
def scalars(draw: st.DrawFn) -> tuple[Schema, dict[str, Json]]:
    """A schema of ours and the same as JSON Schema."""
    kind = draw(st.sampled_from(["string", "integer", "number"]))
    low = draw(st.none() | st.integers(-50, 50))
    high = draw(st.none() | st.integers(51, 10**7))
    if kind == "string":
        low = None if low is None else abs(low)
        schema = Schema(types=("string",), min_length=low, max_length=high)
        plain: dict[str, Json] = {"minLength": low, "maxLength": high}
    else:
        schema = Schema(types=(kind,), minimum=low, maximum=high)
        plain = {"minimum": low, "maximum": high}
    return schema, {"type": kind, **{key: value for key, value in plain.items() if value is not None}}


@settings(max_examples=150)
@given(
    st.dictionaries(st.sampled_from(["name", "price", "phone", "email", "zorb", "date", "url"]), scalars(), min_size=1),
    st.booleans(),
)
def test_bodies_are_valid_by_an_independent_validator(
    properties: dict[str, tuple[Schema, dict[str, Json]]], optional: bool
) -> None:
    schema = Schema(
        types=("object",), required=tuple(properties), properties={name: ours for name, (ours, _) in properties.items()}
    )
    plain = {
        "type": "object",
        "required": list(properties),
        "properties": {name: theirs for name, (_, theirs) in properties.items()},
    }
    body = values().body(schema, optional=optional)
    jsonschema.validate(body, plain)


def test_base64_is_a_file_of_the_kind_that_is_told() -> None:
    png = b"\x89PNG"
    told = Schema(types=("string",), description="The picture (PNG) in base64, 100 KB at most")
    assert base64.b64decode(str(values().value(told, "content")), validate=True).startswith(png)
    assert base64.b64decode(str(values().value(TEXT, "photoBase64")), validate=True).startswith(png)
    byte = Schema(types=("string",), format="byte")
    first, second = (base64.b64decode(str(values().value(byte, "blob", turn=turn))) for turn in (0, 1))
    assert first != second, "another kind at another turn"
    short = Schema(types=("string",), format="byte", max_length=8)
    assert values().value(short, "blob") == "Z3c="
    example = Schema(types=("string",), format="byte", examples=("SGVsbG8=",))
    assert values().value(example, "blob") == "SGVsbG8="
