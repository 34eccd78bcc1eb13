"""`cost-regex` and `cost-search`: a short text that takes the server long to look at."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from gatewright.checks.ladders import Ladder, creates, judge, own_call, spots
from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.knowledge import Sample
from gatewright.model.schema import Schema
from gatewright.model.test import Attacker, Effect, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, strongest
from gatewright.proof.ladder import ADDITIVE, GEOMETRIC, LISTS

_PER_CELL = 2
"""Places of one endpoint that get a ladder."""
_SEARCH = {
    "q",
    "search",
    "query",
    "term",
    "terms",
    "keyword",
    "keywords",
    "filter",
    "find",
    "text",
    "match",
    "pattern",
    "regex",
}
_KINDS: dict[str, frozenset[str]] = {
    "e-mail": frozenset({"email", "mail", "emails"}),
    "URL": frozenset({"url", "uri", "link", "website", "homepage", "callback", "href", "domain", "host"}),
    "phone number": frozenset({"phone", "mobile", "tel", "telephone", "fax", "cell"}),
    "date": frozenset({"date", "birth", "birthday", "dob", "version", "ip", "postcode", "zip", "iban", "card"}),
    "name": frozenset({"username", "login", "handle", "nickname", "slug", "hostname", "useragent"}),
}
_FORMATS = {"email": "e-mail", "idn-email": "e-mail", "uri": "URL", "url": "URL", "date": "date", "hostname": "URL"}


class Try(Struct, frozen=True):
    """One text that costs much where a pattern is careless: beginning, what is repeated, and an end that cannot match."""

    name: str
    begin: str
    again: str
    end: str

    def attempt(self, size: int) -> str:
        """The text of a size."""
        room = size - len(self.begin) - len(self.end)
        return self.begin + (self.again * size)[:room] + self.end


_PLAIN = Try("a…a!", "", "a", "!")
_TRIES: dict[str, tuple[Try, ...]] = {
    "e-mail": (_PLAIN, Try("a@a…a!", "a@", "a", "!"), Try("a@a.a…!", "a@", "a.", "!")),
    "URL": (Try("http://a…a!", "http://", "a", "!"), Try("http://a.a…!", "http://", "a.", "!"), _PLAIN),
    "phone number": (Try("0…0x", "", "0", "x"), Try("+0-0…x", "+", "0-", "x"), Try("0 0…x", "", "0 ", "x")),
    "date": (Try("0…0x", "", "0", "x"), Try("0-0-0…x", "", "0-", "x"), Try("0.0.0…x", "", "0.", "x")),
    "name": (_PLAIN, Try("a-a…!", "", "a-", "!"), Try("a a…!", "", "a ", "!")),
}
_EXPRESSIONS = (
    Try("any character or none, again and again, and one that is not there", "", ".?", "~"),
    Try("wildcards, and a character that is not there", "", "%_", "~"),
    Try("stars, and a character that is not there", "", "*a", "~"),
)


@check(
    "cost-regex",
    threat="API4:2023",
    title="A short text keeps the server busy",
    severity="medium",
    cwe=(1333, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=280,
)
async def cost_regex(probe: Probe) -> Verdict:
    """Send texts that nearly match an e-mail address, a URL, a number, and measure how the time grows with their length.

    ## What it does
    On at most five fields of a host that are checked against a pattern, by their names, formats or the specification: texts of
    14, 16, … 80 characters that fail at their very end. In full mode also up to 4 KiB.

    ## Why it matters
    A pattern that backtracks takes twice as long for each further character: forty characters stop the server.

    ## How it is proved
    A text of the same size that fails at once is cheap. The other takes at least 300 ms and five times as long, 1.7 times as
    much beyond the cheap one as a text two characters shorter, the fastest longer than the slowest cheap one; in
    two sets of three each, in random order, and in both together.

    ## When it is wrong
    When something else grows with such a text at the same moments, twice.

    ## Remedy
    Limit the length before anything is matched. Write the pattern without nested or overlapping repetition, or use an
    engine that does not backtrack (RE2), or one with a time limit.

    ## References
    - https://cwe.mitre.org/data/definitions/1333.html
    - https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS
    """
    return await _cell(
        probe, "cost-regex", _checked, lambda place: _tries_of(probe, place), GEOMETRIC, "The time of a check"
    )


@check(
    "cost-search",
    threat="API4:2023",
    title="A short question keeps the search busy",
    severity="medium",
    cwe=(1333, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=280,
)
async def cost_search(probe: Probe) -> Verdict:
    """Ask a search with expressions and wildcards in place of words, and measure how the time grows with their number.

    ## What it does
    On at most five search parameters of a host: `.?.?.?…~`, `%_%_…~` and `*a*a…~` of 14, 16, … 80 characters. In full mode
    also up to 32 KiB.

    ## Why it matters
    Where the question is taken as an expression, a few characters keep the server busy for as long as the caller likes.

    ## How it is proved
    Words of the same size are cheap. The expression takes at least 300 ms and five times as long, 1.7 times as much beyond
    them as one that is two characters shorter, the fastest longer than the slowest search for words; in two sets of
    three each, in random order, and in both together.

    ## When it is wrong
    When something else grows with such a question at the same moments, twice.

    ## Remedy
    Escape what callers send before it becomes part of an expression. Limit the length, the number of wildcards and the
    time of a search.

    ## References
    - https://cwe.mitre.org/data/definitions/1333.html
    """
    return await _cell(probe, "cost-search", _searches, lambda place: _EXPRESSIONS, LISTS, "The time of a search")


async def _cell(
    probe: Probe,
    kind: str,
    fits: Callable[[Probe, Endpoint, Sample, Place], bool],
    tries: Callable[[Place], tuple[Try, ...]],
    larger: tuple[int, ...],
    what: str,
) -> Verdict:
    call = own_call(probe)
    found = await spots(probe, kind, fits)
    mine = [spot for spot in found if spot.endpoint == probe.endpoint.id]
    if call is None or not mine:
        sample = probe.knowledge.sample(probe.endpoint.id, probe.account)
        if call is not None and sample is not None and _any(probe, sample, fits):
            return conclude("budget", "five ladders of a kind for each host: they went to other places like this one")
        return conclude("no_such_function", "no text of it is of the kind that this measures")
    verdicts = []
    for spot in mine[:_PER_CELL]:
        place = Place("query" if spot.within == "query" else "body", spot.place)
        verdicts.append(await judge(probe, place, _ladders(probe, call, place, tries(place), larger), what))
        if verdicts[-1].outcome == "vulnerable":
            break
    return strongest(verdicts)


def _any(probe: Probe, sample: Sample, fits: Callable[[Probe, Endpoint, Sample, Place], bool]) -> bool:
    return any(fits(probe, probe.endpoint, sample, place) for place in sample.call.places())


def _ladders(probe: Probe, call: Call, place: Place, tries: tuple[Try, ...], larger: tuple[int, ...]) -> list[Ladder]:
    """One ladder for each text; in full mode the long ones after all of the short ones."""

    def made(one: Try) -> Callable[[bool, int], Call]:
        return lambda attempt, size: call.with_value(place, one.attempt(size) if attempt else cheap(one, size))

    found = [Ladder(one.name, made(one), ADDITIVE) for one in tries]
    if probe.settings.limits.mode == "full":
        found += [Ladder(one.name, made(one), larger, "geometric") for one in tries[:1]]
    return found


def cheap(one: Try, size: int) -> str:
    """A text of the same size that a pattern refuses at its first character, and a search finds nothing strange in."""
    return ("words of no sense " * size)[:size] if one in _EXPRESSIONS else "!" + one.again[0] * (size - 1)


def _checked(probe: Probe, endpoint: Endpoint, sample: Sample, place: Place) -> bool:
    """Whether a place holds a text that is checked against a pattern."""
    if place.within not in ("query", "body") or not _is_text(sample, endpoint, place):
        return False
    return bool(_kind(probe, endpoint, place)) and not _is_search(place)


def _searches(probe: Probe, endpoint: Endpoint, sample: Sample, place: Place) -> bool:
    asks = endpoint.method == "GET" or (endpoint.method == "POST" and not creates(probe, endpoint, sample))
    return asks and place.within in ("query", "body") and _is_text(sample, endpoint, place) and _is_search(place)


def _is_search(place: Place) -> bool:
    return bool(set(words(place.name.rpartition(".")[2])) & _SEARCH)


def _is_text(sample: Sample, endpoint: Endpoint, place: Place) -> bool:
    value = sample.call.get(place)
    if value is not None:
        return isinstance(value, str)
    schema = _schema(endpoint, place)
    return schema is not None and not schema.enum and (not schema.types or "string" in schema.types)


def _schema(endpoint: Endpoint, place: Place) -> Schema | None:
    if place.within == "query":
        return next((p.schema for p in endpoint.parameters if p.place == place), None)
    schema = endpoint.bodies[0].schema if endpoint.bodies else Schema()
    return schema.properties.get(place.name)


def _kind(probe: Probe, endpoint: Endpoint, place: Place) -> str:
    """What a text of the place should be; `name` where only a pattern is known of it; empty: nothing is checked."""
    schema = _schema(endpoint, place) or Schema()
    schema = probe.specification.resolve(schema)
    if schema.enum:
        return ""
    named = words(re.sub(r"\[\d*\]", "", place.name).rpartition(".")[2])
    joined = "".join(named)
    for kind, known in _KINDS.items():
        if known & {*named, joined}:
            return kind
    if schema.format in _FORMATS:
        return _FORMATS[schema.format]
    if schema.pattern:
        return "phone number" if re.match(r"[\^(\[]*(\\d|0-9|\\\+)", schema.pattern) else "name"
    return ""


def _tries_of(probe: Probe, place: Place) -> tuple[Try, ...]:
    return _TRIES[_kind(probe, probe.endpoint, place) or "name"]
