from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.schema import Schema
from gatewright.sources.openapi.schema_merge import EMPTY, is_cut, merge, without_ref


def test_everything_that_both_say() -> None:
    one = Schema(
        types=("object",),
        properties={"a": Schema(min_length=2), "b": Schema()},
        required=("a",),
        minimum=1,
        max_length=9,
        examples=(1,),
        ref="One",
    )
    other = Schema(
        types=("object",),
        properties={"a": Schema(min_length=3, types=("string",)), "c": Schema()},
        required=("c", "a"),
        minimum=0,
        max_length=10,
        examples=(2, 1),
        default=5,
    )
    both = merge(one, other)
    assert both.properties == {"a": Schema(min_length=3, types=("string",)), "b": Schema(), "c": Schema()}
    assert (both.required, both.minimum, both.max_length, both.examples, both.default, both.ref) == (
        ("a", "c"),
        1,
        9,
        (2, 1),
        5,
        "One",
    )


def test_types_narrow() -> None:
    assert merge(Schema(types=("string", "integer")), Schema(types=("integer",))).types == ("integer",)
    assert merge(Schema(types=("number",)), Schema(types=("integer",))).types == ("integer",)
    assert merge(Schema(types=("integer",)), Schema(types=("number",))).types == ("integer",)
    assert merge(Schema(enum=(1, 2)), Schema(enum=(2, 3))).enum == (2,)


def test_alternatives_multiply() -> None:
    one, other = (
        Schema(any_of=(Schema(title="a"), Schema(title="b"))),
        Schema(any_of=(Schema(format="x"), Schema(format="y"))),
    )
    assert [(s.title, s.format) for s in merge(one, other).any_of] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert merge(one, Schema(title="t")).any_of == one.any_of


def test_names() -> None:
    assert is_cut(Schema(ref="A")) and not is_cut(Schema(ref="A", title="t")) and not is_cut(EMPTY)
    assert without_ref(Schema(ref="A", title="t")).ref == "" and without_ref(Schema(ref="A")).ref == "A"


SCHEMAS: st.SearchStrategy[Any] = st.builds(
    Schema,
    types=st.sampled_from([(), ("object",), ("string", "integer")]),
    required=st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(tuple),
    minimum=st.none() | st.floats(-5, 5),
    max_items=st.none() | st.integers(0, 5),
    nullable=st.booleans(),
)


@given(SCHEMAS)
def test_merging_with_itself_or_nothing_changes_nothing(schema: Schema) -> None:
    assert merge(schema, schema) == schema == merge(schema, EMPTY) == merge(EMPTY, schema)
