from __future__ import annotations

from gatewright.explore import schemas
from gatewright.model.endpoint import Answer, Body, Endpoint, Specification
from gatewright.model.schema import Schema

TEXT = Schema(types=("string",))
NONE = Specification(source="t", dialect="openapi 3.1")


def test_fields_by_place_required_ones_first():
    item = Schema(types=("object",), properties={"product_id": TEXT, "note": TEXT}, required=("note",))
    schema = Schema(
        types=("object",),
        properties={
            "b": TEXT,
            "a": TEXT,
            "id": Schema(types=("integer",), read_only=True),
            "items": Schema(items=item),
        },
        required=("a", "items"),
    )
    found = schemas.fields(schema, NONE)
    assert [(f.name, f.required) for f in found] == [
        ("a", True),
        ("items[].note", True),
        ("items[].product_id", False),
        ("b", False),
    ]
    assert found[1].key == "note"


def test_cycles_end():
    node = Schema(types=("object",), properties={"name": TEXT, "child": Schema(ref="Node")}, ref="Node")
    specification = Specification(source="t", dialect="d", schemas={"Node": node})
    assert 1 <= len(schemas.fields(Schema(ref="Node"), specification)) <= 10


def test_the_first_real_alternative_counts():
    schema = Schema(any_of=(Schema(types=("null",)), Schema(types=("object",), properties={"a": TEXT})))
    assert [f.name for f in schemas.fields(schema, NONE)] == ["a"]


def test_json_before_form_before_multipart():
    kinds = ("multipart/form-data", "application/x-www-form-urlencoded", "application/merge-patch+json")
    endpoint = Endpoint(method="POST", path="/", bodies=tuple(Body(content_type=kind) for kind in kinds))
    assert schemas.body_of(endpoint).content_type == "application/merge-patch+json"
    assert schemas.body_of(Endpoint(method="GET", path="/")) is None


def _answering(schema):
    return Endpoint(method="GET", path="/", answers=(Answer(status="200", schema=schema),))


def test_components_are_found_in_wrappers_and_lists():
    order = Schema(types=("object",), properties={"id": TEXT, "note": TEXT}, ref="Order")
    page = Schema(types=("object",), properties={"data": Schema(types=("array",), items=order)}, ref="Page")
    assert schemas.answer_component(_answering(order), NONE) == "Order"
    assert schemas.answer_component(_answering(page), NONE) == "Order"
    assert schemas.answers_list(_answering(page), NONE)
    assert not schemas.answers_list(_answering(order), NONE)
    assert schemas.answer_component(Endpoint(method="GET", path="/"), NONE) == ""
