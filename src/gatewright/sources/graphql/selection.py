"""What is asked of a field: every leaf of its type to a bounded depth, so that the answer shows what there is."""

from __future__ import annotations

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from gatewright.model.graphql import Kind
from gatewright.sources.graphql.wrappers import AnyObject, Wrappers

DEEPEST = 3
"""Objects within each other that are asked for, the field's own included; wrappers of lists do not count."""
WIDEST = 150
"""Leaves of one document."""
_KINDS = 20
"""Types of one union or interface."""


class Selector:
    """Composes selections of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._wrappers = Wrappers(schema)
        self._left = 0

    def document(self, kind: Kind, name: str, field: GraphQLField) -> str:
        """The document that calls one field with all its arguments as variables."""
        self._left = WIDEST
        declared = ", ".join(f"${argument}: {one.type}" for argument, one in field.args.items())
        given = ", ".join(f"{argument}: ${argument}" for argument in field.args)
        inner = self._of(field.type, DEEPEST, ())
        head = f"{kind} {name}({declared})" if declared else f"{kind} {name}"
        return f"{head} {{ {name}{f'({given})' if given else ''}{inner} }}"

    def _of(self, type_: GraphQLOutputType, depth: int, above: tuple[str, ...]) -> str:
        """` { … }` of a type with leaves, empty for a leaf; `__typename` where an object shows nothing else."""
        named = get_named_type(type_)
        if is_leaf_type(named):
            return ""
        inside = (*above, named.name)
        if isinstance(named, GraphQLUnionType):
            parts = ["__typename", *self._fragments(list(named.types), {}, depth, inside)]
        elif isinstance(named, GraphQLInterfaceType):
            common = self._fields(named, depth, inside, {})
            kinds = list(self._schema.get_possible_types(named))
            known = {name: str(field.type) for name, field in named.fields.items()}
            parts = ["__typename", *common, *self._fragments(kinds, known, depth, inside)]
        elif isinstance(named, GraphQLObjectType):
            parts = self._fields(named, depth, inside, {}) or ["__typename"]
        else:
            parts = ["__typename"]
        return f" {{ {' '.join(parts)} }}"

    def _fields(self, type_: AnyObject, depth: int, above: tuple[str, ...], aliases: dict[str, str]) -> list[str]:
        """Leaves first, then objects one level further down; what needs an argument, or was passed on the way, is left out."""
        usable = {n: f for n, f in type_.fields.items() if not any(is_required_argument(a) for a in f.args.values())}
        found = []
        for name, field in usable.items():
            if is_leaf_type(get_named_type(field.type)) and self._left > 0:
                self._left -= 1
                found.append(aliases.get(name, name))
        for name, field in usable.items():
            named = get_named_type(field.type)
            below = depth if self._wrappers.is_wrapper(type_) else depth - 1
            if is_leaf_type(named) or named.name in above or below < 1 or self._left <= 0:
                continue
            found.append(aliases.get(name, name) + self._of(field.type, below, above))
        return found

    def _fragments(
        self, kinds: list[GraphQLObjectType], known: dict[str, str], depth: int, above: tuple[str, ...]
    ) -> list[str]:
        """One fragment for each possible type; a name that means different types in two of them gets an alias."""
        meant = dict(known)
        found = []
        for kind in kinds[:_KINDS]:
            aliases = {}
            for name, field in kind.fields.items():
                if meant.setdefault(name, str(field.type)) != str(field.type):
                    aliases[name] = f"{kind.name}_{name}: {name}"
            parts = [part for part in self._fields(kind, depth, (*above, kind.name), aliases) if part not in known]
            if parts:
                found.append(f"... on {kind.name} {{ {' '.join(parts)} }}")
        return found


def loop(type_: GraphQLOutputType) -> tuple[str, ...]:
    """The shortest way from an object type over at most four fields, none of which needs an argument, back to it."""
    start = get_named_type(type_)
    waiting: list[tuple[GraphQLObjectType, tuple[str, ...]]] = []
    if isinstance(start, GraphQLObjectType):
        waiting.append((start, ()))
    seen: set[str] = set()
    for inside, way in waiting:  # grows while it is walked
        for name, field in inside.fields.items():
            named = get_named_type(field.type)
            if not isinstance(named, GraphQLObjectType) or any(is_required_argument(a) for a in field.args.values()):
                continue
            if named is start:
                return (*way, name)
            if named.name not in seen and len(way) < 3:
                seen.add(named.name)
                waiting.append((named, (*way, name)))
    return ()
