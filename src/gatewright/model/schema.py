"""A JSON Schema, reduced to what generating values and judging answers needs.

OpenAPI 2.0, 3.0 and 3.1 all arrive here in one form. A cycle is cut by a schema that has only `ref` set: look it up in
`Specification.schemas`.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field

from gatewright.model.json import Json


class Schema(Struct, frozen=True, kw_only=True):
    """What a value may be. An empty schema allows everything."""

    types: tuple[str, ...] = ()
    """Of string, integer, number, boolean, array, object; null is `nullable`. A file is a string of format binary."""
    format: str = ""
    title: str = ""
    description: str = ""
    properties: dict[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    items: Schema | None = None
    additional: Schema | None = None
    """Schema of properties that are not listed, when the document gives one."""
    closed: bool = False
    """True when other properties than those listed are forbidden."""
    open: bool = False
    """True when the document says itself that other properties may come."""
    enum: tuple[Json, ...] = ()
    examples: tuple[Json, ...] = ()
    default: Json | UnsetType = UNSET
    pattern: str = ""
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    nullable: bool = False
    read_only: bool = False
    write_only: bool = False
    any_of: tuple[Schema, ...] = ()
    """Alternatives of `oneOf` and `anyOf`; `allOf` is already merged."""
    ref: str = ""
    """Name of the component this came from (`Order`), also beside its content."""
