"""What the errors of a GraphQL server tell of its schema, in the wordings of the implementations in wide use.

graphql-js and what follows its wording (Apollo, Yoga, graphql-core with Strawberry and Graphene, gqlgen, graphql-php,
graphql-dotnet, Absinthe, async-graphql), graphql-ruby, graphql-java, Hot Chocolate. Names stand in double or single
quotes or in backticks; where a wording leaves out what it is about, the line of the document tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gatewright.model.json import Json

_Q = r"[\"'`‘’“”]"
_NAME = r"[_A-Za-z][_0-9A-Za-z]*"
_TYPE = rf"[\[\]!]*{_NAME}[\[\]!]*"
_SUGGESTED = re.compile(r"did you mean\b(.*)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(rf"{_Q}({_NAME}){_Q}")
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rule.replace("~n", rf"{_Q}?(?P<name>{_NAME}){_Q}?").replace("~t", rf"{_Q}?(?P<type>{_TYPE}){_Q}?")))
    for kind, rule in (
        ("input-unknown", r"^(?:.*; )?[Ff]ield ~n is not defined by type ~t"),
        ("input-unknown", r"InputObject ~t doesn't accept argument ~n"),
        ("input-unknown", r"contains a field not in ~t: ~n"),
        ("input-unknown", r"In field ~n: Unknown field"),
        ("input-unknown", r"input object field ~n does not exist"),
        ("input-unknown", r"Expected value of type ~t not to include unknown field ~n"),
        ("input-missing", rf"Expected value of type {_Q}(?P<above>{_TYPE}){_Q} to include required field ~n"),
        ("input-missing", rf"[Ff]ield {_Q}?(?P<above>{_NAME})\.(?P<name>{_NAME}){_Q}? of required type ~t was not provided"),
        ("input-missing", r"(?:In field ~n: )Expected type ~t, found null"),
        ("input-missing", rf"[Aa]rgument ~n on InputObject {_Q}(?P<above>{_NAME}){_Q} is required\. Expected type ~t"),
        ("enum-unknown", r"Value ~n does not exist in ~t enum"),
        ("field-unknown", r"Cannot query field ~n on type ~t"),
        ("field-unknown", r"[Ff]ield ~n (?:doesn't|does not) exist on (?:the )?type ~t"),
        ("field-unknown", r"Unknown field ~n on type ~t"),
        ("field-unknown", r"[Ff]ield ~n in type ~t is undefined"),
        ("field-unknown", r"field ~n not found in type: ~t"),
        ("argument-unknown", rf"Unknown argument ~n on field {_Q}?(?:{_NAME}\.)?(?P<above>{_NAME})"),
        ("argument-unknown", rf"[Ff]ield {_Q}(?P<above>{_NAME}){_Q} doesn't accept argument ~n"),
        ("argument-unknown", r"Unknown (?:field )?argument ~n"),
        ("argument-unknown", r"argument ~n does not exist"),
        ("argument-missing", rf"Argument {_Q}(?:{_NAME}\.)?(?P<above>{_NAME})\((?P<name>{_NAME}):\){_Q} of type ~t is required"),
        ("argument-missing", rf"[Ff]ield {_Q}(?P<above>{_NAME}){_Q} argument ~n of type ~t is required"),
        ("argument-missing", r"[Aa]rgument ~n of required type ~t was not provided"),
        ("argument-missing", r"In argument ~n: Expected type ~t, found null"),
        ("argument-missing", r"Missing field argument ~n"),
        ("arguments-missing", rf"[Ff]ield {_Q}(?P<above>{_NAME}){_Q} is missing required arguments: (?P<name>[\w, ]+)"),
        ("needs-selection", r"[Ff]ield ~n of type ~t must have a (?:selection|sub)"),
        ("needs-selection", r"Sub-?selection required for type ~t of field ~n"),
        ("needs-selection", r"\(field ~n returns ~t but has no selections"),
        ("needs-selection", r"~n returns a composite type"),
        ("is-leaf", r"[Ff]ield ~n must not have a selection since type ~t"),
        ("is-leaf", r"Sub-?selection not allowed on leaf type ~t of field ~n"),
        ("is-leaf", r"\(field ~n returns ~t but has selections"),
        ("is-leaf", r"~n returns a scalar value"),
        ("position", rf"[Vv]ariable {_Q}?\$\w+{_Q}? of type .* used in position expecting type ~t"),
        ("position", rf"Variable type {_Q}.*?{_Q} does not match expected type ~t"),
        ("position", r"Type mismatch on variable \$\w+ and argument ~n \(.* / ~t\)"),
        ("position", r"variable .* is not compatible with the type of the current location.*~t"),
        ("no-root", r"not (?:configured|set up|supported?)[\w ]* (?:to execute|for) mutation|does not (?:support|define|have)[\w ]* mutation"),
        ("truncated", r"[Tt]oo many (?:validation )?errors"),
    )
)  # fmt: skip


class Told(Struct, frozen=True, kw_only=True):
    """What one error tells. Empty: it tells nothing of that."""

    kind: str
    """`field-unknown`, `argument-missing`, `needs-selection`, …; `other`."""
    name: str = ""
    type: str = ""
    above: str = ""
    """The field of an argument, the type of an input field."""
    suggested: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()
    """Types that have the field, of the interface or union that lacks it."""
    line: int = 0
    """The last line of the document that it points at, from 1."""


def told(answer: Json) -> list[Told]:
    """What the errors of an answer tell, in their order."""
    answers = answer if isinstance(answer, list) else [answer]
    found: list[Told] = []
    for one in answers:
        errors = one.get("errors") if isinstance(one, dict) else None
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, dict) and isinstance(error.get("message"), str):
                found += _read(str(error["message"]), _line(error))
    return found


def _read(message: str, line: int) -> Iterator[Told]:
    match = next(((kind, found) for kind, rule in _RULES if (found := rule.search(message))), None)
    suggested, fragments = _suggested(message)
    if match is None:
        yield Told(kind="other", suggested=suggested, fragments=fragments, line=line)
        return
    kind, found = match
    parts = found.groupdict()
    for name in re.split(r",\s*", parts.get("name") or ""):
        yield Told(
            kind=kind.replace("arguments", "argument"),
            name=name,
            type=parts.get("type") or "",
            above=parts.get("above") or "",
            suggested=suggested,
            fragments=fragments,
            line=line,
        )


def _suggested(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names after "did you mean", and types after "an inline fragment on"; a shape such as `user { … }` is none."""
    clause = _SUGGESTED.search(message)
    if clause is None:
        return (), ()
    names = tuple(dict.fromkeys(_QUOTED.findall(clause[1])))
    return ((), names) if "inline fragment" in clause[1] else (names, ())


def _line(error: dict[str, Json]) -> int:
    places = error.get("locations")
    lines = [place.get("line") for place in places if isinstance(place, dict)] if isinstance(places, list) else []
    return max((line for line in lines if isinstance(line, int)), default=0)
