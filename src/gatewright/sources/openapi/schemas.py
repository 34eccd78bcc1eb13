"""JSON Schema as OpenAPI 2.0, 3.0 and 3.1 write it → `model.schema.Schema`.

Each component is converted once and shared. A component inside itself becomes `Schema(ref=NAME)`, and so does one that
would unfold to more than `LARGEST` schemas or stands deeper than `DEEPEST`: whoever walks a schema looks such names up
with `Specification.resolve`.
"""

from __future__ import annotations

from itertools import islice

from msgspec import UNSET
from msgspec.structs import replace

from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.sources.node import Node
from gatewright.sources.openapi.references import References
from gatewright.sources.openapi.schema_merge import EMPTY, is_cut, merge, without_ref

LARGEST = 1500
DEEPEST = 50
MOST_EXAMPLES = 20
MOST_PARTS = 100
"""Members of a tuple or `allOf` that are looked at."""

_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_MEANT = {
    "int": "integer",
    "int32": "integer",
    "int64": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "str": "string",
    "text": "string",
    "date": "string",
    "date-time": "string",
    "datetime": "string",
    "uuid": "string",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "map": "object",
}
"""Types that are not JSON Schema's, and what their authors mean."""


class Schemas:
    """Converts the schemas of one specification. `table` holds every component by name."""

    def __init__(self, references: References) -> None:
        self._references = references
        self.table: dict[str, Schema] = {}
        self._made: dict[tuple[str, object], tuple[Schema, int]] = {}
        self._names: dict[tuple[str, object], str] = {}
        self._taken: set[str] = set()
        self._open: set[tuple[str, object]] = set()
        self._waiting: list[Node] = []
        self._bases: set[tuple[str, object]] = set()
        self._count = 0
        self._depth = 0

    def declare(self, container: Node | None) -> None:
        """Converts every component of `components.schemas` or `definitions`, under its own name."""
        nodes = list(container.members()) if container is not None else []
        for name, node in nodes:
            self._names[node.identity] = name
            self._taken.add(name)
        for name, node in nodes:
            target = self._references.follow(node)
            if target is None:
                self.table[name] = EMPTY
            else:
                self.table.setdefault(name, self._component(target))
            self._convert_waiting()

    def convert(self, node: Node | None) -> Schema:
        """The schema at a node; an empty one for nothing and for `true`."""
        if node is None or isinstance(node.value, bool):
            return EMPTY
        if not node.is_object():
            return EMPTY
        made = self._referred(node) if node.has("$ref") else self._own(node)
        if self._depth == 0:
            self._convert_waiting()
        return made

    def _convert_waiting(self) -> None:
        """Converts the components that stood too deep where they were met."""
        while self._waiting:
            self._component(self._waiting.pop())

    def _referred(self, node: Node) -> Schema:
        target = self._references.follow(node)
        beside = _without(node, "$ref")
        if target is None:
            return self._own(beside)
        if not isinstance(target.value, dict):
            return self.convert(target)
        name = self._name(target)
        if target.identity in self._open:
            return Schema(ref=name)
        before = self._count
        if self._depth >= DEEPEST // 2 and target.identity not in self._made:
            self._waiting.append(target)
            return Schema(ref=name)
        made = self._component(target)
        if beside.value:
            return replace(merge(made, self._own(beside)), ref=name)
        if self._count - before > LARGEST and not is_cut(made):
            self._count = before + 1
            return Schema(ref=name)
        return made

    def _component(self, target: Node) -> Schema:
        """The converted target of a reference. Adds its unfolded size to the count."""
        identity = target.identity
        if identity not in self._made:
            name = self._name(target)
            before = self._count
            self._open.add(identity)
            made = EMPTY if isinstance(target.value, bool) or not target.is_object() else self._own(target)
            made = (
                EMPTY if made == Schema(ref=made.ref) else replace(made, ref=name)
            )  # never a name that leads to itself
            self._open.discard(identity)
            self._made[identity] = made, self._count - before
            self.table[name] = made
        else:
            self._count += self._made[identity][1]
        return self._made[identity][0]

    def _name(self, target: Node) -> str:
        """Its name as a component; for schemas elsewhere the last part of their address, numbered when taken."""
        identity = target.identity
        if identity not in self._names:
            stem = target.document.uri.rpartition("/")[2].partition(".")[0]
            base = str(target.key) if target.parent is not None else stem
            name, number = base, 1
            while name in self._taken:
                number += 1
                name = f"{base}-{number}"
            self._taken.add(name)
            self._names[identity] = name
        return self._names[identity]

    def _own(self, node: Node) -> Schema:
        """The schema that stands at a node itself, `$ref` apart."""
        if self._depth >= DEEPEST:
            node.report("GW-S040", "schemas are nested too deeply here; left out")
            return EMPTY
        self._count += 1
        self._depth += 1
        try:
            return self._whole(node)
        finally:
            self._depth -= 1

    def _whole(self, node: Node) -> Schema:
        schema = self._keywords(node)
        parts = [self._part(part) for part in islice(node.items("allOf"), MOST_PARTS)]
        if parts:
            whole = EMPTY
            for part in parts:
                whole = merge(whole, part if len(parts) == 1 else without_ref(part))
            schema = merge(whole, schema)
            schema = replace(schema, examples=tuple(e for e in schema.examples if _complete(e, schema)))
        for key in ("oneOf", "anyOf"):
            schema = self._with_alternatives(schema, node, key)
        return schema

    def _part(self, node: Node) -> Schema:
        """A member of `allOf`. A parent whose alternatives are its children gives them what it has itself only."""
        target = self._references.follow(node) if isinstance(node.value, dict) and "$ref" in node.value else None
        if target is None or not isinstance(target.value, dict):
            return self.convert(node)
        if target.identity not in self._open and not self._names_an_open_one(target):
            return self._component(target)
        if target.identity in self._bases:
            return EMPTY
        self._bases.add(target.identity)
        try:
            return self._own(_without(target, "oneOf", "anyOf"))
        finally:
            self._bases.discard(target.identity)

    def _names_an_open_one(self, node: Node) -> bool:
        for key in ("oneOf", "anyOf"):
            alternatives = node.child(key)
            for index in range(len(alternatives.value) if alternatives and isinstance(alternatives.value, list) else 0):
                item = alternatives.child(index) if alternatives else None
                if item is None or not isinstance(item.value, dict) or not isinstance(item.value.get("$ref"), str):
                    continue
                target = self._references.follow(item)
                if target is not None and target.identity in self._open:
                    return True
        return False

    def _with_alternatives(self, schema: Schema, node: Node, key: str) -> Schema:
        found: list[Schema] = []
        tags = _discriminator(node)
        for item in node.items(key):
            if isinstance(item.value, dict) and item.value.get("type") == "null":
                schema = replace(schema, nullable=True)
                continue
            alternative = self.convert(item)
            if tags and alternative.ref and not is_cut(alternative):
                alternative = _tagged(alternative, tags)
            found.append(alternative)
        if len(found) == 1 and not is_cut(found[0]):
            return merge(found[0], schema)
        if len(found) == 1 and schema == EMPTY:
            return found[0]
        if found:
            return merge(schema, Schema(any_of=tuple(found)))
        return schema

    def _keywords(self, node: Node) -> Schema:
        types, nullable, format_ = _types(node)
        enum, enum_null = _enum(node)
        properties = {name: self.convert(child) for name, child in node.members("properties")}
        required = tuple(dict.fromkeys(node.texts("required"))) if node.has("required") else ()
        items = self._items(node)
        additional, closed, open_ = self._additional(node)
        if not types:
            types = ("object",) if properties else ("array",) if items is not None else ()
        minimum, exclusive_minimum = _bound(node, "minimum", "exclusiveMinimum")
        maximum, exclusive_maximum = _bound(node, "maximum", "exclusiveMaximum")
        return Schema(
            types=types,
            format=format_,
            title=node.text("title"),
            description=node.text("description"),
            properties=properties,
            required=required,
            items=items,
            additional=additional,
            closed=closed,
            open=open_,
            enum=enum,
            examples=examples(node),
            default=node.value["default"] if isinstance(node.value, dict) and "default" in node.value else UNSET,
            pattern=node.text("pattern"),
            min_length=node.count("minLength"),
            max_length=node.count("maxLength"),
            minimum=minimum,
            maximum=maximum,
            exclusive_minimum=exclusive_minimum,
            exclusive_maximum=exclusive_maximum,
            multiple_of=node.number("multipleOf"),
            min_items=node.count("minItems"),
            max_items=node.count("maxItems"),
            unique_items=node.flag("uniqueItems"),
            nullable=nullable or enum_null or node.flag("nullable") or node.flag("x-nullable"),
            read_only=node.flag("readOnly"),
            write_only=node.flag("writeOnly"),
        )

    def _items(self, node: Node) -> Schema | None:
        """`items`; tuples (`prefixItems`, a list in `items`) become alternatives."""
        value = node.value if isinstance(node.value, dict) else {}
        key = "prefixItems" if value.get("prefixItems") else "items"
        if not isinstance(value.get(key), list):
            child = node.child("items")
            return None if child is None else self.convert(child)
        parts = [self.convert(item) for item in islice(node.items(key), MOST_PARTS)]
        kinds = [part for index, part in enumerate(parts) if part not in parts[:index]]
        return kinds[0] if len(kinds) == 1 else Schema(any_of=tuple(kinds))

    def _additional(self, node: Node) -> tuple[Schema | None, bool, bool]:
        """Schema of further properties, whether they are forbidden, whether they are announced."""
        value = node.value if isinstance(node.value, dict) else {}
        closed = value.get("additionalProperties") is False or value.get("unevaluatedProperties") is False
        patterns = next((child for _, child in node.members("patternProperties")), None)
        child = node.child("additionalProperties")
        if child is not None and child.value is True:
            return None, False, True
        if child is not None and child.value is not False:
            return self.convert(child), False, True
        if patterns is not None:
            return self.convert(patterns), False, True
        return None, closed, False


def examples(node: Node) -> tuple[Json, ...]:
    """`example`, then `examples` (a list of values, or names with `value`), each once."""
    value = node.value if isinstance(node.value, dict) else {}
    found: list[Json] = [value[key] for key in ("example", "x-example") if value.get(key) is not None]
    several = value.get("examples")
    if isinstance(several, list):
        found.extend(several)
    elif isinstance(several, dict):
        found.extend(item["value"] for item in several.values() if isinstance(item, dict) and "value" in item)
    return distinct(found)


def distinct(values: list[Json]) -> tuple[Json, ...]:
    """The first few values, each once."""
    first = values[:MOST_EXAMPLES]
    return tuple(item for index, item in enumerate(first) if item not in first[:index])


def _without(node: Node, *keys: str) -> Node:
    value = {k: v for k, v in node.value.items() if k not in keys} if isinstance(node.value, dict) else node.value
    return Node(value, node.document, problems=node.problems, parent=node.parent, key=node.key)


def _types(node: Node) -> tuple[tuple[str, ...], bool, str]:
    """Types, whether null is one of them, and the format (also by `type: file` and content keywords of 3.1)."""
    value = node.value.get("type") if isinstance(node.value, dict) else None
    said = value if isinstance(value, list) else [] if value is None else [value]
    found: list[str] = []
    format_ = node.text("format")
    nullable = False
    for kind in said:
        word = kind.lower() if isinstance(kind, str) else ""
        if word in _TYPES or word in _MEANT:
            found.append(_MEANT.get(word, word))
        elif word == "null":
            nullable = True
        elif word == "file":
            found.append("string")
            format_ = "binary"
        elif word != "any":
            node.report("GW-S040", f"`type: {str(kind)[:60]}` is none of JSON Schema's; any value is allowed here")
    if not format_ and node.has("contentEncoding"):
        format_ = "byte" if node.text("contentEncoding").lower().startswith("base64") else ""
    elif not format_ and node.text("contentMediaType") == "application/octet-stream":
        format_ = "binary"
    return tuple(dict.fromkeys(found)), nullable, format_


def _enum(node: Node) -> tuple[tuple[Json, ...], bool]:
    value = node.value if isinstance(node.value, dict) else {}
    if "const" in value:
        return ((value["const"],), False) if value["const"] is not None else ((), True)
    said = value.get("enum")
    if said is None:
        return (), False
    if not isinstance(said, list):
        node.report("GW-S040", "`enum` is not a list; left out")
        return (), False
    return tuple(item for item in said if item is not None), None in said


def _bound(node: Node, key: str, exclusive: str) -> tuple[float | None, float | None]:
    """Inclusive and exclusive bound: in 3.0 a boolean turns the one into the other, in 3.1 each is a number."""
    bound = node.number(key)
    value = node.value.get(exclusive) if isinstance(node.value, dict) else None
    if isinstance(value, bool):
        return (None, bound) if value else (bound, None)
    return bound, node.number(exclusive)


def _discriminator(node: Node) -> dict[str, str]:
    """Component name → value of the discriminating property; under "" the property's name. Empty without one."""
    found = node.child("discriminator")
    name = found.text("propertyName") if found is not None and isinstance(found.value, dict) else ""
    if found is None or not name:
        return {}
    tags = {"": name}
    for key, target in found.members("mapping"):
        if isinstance(target.value, str):
            tags.setdefault(target.value.rpartition("/")[2], key)
    return tags


def _tagged(schema: Schema, tags: dict[str, str]) -> Schema:
    """An alternative, its discriminating property narrowed to the one value that selects it."""
    name = tags[""]
    old = schema.properties.get(name, EMPTY)
    if old.enum and len(old.enum) == 1:
        return schema
    value = replace(old, types=old.types or ("string",), enum=(tags.get(schema.ref, schema.ref),), ref="")
    return replace(schema, properties={**schema.properties, name: value})


def _complete(example: Json, schema: Schema) -> bool:
    """Whether an example of a part serves for the whole: it has every required property."""
    return not isinstance(example, dict) or all(name in example for name in schema.required)
