"""What is known of a schema that was learnt piece by piece, and the SDL of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_SCALARS = frozenset({"ID", "String", "Int", "Float", "Boolean"})
_WRAPS = re.compile(r"[\[\]!]")
_NAME = re.compile(r"[A-Za-z][_0-9A-Za-z]*|_[0-9A-Za-z][_0-9A-Za-z]*")
_IDS = frozenset({"id", "uuid", "_id"})


def bare(type_: str) -> str:
    """The name within a type: `[User!]!` → `User`."""
    return _WRAPS.sub("", type_)


@dataclass
class Piece:
    """A field: its type as told (empty: unknown), whether with lists and `!`, and its arguments."""

    type: str = ""
    firm: bool = False
    looked: bool = False
    """It was asked what it is."""
    args: dict[str, str] = field(default_factory=dict)


class Learnt:
    """Types, fields, arguments and input objects as far as they are known."""

    def __init__(self) -> None:
        self._types: dict[str, dict[str, Piece]] = {}
        self._missing: dict[str, set[str]] = {}
        self._inputs: dict[str, dict[str, str]] = {}
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._enums: dict[str, dict[str, None]] = {}
        self.scalars: set[str] = set()

    def types(self) -> list[str]:
        """Names of the object types of which some field is known."""
        return list(self._types)

    def fields(self, type_: str) -> dict[str, Piece]:
        """The known fields of a type."""
        return self._types.setdefault(type_, {})

    def missing(self, type_: str) -> set[str]:
        """Names that a type is known to lack."""
        return self._missing.setdefault(type_, set())

    def lacks(self, type_: str, name: str) -> None:
        """A name that a type does not have."""
        self.missing(type_).add(name)

    def possible(self, type_: str, kinds: Sequence[str]) -> None:
        """Types behind an interface or union."""
        if kinds:
            self._kinds[type_] = tuple(dict.fromkeys((*self._kinds.get(type_, ()), *kinds)))

    def add(self, type_: str, name: str, kind: str = "", *, firm: bool = True) -> None:
        """A field of a type; `firm`: its type was told with its lists."""
        if not _NAME.fullmatch(name):
            return
        piece = self.fields(type_).setdefault(name, Piece())
        if kind and (not piece.type or (firm and not piece.firm)):
            piece.type, piece.firm = kind, firm

    def argument(self, type_: str, name: str, argument: str, given: str) -> None:
        """An argument of a field that is known."""
        piece = self.fields(type_).get(name)
        if piece is not None and _NAME.fullmatch(argument) and not piece.args.get(argument):
            piece.args[argument] = given

    def arguments(self) -> Iterator[tuple[str, str, str, str]]:
        """Type, field, argument and type of each argument of a root field."""
        for type_ in ("Query", "Mutation"):
            for name, piece in self.fields(type_).items():
                for argument, given in piece.args.items():
                    yield type_, name, argument, given

    def input(self, input_: str, name: str, kind: str) -> None:
        """A field of an input object."""
        known = self.inputs(input_)
        if _NAME.fullmatch(name):
            known[name] = known.get(name) or kind

    def inputs(self, input_: str) -> dict[str, str]:
        """The known fields of an input object, with their types; empty: untold."""
        return self._inputs.setdefault(input_, {})

    def enum(self, name: str, values: Iterable[str]) -> None:
        """Values of an enum."""
        self._enums.setdefault(name, {}).update(dict.fromkeys(one for one in values if _NAME.fullmatch(one)))

    def taken(self) -> list[str]:
        """Names of the types of arguments and input fields that are neither built in nor input objects."""
        given = [given for _, _, _, given in self.arguments()]
        given += [kind for fields in self._inputs.values() for kind in fields.values()]
        return [
            one for one in dict.fromkeys(map(bare, given)) if one and one not in _SCALARS and not self._inputs.get(one)
        ]

    def is_scalar(self, name: str) -> bool:
        """Whether a name is that of a scalar or enum."""
        return not name or name in _SCALARS or name in self.scalars

    def behind(self, type_: str) -> tuple[str, ...]:
        """The types behind an interface or union, as far as they are known."""
        return self._kinds.get(type_, ())

    def sdl(self) -> str:
        """The schema as far as it is known for certain: a field of which nobody told the type would spoil every document."""
        inputs = {name: fields for name, fields in self._inputs.items() if fields}
        enums = {name: values for name, values in self._enums.items() if values}
        objects, unions = self._shown()
        faces = {name: objects[name] for name in self._kinds if name in objects}
        lines = [f"interface {name} {{ {_fields(fields)} }}" for name, fields in faces.items()]
        for name, fields in objects.items():
            if name not in faces:
                own = [one for one in faces if name in self._kinds[one]]
                whole = {key: piece for one in own for key, piece in faces[one].items()} | fields
                shows = f" implements {' & '.join(own)}" if own else ""
                lines.append(f"type {name}{shows} {{ {_fields(whole)} }}")
        lines += [f"union {name} = {' | '.join(many)}" for name, many in unions.items()]
        lines += [f"input {name} {{ {_inputs(fields)} }}" for name, fields in inputs.items()]
        lines += [f"enum {name} {{ {' '.join(values)} }}" for name, values in enums.items()]
        text = "\n".join(lines)
        used = {bare(kind) for kind in re.findall(r": ([\[\]!\w]+)", text)}
        defined = _SCALARS | set(objects) | set(inputs) | set(unions) | set(enums)
        return "\n".join([text, *(f"scalar {name}" for name in sorted(used - defined))])

    def _shown(self) -> tuple[dict[str, dict[str, Piece]], dict[str, tuple[str, ...]]]:
        """Object types and interfaces with the fields whose types are known to the end, and unions of them."""
        objects = {name: dict(fields) for name, fields in self._types.items() if fields}
        unions = {
            name: tuple(one for one in many if one not in self._kinds)
            for name, many in self._kinds.items()
            if not self._types.get(name)
        }
        for _ in range(len(objects) + len(unions) + 1):
            good = {name for name, fields in objects.items() if fields} | set(unions)
            left = {
                name: {key: one for key, one in fields.items() if bare(one.type) in good or self._is_leaf(one.type)}
                for name, fields in objects.items()
                if name in good
            }
            kept = {name: tuple(one for one in many if left.get(one)) for name, many in unions.items()}
            kept = {name: many for name, many in kept.items() if many}
            if left == objects and kept == unions:
                break
            objects, unions = left, kept
        return objects, unions

    def _is_leaf(self, type_: str) -> bool:
        return bool(type_) and self.is_scalar(bare(type_))


def _fields(fields: dict[str, Piece]) -> str:
    return "\n  ".join(f"{name}{_arguments(piece)}: {piece.type}" for name, piece in fields.items())


def _arguments(piece: Piece) -> str:
    return f"({_inputs(piece.args)})" if piece.args else ""


def _inputs(fields: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind or _guess(name)}" for name, kind in fields.items())


def _guess(name: str) -> str:
    """The type of what nobody told the type of."""
    return "ID" if name in _IDS or name.endswith(("Id", "_id")) else "String"
