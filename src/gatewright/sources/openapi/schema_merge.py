"""Several schemas that hold together (`allOf`, siblings of `$ref`) → one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from gatewright.model.json import Json
from gatewright.model.schema import Schema

T = TypeVar("T", int, float)
MOST_ALTERNATIVES = 16
MOST_COMPARED = 1_000_000


def merge(one: Schema, other: Schema) -> Schema:
    """What both allow, as far as that can be said: the stricter bound, every property, `other`'s words first."""
    if one == EMPTY:
        return other
    if other == EMPTY:
        return one
    return Schema(
        types=_types(one.types, other.types),
        format=other.format or one.format,
        title=other.title or one.title,
        description=other.description or one.description,
        properties=_properties(one, other),
        required=tuple(dict.fromkeys(one.required + other.required)),
        items=_both(one.items, other.items),
        additional=_both(one.additional, other.additional),
        closed=one.closed or other.closed,
        open=one.open or other.open,
        enum=_enum(one.enum, other.enum),
        examples=other.examples + tuple(value for value in one.examples if value not in other.examples),
        default=one.default if other.default is UNSET else other.default,
        pattern=other.pattern or one.pattern,
        min_length=_bound(max, one.min_length, other.min_length),
        max_length=_bound(min, one.max_length, other.max_length),
        minimum=_bound(max, one.minimum, other.minimum),
        maximum=_bound(min, one.maximum, other.maximum),
        exclusive_minimum=_bound(max, one.exclusive_minimum, other.exclusive_minimum),
        exclusive_maximum=_bound(min, one.exclusive_maximum, other.exclusive_maximum),
        multiple_of=other.multiple_of or one.multiple_of,
        min_items=_bound(max, one.min_items, other.min_items),
        max_items=_bound(min, one.max_items, other.max_items),
        unique_items=one.unique_items or other.unique_items,
        nullable=one.nullable or other.nullable,
        read_only=one.read_only or other.read_only,
        write_only=one.write_only or other.write_only,
        any_of=_alternatives(one.any_of, other.any_of),
        ref=other.ref or one.ref,
    )


def without_ref(schema: Schema) -> Schema:
    """The same content under no name: a part of `allOf` does not name the whole. A cut cycle keeps its name."""
    return schema if is_cut(schema) else replace(schema, ref="")


def is_cut(schema: Schema) -> bool:
    """Whether it only points to a component."""
    return bool(schema.ref) and schema == Schema(ref=schema.ref)


EMPTY = Schema()


def _types(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not one or not other:
        return one or other
    common = tuple(kind for kind in one if kind in other or (kind == "integer" and "number" in other))
    return common or (("integer",) if "integer" in other and "number" in one else other)


def _properties(one: Schema, other: Schema) -> dict[str, Schema]:
    found = dict(one.properties)
    for name, schema in other.properties.items():
        found[name] = merge(found[name], schema) if name in found and found[name] is not schema else schema
    return found


def _both(one: Schema | None, other: Schema | None) -> Schema | None:
    if one is None or other is None:
        return other if one is None else one
    return merge(one, other)


def _enum(one: tuple[Json, ...], other: tuple[Json, ...]) -> tuple[Json, ...]:
    if not one or not other:
        return one or other
    if len(one) * len(other) > MOST_COMPARED:
        return min(one, other, key=len)
    return tuple(value for value in one if value in other) or other


def _bound(pick: Callable[[T, T], T], one: T | None, other: T | None) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return pick(one, other)


def _alternatives(one: tuple[Schema, ...], other: tuple[Schema, ...]) -> tuple[Schema, ...]:
    if not one or not other:
        return one or other
    return tuple(islice((merge(first, second) for first in one for second in other), MOST_ALTERNATIVES))
