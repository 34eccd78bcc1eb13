"""A schema learnt from the errors of a server that hides it: names asked for, suggestions read, types told by misuse.

Every document holds a name that no schema has, so that it is refused before anything of it runs: nothing is called.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gatewright.model.json import Json
from gatewright.sources.graphql.learnt import Learnt, bare
from gatewright.sources.graphql.names import noun, words
from gatewright.sources.graphql.stems import (
    AFTER,
    ARGUMENTS,
    BEFORE,
    DEEDS,
    FLAT,
    MUTATIONS,
    PROPERTIES,
    QUERIES,
    VALUES,
    VERBS,
)
from gatewright.sources.graphql.suggestions import Told, told

Post = Callable[[str], Awaitable[Json]]
"""Posts a document to the server and gives the decoded answer; None when there is none."""

T = TypeVar("T")
MOST = 480
"""Requests in all."""
TOGETHER = 85
"""Names of one document: servers end their list of errors at a hundred."""
_FIELDS = 25
"""Fields of one document that asks what they are."""
_DEEPEST = 3
_ROUNDS = 2
"""Documents about one input object."""


@dataclass
class _Asked:
    """What one document was refused with. `whole`: all that is wrong with it was told."""

    told: list[Told]
    whole: bool


@dataclass
class Learner:
    """One server, asked within a bound. `sent` counts the requests."""

    post: Post
    sent: int = 0
    nonsense: str = field(default_factory=lambda: f"gw{secrets.token_hex(5)}")

    async def learn(self) -> Learnt | None:
        """What could be learnt; None when the server tells nothing, or runs what it should refuse."""
        if not await self._refuses():
            return None
        known = Learnt()
        await self._names(known, "Query", "query", QUERIES)
        if not known.fields("Query"):
            return None
        for _ in range(2):
            await self._names(known, "Query", "query", _variants(known.fields("Query")))
        await self._names(known, "Mutation", "mutation", [*MUTATIONS, *_deeds(known)])
        await self._kinds(known, "Query", [])
        await self._kinds(known, "Mutation", [])
        await self._untold(known)
        await self._inputs(known)
        await self._enums(known)
        await self._outputs(known)
        await self._arguments(known)
        return known

    async def _refuses(self) -> bool:
        """Whether a document with one unknown name is refused as a whole, and every unknown name is told."""
        names = [f"{self.nonsense}{letter}" for letter in "abc"]
        asked = await self._ask("{ __typename\n" + "\n".join(names) + "\n}")
        if asked is None:
            return False
        return {one.name for one in asked.told if one.kind == "field-unknown"} >= set(names)

    async def _ask(self, document: str) -> _Asked | None:
        """The errors of a document; None when it was not refused, or nothing more may be asked."""
        if self.sent >= MOST:
            return None
        self.sent += 1
        answer = await self.post(document)
        if not isinstance(answer, dict) or _ran(answer.get("data")):
            return None
        found = told(answer)
        whole = any(one.name.startswith(self.nonsense) for one in found)
        return _Asked(found, whole and not any(one.kind == "truncated" for one in found))

    async def _names(self, known: Learnt, type_: str, root: str, stems: Iterable[str], way: Sequence[str] = ()) -> None:
        """Which of these names a type has, and which others the server suggests for them."""
        fresh = [
            stem
            for stem in dict.fromkeys(stems)
            if stem not in known.fields(type_) and stem not in known.missing(type_)
        ]
        for part in _parts(fresh, TOGETHER):
            # what is misspelt most comes last: where errors are cut off it shows that they were
            inner = "\n".join((*part, f"{self.nonsense}z"))
            asked = await self._ask(_within(root, way, inner))
            if asked is None or any(one.kind == "no-root" for one in asked.told):
                return
            unknown = {one.name for one in asked.told if one.kind == "field-unknown"}
            for one in asked.told:
                if one.kind == "field-unknown":
                    for name in one.suggested:
                        known.add(type_, name)
                    known.lacks(type_, one.name)
                    known.possible(type_, one.fragments)
                elif one.kind == "needs-selection" and one.name in part:
                    known.add(type_, one.name, one.type)
            if asked.whole:
                for name in part:
                    if name not in unknown:
                        known.add(type_, name)

    async def _kinds(self, known: Learnt, type_: str, way: Sequence[str]) -> None:
        """Of what types the fields of a type are, and which arguments they must have."""
        root = "mutation" if (way[0] if way else type_) == "Mutation" else "query"
        open_ = [name for name, one in known.fields(type_).items() if not one.looked]
        for part in _parts(open_, _FIELDS):
            for inside in ("", f" {{ {self.nonsense} }}"):
                lines = [name + inside for name in part]
                asked = await self._ask(_within(root, way, "\n".join([*lines, f"{self.nonsense}z"])))
                if asked is None:
                    return
                first = 2 + max(len(way) - 1, 0)
                for one in asked.told:
                    at = one.line - first
                    name = part[at] if 0 <= at < len(part) else ""
                    self._kind(known, type_, name, one)
            for name in part:
                known.fields(type_)[name].looked = True

    def _kind(self, known: Learnt, type_: str, at: str, one: Told) -> None:
        """What one error tells of the field that stands on its line."""
        if one.kind in ("needs-selection", "is-leaf"):
            known.add(type_, one.name if one.name in known.fields(type_) else at, one.type)
            if one.kind == "is-leaf":
                known.scalars.add(bare(one.type))
        elif one.kind == "field-unknown" and one.name == self.nonsense and at:
            known.add(type_, at, one.type, firm=False)
            known.possible(bare(one.type), one.fragments)
        elif one.kind == "argument-missing":
            known.argument(type_, one.above or at, one.name, one.type)

    async def _untold(self, known: Learnt) -> None:
        """The types of arguments of which only the names were told."""
        for type_, root in (("Query", "query"), ("Mutation", "mutation")):
            wanted = [
                (name, untold)
                for name, one in known.fields(type_).items()
                if (untold := [argument for argument, kind in one.args.items() if not kind])
            ]
            for part in _parts(wanted, _FIELDS):
                await self._misuse(known, type_, root, part)

    async def _arguments(self, known: Learnt) -> None:
        """Arguments that need not be there: common names, and what is suggested for them."""
        for type_, root in (("Query", "query"), ("Mutation", "mutation")):
            names = ARGUMENTS if root == "query" else FLAT
            wanted = [
                (name, [argument for argument in names if argument not in one.args])
                for name, one in known.fields(type_).items()
                if root == "query" or not one.args
            ]
            for part in _parts(wanted, TOGETHER // len(names)):
                await self._misuse(known, type_, root, part)

    async def _misuse(self, known: Learnt, type_: str, root: str, part: Sequence[tuple[str, list[str]]]) -> None:
        """Fields with arguments, all given as a boolean variable, whatever they take."""
        lines: list[tuple[str, str]] = []
        for name, arguments in part:
            lines += [(name, ""), *((name, argument) for argument in arguments), ("", "")]
        inner = "\n".join(_argument_line(name, argument, self.nonsense) for name, argument in lines)
        asked = await self._ask(_within(f"{root} gw($gw: Boolean)", (), f"{inner}\n{self.nonsense}z"))
        if asked is not None and part:
            self._argument(known, type_, lines, asked)

    def _argument(self, known: Learnt, type_: str, lines: Sequence[tuple[str, str]], asked: _Asked) -> None:
        """What a document tells of arguments; `lines`: field and argument on each line from the second."""
        at = dict(enumerate(lines, start=2))
        for one in asked.told:
            name, argument = at.get(one.line, ("", ""))
            if one.kind == "argument-unknown":
                for suggested in one.suggested:
                    known.argument(type_, name or one.above, suggested, "")
            elif one.kind == "position" and name and argument:
                known.argument(type_, name, argument, one.type)

    async def _inputs(self, known: Learnt) -> None:
        """The fields of input objects: those that must be there, then common names and what is suggested for them."""
        done: set[str] = set()
        waiting = [
            (type_, f"{name}({argument}: {{", bare(given), ")") for type_, name, argument, given in known.arguments()
        ]
        for type_, opening, input_, closing in waiting:  # grows while it is walked
            if input_ in done or known.is_scalar(input_) or opening.count("{") > _DEEPEST:
                continue
            done.add(input_)
            await self._one_input(known, type_, input_, (opening, closing))
            waiting += [
                (type_, f"{opening}{name}: {{", bare(given), f"}}{closing}")
                for name, given in known.inputs(input_).items()
            ]

    async def _one_input(self, known: Learnt, type_: str, input_: str, around: tuple[str, str]) -> None:
        """The fields of one input object, in a call that begins and ends so."""
        root = "mutation" if type_ == "Mutation" else "query"
        about = {noun(word) for word in words(input_)}
        near = [one for kind in known.types() if noun(kind) in about for one in known.fields(kind)]
        asked_for: set[str] = set()
        for _ in range(_ROUNDS):
            untold = [one for one, kind in known.inputs(input_).items() if not kind]
            fresh = [one for one in dict.fromkeys([*untold, *near, *PROPERTIES]) if one not in asked_for][:TOGETHER]
            asked_for.update(fresh)
            lines = "\n".join(f"{one}: $gw" for one in fresh)
            call = f"{around[0]}\n{lines}\n{self.nonsense}: 1\n}}{around[1]}"
            inner = f"{call} {{ {self.nonsense} }}\n{self.nonsense}z"
            asked = await self._ask(_within(f"{root} gw($gw: Boolean)", (), inner)) if fresh else None
            if asked is None or not self._input(known, input_, fresh, asked):
                break

    async def _enums(self, known: Learnt) -> None:
        """The values of enums: common words, as defaults of variables, and what is suggested for them."""
        for name in known.taken():
            lines = "\n".join(f"$v{index}: {name} = {value}" for index, value in enumerate(VALUES[:TOGETHER]))
            asked = await self._ask(f"query gw(\n{lines}\n) {{\n{self.nonsense}\n}}")
            if asked is None:
                return
            unknown = {one.name for one in asked.told if one.kind == "enum-unknown"}
            if unknown:
                known.enum(
                    name, [suggested for one in asked.told if one.kind == "enum-unknown" for suggested in one.suggested]
                )
                known.enum(name, [value for value in VALUES[:TOGETHER] if value not in unknown and asked.whole])

    def _input(self, known: Learnt, input_: str, part: Sequence[str], asked: _Asked) -> bool:
        """What a document tells of an input object; whether it is one at all."""
        unknown = {one.name for one in asked.told if one.kind == "input-unknown"}
        if not unknown:
            known.scalars.add(input_)
            return False
        for one in asked.told:
            at = part[one.line - 3] if 0 <= one.line - 3 < len(part) else ""
            if one.kind == "input-missing" and one.above in ("", input_):
                known.input(input_, one.name, one.type)
            elif one.kind == "input-unknown":
                for name in one.suggested:
                    known.input(input_, name, "")
            elif one.kind == "position" and at and at not in unknown:
                known.input(input_, at, one.type)
        if asked.whole:
            told_of = {part[one.line - 3] for one in asked.told if 0 <= one.line - 3 < len(part)}
            for name in part:
                if name not in told_of and name not in unknown:
                    known.input(input_, name, "Boolean")
        return True

    async def _outputs(self, known: Learnt) -> None:
        """The fields of the types that answers show, from the roots down."""
        done: set[str] = set()
        waiting: list[tuple[tuple[str, ...], str]] = [
            ((type_, name), bare(one.type))
            for type_ in ("Query", "Mutation")
            for name, one in known.fields(type_).items()
        ]
        for way, kind in waiting:  # grows while it is walked
            if not kind or kind in done or known.is_scalar(kind) or len(way) > _DEEPEST + 1:
                continue
            done.add(kind)
            root = "mutation" if way[0] == "Mutation" else "query"
            await self._names(known, kind, root, PROPERTIES, way)
            await self._kinds(known, kind, way)
            waiting += [((*way, below), bare(one.type)) for below, one in known.fields(kind).items()]
            waiting += [((*way, f"... on {one}"), one) for one in known.behind(kind)]


def _argument_line(name: str, argument: str, nonsense: str) -> str:
    """A line of a call with many arguments: its begin, one argument, or its end."""
    if not name:
        return f") {{ {nonsense} }}"
    return f"{argument}: $gw" if argument else f"{name}("


def _ran(data: Json) -> bool:
    """Whether anything of a document was run."""
    return isinstance(data, dict) and any(value is not None for value in data.values())


def _parts(names: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (names[start : start + size] for start in range(0, len(names), size))


def _within(root: str, way: Sequence[str], inner: str) -> str:
    """A document with a selection at the end of a way; the selection begins on line 2 and one for each step."""
    steps = way[1:]
    head = "".join(f"{{\n{name} " for name in steps)
    return f"{root} {head}{{\n{inner}\n}}" + "\n}" * len(steps)


def _variants(names: Iterable[str]) -> list[str]:
    """Names that stand beside these: the parts of compounds, singular and plural, with what is put before and after."""
    found: dict[str, None] = {}
    for name in names:
        title = name[:1].upper() + name[1:]
        found |= dict.fromkeys((name[:-1] if name.endswith("s") else f"{name}s", *words(name)))
        found |= dict.fromkeys((*(f"{one}{title}" for one in BEFORE), *(f"{name}{one}" for one in AFTER)))
    return list(found)


def _deeds(known: Learnt) -> list[str]:
    """Mutations as they are called in most schemas: a verb before, or after, each noun that is known."""
    nouns = dict.fromkeys(noun(name) for name in known.fields("Query"))
    titles = ["".join(word[:1].upper() + word[1:] for word in one.split("_")) for one in nouns]
    before = [verb + title for title in titles for verb in VERBS]
    return [*before, *(f"{title[:1].lower()}{title[1:]}{deed}" for title in titles for deed in DEEDS)]
