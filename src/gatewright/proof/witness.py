"""Witnesses: values that only one object has, and whether an answer shows them (checks-1-5.md 1.7 lines 3 and 4)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import unquote_plus

from msgspec import Struct

from gatewright.model.http import Request
from gatewright.proof.compare import stable, substitute
from gatewright.proof.leaves import Answer

_MARKER = re.compile(r"gw[a-z2-7]{16}")
_CLOCK = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")


class Witness(Struct, frozen=True):
    """A value of the victim's object. A strong one proves a leak alone; of weak ones two different leaves are needed."""

    path: str
    value: str
    strong: bool


def markers_in(text: str) -> set[str]:
    """All markers of ours that stand in a text, whatever its case."""
    return set(_MARKER.findall(text.lower()))


def entropy(value: str) -> float:
    """Shannon entropy of a text in bits, over all its characters (not per character)."""
    if not value:
        return 0.0
    counts = Counter(value)
    return -sum(n * math.log2(n / len(value)) for n in counts.values())


def is_strong(value: str) -> bool:
    """A marker, or a server-made value that cannot be guessed (40 bits or more and no plain words or clock)."""
    if _MARKER.search(value.lower()):
        return True
    return (
        len(value) >= 12
        and " " not in value
        and not _CLOCK.match(value)
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and entropy(value) >= 40
        and "@" not in value
        and not value.startswith(("http://", "https://", "/"))
    )


def sent_text(request: Request) -> str:
    """Everything that a request carries, decoded, for the echo guard. Credentials are left out: they name nobody's object."""
    kept = [f"{name}: {value}" for name, value in request.headers if name.lower() not in ("authorization", "cookie")]
    body = request.body.decode("utf-8", "replace")
    return "\n".join([unquote_plus(request.target), *kept, body, unquote_plus(body)])


def witnesses(
    baselines: Sequence[Answer],
    others: Sequence[Answer],
    *,
    references: Collection[str] = (),
    known: Collection[str] = (),
) -> tuple[Witness, ...]:
    """Stable leaves of the victim's object that stand in none of the other answers.

    `others` are the attacker's own object, and the answers to anon and to random ids. `references` are the values in
    the request that name the object, `known` examples and defaults of the specification.
    """
    elsewhere = {leaf.value for answer in others for leaf in answer.leaves}
    shapes = {substitute(value, references) for value in elsewhere}
    found: dict[tuple[str, str], Witness] = {}
    for leaf in stable(baselines):
        value = leaf.value
        if len(value) < 4 or value in ("true", "false", "null") or value in elsewhere:
            continue
        if value in references or value in known or substitute(value, references) in shapes:
            continue
        found.setdefault((leaf.path, value), Witness(leaf.path, value, is_strong(value)))
    return tuple(found.values())


def shown(found: Iterable[Witness], answer: Answer, *, sent: str = "") -> tuple[Witness, ...]:
    """The witnesses that prove a leak in an answer: one strong, or two weak of different leaves within one item; else none.

    `sent` is the text of the request (`sent_text`): what it carries proves nothing when it comes back (echo guard).
    Header values count as well, whatever the status: a redirect may carry the data.
    """
    usable = [witness for witness in found if witness.value not in sent]
    headers = "\n".join(value for _, value in answer.headers)
    strong = [w for w in usable if w.strong and (_within(w.value, answer) or w.value in headers)]
    if strong:
        return tuple(strong)
    places: dict[tuple[str, str], set[str]] = {}
    for leaf in answer.leaves:
        places.setdefault((leaf.path, leaf.value), set()).add(leaf.item)
    weak = [(w, places[(w.path, w.value)]) for w in usable if (w.path, w.value) in places]
    for _, items in weak:
        for item in sorted(items):
            together = tuple(w for w, where in weak if item in where)
            if len({w.path for w in together}) >= 2:
                return together
    return ()


def unechoed(
    found: Iterable[Witness], references: Collection[str], answer: Answer, its_references: Collection[str]
) -> tuple[Witness, ...]:
    """The witnesses that are not merely worded around the reference.

    `answer` is that to another reference: where it says "Order 9 of yours", "Order 7 of yours" tells nothing of order 7.
    """
    worded = {substitute(leaf.value, its_references) for leaf in answer.leaves}
    return tuple(w for w in found if substitute(w.value, references) not in worded)


def _within(value: str, answer: Answer) -> bool:
    return any(value in leaf.value for leaf in answer.leaves)


def longest(found: Iterable[Witness], most: int = 3) -> str:
    """The most telling witnesses in a few words, for a proof line: `note = "gw…"`, at most `most` of them."""
    ranked = sorted(found, key=lambda w: (not w.strong, w.path))[:most]
    return ", ".join(f'{w.path or "body"} = "{w.value[:40]}"' for w in ranked)


def looks_random(value: str) -> bool:
    """Whether an id cannot be guessed: 40 bits or more (UUIDs of version 1 and counters can)."""
    return entropy(value) >= 40 and not value.isdigit()
