"""Parameters and bodies of an endpoint, as OpenAPI 3 and 2.0 write them."""

from __future__ import annotations

from msgspec.structs import replace

from gatewright.model.endpoint import Body, In, Parameter
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.sources.node import Node
from gatewright.sources.openapi.references import References
from gatewright.sources.openapi.schemas import Schemas, distinct, examples

_PLACES: dict[str, In] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
_STYLES_V2: dict[str, tuple[str, bool | None]] = {
    "csv": ("", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("tabDelimited", False),
}
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_NOT_SCHEMA = frozenset(("required", "name", "in", "collectionFormat", "allowEmptyValue", "schema", "examples"))


def merged(path_item: Node, operation: Node, references: References) -> list[Node]:
    """The parameter objects of an operation: those of its path item first, replaced by its own of same name and place."""
    found: dict[tuple[str, str], Node] = {}
    for level in (path_item, operation):
        for item in level.items("parameters"):
            target = references.follow(item)
            if target is not None and target.is_object():
                found[target.text("name"), target.text("in")] = target
    return list(found.values())


def parameter(node: Node, schemas: Schemas, references: References) -> Parameter | None:
    """One parameter of path, query, header or cookie of OpenAPI 3; None (and a problem) when it is none."""
    schema, style = Schema(), node.text("style")
    if node.has("schema"):
        schema = schemas.convert(node.child("schema"))
    else:
        for content_type, media in node.members("content"):
            schema = schemas.convert(media.child("schema")) if media.is_object() else Schema()
            schema = with_examples(schema, media_examples(media, references))
            style = content_type if "json" in content_type else style
            break
    schema = with_examples(schema, media_examples(node, references))
    explode = node.flag("explode") if node.has("explode") else None
    return _parameter(node, schema, style=style, explode=explode)


def parameter_v2(node: Node, schemas: Schemas) -> Parameter | None:
    """One parameter of path, query or header of OpenAPI 2.0: its schema stands in the parameter itself."""
    style, explode = _style_v2(node)
    return _parameter(node, schemas.convert(_schema_v2(node)), style=style, explode=explode)


def bodies(operation: Node, schemas: Schemas, references: References) -> tuple[Body, ...]:
    """The forms of `requestBody`, in the document's order."""
    node = operation.child("requestBody")
    target = references.follow(node) if node is not None else None
    if target is None or not target.is_object():
        return ()
    required = target.flag("required")
    found = []
    for content_type, media in target.members("content"):
        if media.is_object():
            schema = with_examples(schemas.convert(media.child("schema")), media_examples(media, references))
            found.append(Body(content_type=content_type, schema=schema, required=required))
    return tuple(found)


def bodies_v2(nodes: list[Node], consumes: tuple[str, ...], schemas: Schemas) -> tuple[Body, ...]:
    """The body of a 2.0 operation: its `body` parameter for each type it consumes, or its `formData` together."""
    body = next((node for node in nodes if node.text("in") == "body"), None)
    if body is not None:
        schema = schemas.convert(body.child("schema"))
        named = body.child("x-examples") or body.child("examples")
        values = [value.value for _, value in named.members()] if named and isinstance(named.value, dict) else []
        schema = with_examples(schema, [*values, *examples(body)])
        types = consumes or ("application/json",)
        return tuple(Body(content_type=kind, schema=schema, required=body.flag("required")) for kind in types)
    fields = []
    for node in nodes:
        if node.text("in") == "formData":
            if node.text("name"):
                fields.append(node)
            else:
                node.report("GW-S040", "a form field without a name; left out")
    if not fields:
        return ()
    schema = Schema(
        types=("object",),
        properties={node.text("name"): schemas.convert(_schema_v2(node)) for node in fields},
        required=tuple(node.text("name") for node in fields if node.flag("required")),
    )
    forms = [kind for kind in consumes if kind.lower().startswith((_FORM, "multipart/"))]
    if not forms:
        forms = [_MULTIPART if any(node.text("type") == "file" for node in fields) else _FORM]
    return tuple(Body(content_type=kind, schema=schema, required=bool(schema.required)) for kind in forms)


def media_examples(media: Node, references: References) -> list[Json]:
    """Examples of a media type or parameter: `example`, then the values of `examples`, references followed."""
    found: list[Json] = []
    value = media.value if isinstance(media.value, dict) else {}
    if value.get("example") is not None:
        found.append(value["example"])
    several = value.get("examples")
    if isinstance(several, list):
        return found + several
    for _, item in media.members("examples"):
        target = references.follow(item)
        if target is not None and isinstance(target.value, dict) and "value" in target.value:
            found.append(target.value["value"])
    return found


def with_examples(schema: Schema, more: list[Json]) -> Schema:
    """The schema with examples of its media type before its own, each once."""
    if not more:
        return schema
    return replace(schema, examples=distinct([*more, *schema.examples]))


def _parameter(node: Node, schema: Schema, *, style: str, explode: bool | None) -> Parameter | None:
    name, place = node.text("name"), node.text("in")
    within = _PLACES.get(place)
    if not name or within is None:
        node.report("GW-S040", f"a parameter with name `{name}` in `{place}`; left out")
        return None
    return Parameter(
        name=name,
        within=within,
        required=within == "path" or node.flag("required"),
        schema=schema,
        style=style,
        explode=explode,
        description=node.text("description"),
        deprecated=node.flag("deprecated"),
    )


def _schema_v2(node: Node) -> Node:
    value = node.value if isinstance(node.value, dict) else {}
    if "schema" in value and "type" not in value:  # against 2.0, and common
        return node.child("schema") or node
    kept = {key: item for key, item in value.items() if key not in _NOT_SCHEMA}
    return Node(kept, node.document, problems=node.problems, parent=node.parent, key=node.key)


def _style_v2(node: Node) -> tuple[str, bool | None]:
    if node.text("type") != "array":
        return "", None
    return _STYLES_V2.get(node.text("collectionFormat") or "csv", ("", False))
