from __future__ import annotations

import msgspec

from gatewright.model.schema import Schema


def test_a_default_of_null_is_not_the_absence_of_one() -> None:
    assert Schema(default=None) != Schema()


def test_a_nested_schema_reads_back() -> None:
    schema = Schema(
        types=("object",), properties={"a": Schema(items=Schema(enum=(1, None, "x")), default=[1])}, closed=True
    )
    assert msgspec.json.decode(msgspec.json.encode(schema), type=Schema) == schema
