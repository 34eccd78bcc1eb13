"""`cost-graphql`: one request to a GraphQL server does the work of many (checks-1-5.md 5.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved

_DOCUMENT = re.compile(r"query \w+(?P<declared>\(.*?\))? \{ (?P<call>\w+(?:\(.*?\))?)(?P<inner>.*) \}", re.DOTALL)
"""As `Field.document` is composed."""
CALLS, TOGETHER, DEEP = (10, 100), (5, 20), (3, 6, 12)
"""Rungs: calls by alias in one document, documents in one request, levels along a circle of types."""
_WIDEST = 500
"""Objects that the deepest query may make the server collect: more would be the outage itself."""
_SLOW = 2.0
"""Seconds of an answer after which nothing larger is asked."""
_GROWTH = 10
"""Times a single call that the largest rung must take to be more than bookkeeping."""


Ask = Callable[[int, str], Awaitable[tuple[Exchange, int]]]
"""Sends one rung for a purpose: the exchange, and how much of it was answered."""


class Subject(Struct, frozen=True):
    """The field that is called, with a request that works, taken apart."""

    endpoint: Endpoint
    call: Call
    declared: str
    """`($id: ID!)`."""
    invoked: str
    """`order(id: $id)`."""
    leaf: str
    """` { id }`; empty for a field that answers a scalar."""

    def many(self, calls: int) -> str:
        """The document that calls the field so many times."""
        called = " ".join(f"c{number + 1}: {self.invoked}{self.leaf}" for number in range(calls))
        return f"query many{self.declared} {{ {called} }}"

    def deep(self, levels: int, loop: tuple[str, ...]) -> str:
        """The document that goes round the circle of types for so many levels."""
        inner = "__typename"
        for level in reversed(range(levels)):
            inner = f"{loop[level % len(loop)]} {{ {inner} }}"
        return f"query deep{self.declared} {{ c1: {self.invoked} {{ {inner} }} }}"


class Climb(Struct, frozen=True):
    """How far one ladder went: what was reached, by which exchanges, and why it ended where it did."""

    form: str
    reached: int
    proved: bool
    attacks: tuple[Exchange, ...]
    why: str


@check(
    "cost-graphql",
    threat="API4:2023",
    title="One GraphQL request does the work of many",
    severity="low",
    cwe=(770, 799),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.LADDERS,
    requests=16,
)
async def cost_graphql(probe: Probe) -> Verdict:
    """Call one field many times in one request, by aliases and by a list of documents, and nest types that lead back.

    ## What it does
    Takes a query that works and takes an argument, and asks for it under 10 and 100 aliases, as a list of 5 and 20
    documents, and 3, 6 and 12 levels deep along types that refer to each other.

    ## Why it matters
    What counts requests counts one, where the server does a hundred times the work. It also opens limits on guessing:
    a hundred passwords are tried in one request.

    ## How it is proved
    All 100 calls, or all 20 documents, are answered with what the single one gives, or there is data at level 12, twice,
    and no rung was refused or announced what it costs. Medium where the largest rung takes ten times as long as a single
    call of the same size, else low.

    ## When it is wrong
    When a limit begins above these numbers, or the cost of a query is counted against a quota that this run did not
    use up and that no answer tells of.

    ## Remedy
    Bound the calls at the root of a document, its depth and the documents of one request, or count the cost of each query
    against a budget before it runs.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
    - https://cwe.mitre.org/data/definitions/770.html
    """
    fields = [e for e in probe.knowledge.endpoints.values() if e.field is not None]
    if not fields:
        return conclude("no_such_function", "nothing here is a field of a GraphQL schema")
    subjects = sorted(_subjects(probe, fields), key=lambda pair: pair[0])
    if not subjects:
        return conclude("baseline_broken", "no query with an argument was accepted in exploration")
    subject = subjects[0][1]
    size = len(subject.many(CALLS[-1]))
    single = await _send(probe, subject, subject.many(1) + " #" + "x" * size, purpose="control: one call of that size")
    expected = _calls(single).get("c1")
    if expected is None:
        return conclude("baseline_broken", f"{subject.endpoint.name} answers no single call under an alias")
    if _announces(single):
        return conclude("protected", "the server counts what a query costs, and announces it")
    climbs = [await _aliases(probe, subject, expected), await _together(probe, subject, expected)]
    deep = _deep_subject([one for _, one in subjects], probe)
    if deep is not None:
        climbs.append(await _depth(probe, deep))
    return _verdict(probe, subject, single, climbs)


def _subjects(probe: Probe, fields: list[Endpoint]) -> list[tuple[int, Subject]]:
    """Queries with an argument whose sample worked, with the size of their answers: of the smallest many come at little cost."""
    found = []
    for endpoint in fields:
        sample, field = probe.knowledge.sample(endpoint.id, probe.account), endpoint.field
        parts = _DOCUMENT.fullmatch(field.document) if field is not None and field.kind == "query" else None
        if sample is None or sample.exchange.response is None or parts is None or field is None or field.listing:
            continue
        if not (sample.call.path or any(value is not None for value in sample.call.query.values())):
            continue
        first = re.match(r" \{ (\w+)(?= (?!\{))", parts["inner"])
        leaf = f" {{ {first[1] if first else '__typename'} }}" if parts["inner"] else ""
        subject = Subject(endpoint, sample.call, parts["declared"] or "", parts["call"], leaf)
        found.append((len(sample.exchange.response.body), subject))
    return found


def _deep_subject(subjects: list[Subject], probe: Probe) -> Subject | None:
    """One whose type leads back to itself, with little below each level: by what its sample shows."""
    for subject in subjects:
        field = subject.endpoint.field
        sample = probe.knowledge.sample(subject.endpoint.id, probe.account)
        if field is None or not field.loop or sample is None:
            continue
        shown = _data(sample.exchange).get(field.name)
        width = _width(shown, field.loop)
        if width and width ** (DEEP[-1] / len(field.loop)) <= _WIDEST:
            return subject
    return None


def _width(value: Json, loop: tuple[str, ...]) -> int:
    """Objects after one round of the circle, as far as an answer shows it (its end is cut there); 0 when there is none."""
    count = 1
    for name in loop:
        if not isinstance(value, dict) or name not in value:
            return count
        value = value[name]
        if isinstance(value, list):
            count *= len(value)
            value = value[0] if value else None
        if value is None:
            return 0
    return count


async def _aliases(probe: Probe, subject: Subject, expected: Json) -> Climb:
    async def ask(calls: int, purpose: str) -> tuple[Exchange, int]:
        exchange = await _send(probe, subject, subject.many(calls), purpose=purpose)
        answered = _calls(exchange)
        return exchange, sum(value == expected for value in answered.values()) if not _errors(exchange) else 0

    return await _climb(probe, "calls under aliases in one document", CALLS, ask)


async def _together(probe: Probe, subject: Subject, expected: Json) -> Climb:
    async def ask(documents: int, purpose: str) -> tuple[Exchange, int]:
        exchange = await _send(probe, subject, subject.many(1), purpose=purpose, times=documents)
        answers = _decoded(exchange)
        rows = answers if isinstance(answers, list) else []
        return exchange, sum(isinstance(row, dict) and row.get("data") == {"c1": expected} for row in rows)

    return await _climb(probe, "documents in one request", TOGETHER, ask)


async def _depth(probe: Probe, subject: Subject) -> Climb:
    field = subject.endpoint.field
    loop = field.loop if field is not None else ()

    async def ask(levels: int, purpose: str) -> tuple[Exchange, int]:
        exchange = await _send(probe, subject, subject.deep(levels, loop), purpose=purpose)
        value, reached = _calls(exchange).get("c1"), 0
        while reached < levels and not _errors(exchange) and isinstance(value, dict):
            value = value.get(loop[reached % len(loop)])
            value = value[0] if isinstance(value, list) and value else value
            reached += isinstance(value, dict)
        return exchange, reached

    return await _climb(probe, "levels of types that lead back to each other", DEEP, ask)


async def _climb(probe: Probe, form: str, rungs: tuple[int, ...], ask: Ask) -> Climb:
    """Rung after rung while all of it is answered; the last one twice."""
    reached, attacks = 0, []
    for rung in (*rungs, rungs[-1]):
        exchange, answered = await ask(rung, "attack" if rung == rungs[-1] else f"control: {rung} {form}")
        what = f"{rung} {form}: each answered as a single one"
        whole = probe.control("all-answered", what, expected=str(rung), observed=str(answered), holds=answered >= rung)
        response = exchange.response
        if not whole or response is None or response.status >= 500:
            return Climb(form, reached, False, (), f"of {rung} {form} {answered} were answered")
        if _announces(exchange):
            return Climb(form, reached, False, (), "the server announces what a query costs")
        reached = rung
        attacks += [exchange] if rung == rungs[-1] else []
        if response.timing.total > _SLOW and len(attacks) < 2:
            return Climb(
                form, reached, False, (), f"{rung} {form} took {response.timing.total:.1f} s: nothing larger was asked"
            )
    return Climb(form, reached, True, tuple(attacks), "")


def _verdict(probe: Probe, subject: Subject, single: Exchange, climbs: list[Climb]) -> Verdict:
    done = [climb for climb in climbs if climb.proved]
    if not done:
        return conclude("protected", "; ".join(climb.why for climb in climbs))
    once = max(_seconds(single), 0.001)
    growth = max(min(_seconds(attack) for attack in climb.attacks) / once for climb in done)
    forms = ", ".join(f"{climb.reached} {climb.form}" for climb in done)
    target = subject.endpoint.field.path if subject.endpoint.field else ""
    proof = [f"a single {subject.endpoint.name}, filled up to the size of 100 calls, took {once * 1000:.0f} ms"]
    for climb in done:
        times = " and ".join(f"{_seconds(attack) * 1000:.0f} ms" for attack in climb.attacks)
        proof.append(f"{climb.reached} {climb.form} were all answered as the single one, twice, in {times}")
    proof += [f"refused: {climb.why}" for climb in climbs if not climb.proved]
    return proved(
        summary=f"One request to {target} made the server do the work of many: {forms}.",
        proof=tuple(proof),
        attacks=tuple(attack.number for climb in done for attack in climb.attacks),
        severity="medium" if growth >= _GROWTH else "low",
    )


async def _send(probe: Probe, subject: Subject, document: str, *, purpose: str, times: int = 0) -> Exchange:
    """One request with another document and the same variables; `times`: a list of so many."""

    def edit(request: Request) -> Request:
        one = {"query": document, "variables": json.loads(request.body)["variables"]}
        return msgspec.structs.replace(request, body=json.dumps([one] * times if times else one).encode())

    return await probe.send(subject.call, endpoint=subject.endpoint, purpose=purpose, edit=edit)


def _decoded(exchange: Exchange) -> Json:
    try:
        answer: Json = json.loads(exchange.response.body) if exchange.response is not None else None
    except (ValueError, RecursionError):
        return None
    return answer


def _data(exchange: Exchange) -> dict[str, Json]:
    answer = _decoded(exchange)
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _calls(exchange: Exchange) -> dict[str, Json]:
    return {name: value for name, value in _data(exchange).items() if value is not None}


def _errors(exchange: Exchange) -> bool:
    answer = _decoded(exchange)
    return isinstance(answer, dict) and bool(answer.get("errors"))


def _announces(exchange: Exchange) -> bool:
    """Whether an answer tells what the query cost: the server counts it."""
    answers = _decoded(exchange)
    rows = answers if isinstance(answers, list) else [answers]
    told = [row.get("extensions") for row in rows if isinstance(row, dict)]
    names = " ".join(name.lower() for one in told if isinstance(one, dict) for name in one)
    return bool(re.search(r"cost|complexity|throttl|ratelimit", names))


def _seconds(exchange: Exchange) -> float:
    return exchange.response.timing.total if exchange.response is not None else 0.0
