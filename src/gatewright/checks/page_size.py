"""`page-size`: a list hands out as many items as the caller asks for."""

from __future__ import annotations

import re

from msgspec import Struct, structs

from gatewright.checks.controls import call_of
from gatewright.checks.ladders import creates
from gatewright.checks.planting import planted as _planted
from gatewright.explore.schemas import body_of, fields
from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Parameter, Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Effect, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.pages import Page, counts_of, page_of

_SURE = {
    *("limit", "perpage", "pagesize", "pagelimit", "sizeofpage", "maxresults", "maxitems", "maxrecords", "pagelength"),
    *("hitsperpage", "resultsperpage", "itemsperpage", "recordsperpage", "rowsperpage", "entriesperpage", "batchsize"),
    *("numresults", "maxpagesize", "maxkeys", "pagecount", "itemcount", "limitcount", "listlimit", "resultlimit"),
}
"""Names that say nothing but the size of a page."""
_NAMES = {
    *(
        "size",
        "take",
        "count",
        "max",
        "top",
        "first",
        "last",
        "rows",
        "length",
        "amount",
        "results",
        "records",
        "num",
        "n",
    ),
    *("number", "max", "maximum", "fetch", "items"),
}
"""Names that may say it."""
_ASKED = {"q", "query", "search", "text", "term", "keyword", "keywords", "filter", "name", "title", "phrase"}
"""Words of names of what a list is searched for."""
_PAGES = {"page", "pagenumber", "pageno", "pageindex", "p", "pagenum", "currentpage"}
_SKIPS = {"offset", "skip", "start", "startindex", "from", "pageoffset"}
MANY = 1000
"""Items in one answer that are too many whatever the specification says."""
WHOLE = 200
"""Items of a list that must be known before handing out the whole of it means anything."""
_TIMES = 5
"""How many usual pages the whole list must be."""
_TRIES = 2
"""Parameters of an endpoint that are tried, where the first does not set the size."""
_SLOW = 2.0
"""Seconds of an answer after which nothing larger is asked for."""


class _Known(Struct, frozen=True):
    """What the controls showed: the usual page, how many items there are by an answer that held one of them, and where they stand."""

    usual: int
    total: int | None
    at: str
    """Path of the list in the answer."""
    least: int
    """The size for which so many came in the control."""
    more: bool
    """The usual page says that there are more."""


@check(
    "page-size",
    threat="API4:2023",
    title="A list hands out as many items as the caller asks for",
    severity="medium",
    cwe=(770, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=70,
)
async def page_size(probe: Probe) -> Verdict:
    """Ask a list for more items than its page should have, and count what comes.

    ## What it does
    Finds the parameter that sets the size of a page by its name, and asks for one more than the documented maximum, for
    1,000, for 1,000,000, for -1, 0 and nothing at all. Where only a few objects of the account are missing to go beyond
    the documented maximum, it makes them, 50 at most, of a kind that can be removed again.

    ## Why it matters
    One request for everything costs as much as thousands, and it carries the whole collection away at once.

    ## How it is proved
    The size is honoured: asked for one item, one comes, and two for two. Then more items than the documented maximum
    come, or 1,000 and more, or the whole of a list of at least 200, which is more than five usual pages. Items are
    counted in the list that the size moved; the number that an answer repeats proves nothing. The same request is sent once more.

    ## When it is wrong
    When the list can never grow, or handing out all of it is what the endpoint is for.

    ## Remedy
    Set a greatest page size and cut every larger wish down to it, also the missing, the negative and the empty one.

    ## References
    - https://cwe.mitre.org/data/definitions/770.html
    """
    call = call_of(probe, probe.account)
    places = _places(probe, call) if call is not None else []
    if call is None or not places:
        return conclude("no_such_function", "it has no parameter that sets how many items come")
    verdicts: list[Verdict] = []
    for place in places[:_TRIES]:
        verdicts.append(await _judge(probe, call, place))
        wider = _wider(call) if verdicts[-1].reason == "too_small" else None
        if wider is not None:
            verdicts[-1] = await _judge(probe, wider, place)
        if verdicts[-1].reason != "parameter_ignored":
            return verdicts[-1]
    return verdicts[0]


def _places(probe: Probe, call: Call) -> list[Place]:
    """Parameters that set the size of a page by their name, with a value that a number may take."""
    if probe.endpoint.method not in ("GET", "POST") or _creates(probe):
        return []
    known = _declared(probe, call)
    named = [place for place in known if _letters(place.name) in _SURE | _NAMES and _numeric(probe, call, place)]
    return sorted(named, key=lambda place: _letters(place.name) not in _SURE)


def _declared(probe: Probe, call: Call) -> list[Place]:
    """Places of the query and the body, those that the accepted request leaves out as well."""
    known = [p.place for p in probe.endpoint.parameters if p.within == "query"]
    known += [place for place in call.places() if place.within in ("query", "body") and place not in known]
    body = body_of(probe.endpoint)
    if isinstance(call.body, dict) and body is not None:
        told = [Place("body", field.name) for field in fields(body.schema, probe.specification)]
        known += [place for place in told if place not in known and "[" not in place.name]
    return known


def _wider(call: Call) -> Call | None:
    """The call that searches for one letter, which much more holds than our own words; None where it searches for nothing."""
    wider = call
    for place in call.places():
        value = call.get(place)
        asked = place.within in ("query", "body") and set(words(place.name.rpartition(".")[2])) & _ASKED
        if asked and isinstance(value, str) and len(value) > 1:
            wider = wider.with_value(place, "a")
    return wider if wider != call else None


def _creates(probe: Probe) -> bool:
    sample = probe.knowledge.sample(probe.endpoint.id, probe.account)
    return sample is not None and creates(probe, probe.endpoint, sample)


def _letters(name: str) -> str:
    """`page[size]`, `pagination.pageSize`, `$top`, `per-page` → the letters that say what it is."""
    last = re.sub(r"\[\d*\]$", "", name).rpartition(".")[2]
    return re.sub(r"[^a-z]", "", last.lower())


def _numeric(probe: Probe, call: Call, place: Place) -> bool:
    parameter = _parameter(probe, place)
    types = parameter.schema.types if parameter else ()
    value = call.get(place)
    return not types or bool({"integer", "number", "string"} & set(types)) or isinstance(value, int)


def _parameter(probe: Probe, place: Place) -> Parameter | None:
    return next((p for p in probe.endpoint.parameters if p.place == place), None)


async def _judge(probe: Probe, call: Call, place: Place) -> Verdict:
    known = await _honoured(probe, call, place)
    if isinstance(known, Verdict):
        return known
    documented = _documented(probe, place)
    largest, at = 0, ""
    for asked in _asks(documented):
        exchange, page = await _ask(probe, call, place, asked, known.at, purpose="attack")
        why = _too_many(page, documented, known)
        if page is not None and page.items > largest:
            why = why or await _all(probe, call, place, page, documented, known)
            largest, at = page.items, _told(asked)
        if why and page is not None:
            return await _again(probe, call, place, (asked, exchange, page, why), known)
        if exchange.response is None or exchange.response.status >= 500 or exchange.response.timing.total > _SLOW:
            break
    verdict = _sound(place, largest, at, documented, known)
    if verdict.reason != "too_small" or not await _planted(probe, (documented or WHOLE - 1) + 1 - largest):
        return verdict
    return await _after_planting(probe, call, place, documented, known)


async def _after_planting(probe: Probe, call: Call, place: Place, documented: int | None, known: _Known) -> Verdict:
    """The largest wish once more, now that there is enough to go beyond the limit."""
    asked = documented + 1 if documented is not None else MANY
    exchange, page = await _ask(probe, call, place, asked, known.at, purpose="attack, with more to give")
    if known.total is not None and page is not None:
        known = structs.replace(known, total=page.total)
    why = _too_many(page, documented, known)
    if page is not None and not why:
        why = await _all(probe, call, place, page, documented, known)
    if why and page is not None:
        return await _again(probe, call, place, (asked, exchange, page, why), known)
    return _sound(place, page.items if page else 0, _told(asked), documented, known)


async def _honoured(probe: Probe, call: Call, place: Place) -> _Known | Verdict:
    """The control: one item for 1 and two for 2 (or for the documented minimum), in the same list; and the usual page."""
    parameter = _parameter(probe, place)
    least = max(int(parameter.schema.minimum or 1), 1) if parameter else 1
    first, _ = await _ask(probe, call, place, least, None, purpose=f"control: {least} items")
    second, _ = await _ask(probe, call, place, least + 1, None, purpose=f"control: {least + 1} items")
    one, two = counts_of(first.response), counts_of(second.response)
    if not one or not two:
        why = f"with {place.name} {least} or {least + 1} no list of items comes"
        return conclude("parameter_ignored", why, place=place)
    obeying = [path for path, count in two.items() if count == least + 1 and one.get(path) == least]
    longer = max(two, key=lambda path: two[path])
    at = obeying[0] if obeying else longer
    seen = f"{one.get(at, 0)} and {two[at]} items"
    wanted = f"{least} and {least + 1} items"
    what = f"{place.name} {least}, then {least + 1}"
    if not probe.control("honoured", what, expected=wanted, observed=seen, holds=bool(obeying)):
        if max(one.values()) <= least and max(two.values()) <= least:
            why = f"the list has {two[at]} items at most, so that its pages tell nothing"
            return conclude("too_small", why, place=place)
        return conclude("parameter_ignored", f"{place.name} does not set how many items come: {seen}", place=place)
    bare = call.without(place) if not (parameter and parameter.required) else call
    usual = page_of((await probe.send(bare, purpose="baseline")).response, at)
    told = page_of(first.response, at)
    total = told.total if told and told.total is not None and told.total > least else None
    return _Known(usual.items if usual else 2, total, at, least, usual is not None and usual.more)


async def _ask(
    probe: Probe, call: Call, place: Place, asked: Json, at: str | None, *, purpose: str
) -> tuple[Exchange, Page | None]:
    value = str(asked) if place.within == "query" and asked is not None else asked
    exchange = await probe.send(call.with_value(place, value), purpose=purpose)
    return exchange, page_of(exchange.response, at)


def _documented(probe: Probe, place: Place) -> int | None:
    """The greatest size that the specification allows."""
    parameter = _parameter(probe, place)
    if parameter is None:
        return None
    if parameter.schema.maximum is not None:
        return int(parameter.schema.maximum)
    if parameter.schema.exclusive_maximum is not None:
        return int(parameter.schema.exclusive_maximum) - 1
    return None


def _asks(documented: int | None) -> list[Json]:
    first: list[Json] = [documented + 1] if documented is not None and documented < 1_000_000 else []
    larger: list[Json] = [n for n in (MANY, 1_000_000) if documented is None or n > documented + 1]
    return [*first, *larger, -1, 0, None]


def _told(asked: Json) -> str:
    return "nothing" if asked is None else str(asked)


def _too_many(page: Page | None, documented: int | None, known: _Known) -> str:
    """By which rule a page has too many items; empty when it has not."""
    if page is None:
        return ""
    if documented is not None:
        return f"the documented maximum is {documented}" if page.items > documented else ""
    if page.items >= MANY:
        return f"that is {MANY} or more in one answer"
    if known.total is not None and page.items == known.total >= WHOLE and page.items > _TIMES * known.usual:
        return f"that is the whole list, where a usual page has {known.usual}"
    return ""


async def _all(probe: Probe, call: Call, place: Place, page: Page | None, documented: int | None, known: _Known) -> str:
    """Where no total is told: whether nothing comes after these items, though something does before the last of them."""
    large = page is not None and WHOLE <= page.items < MANY and page.items > _TIMES * known.usual
    if page is None or not large or documented is not None or known.total is not None:
        return ""
    if known.more and not page.more and not _round(page.items):  # a cut page is round, whatever is said of what follows
        return (
            f"that is the whole list (it says that nothing follows, as it does not of the usual page of {known.usual})"
        )

    async def count(purpose: str, *values: tuple[Place, int]) -> int:
        asked = call
        for at, value in values:
            asked = asked.with_value(at, str(value) if at.within == "query" else value)
        there = page_of((await probe.send(asked, purpose=f"control: {purpose}")).response, known.at)
        return there.items if there is not None else -1

    places = _declared(probe, call)
    whole = f"that is the whole list (nothing comes behind), where a usual page has {known.usual}"
    offset = next((one for one in places if _letters(one.name) in _SKIPS), None)
    if offset is not None:
        last = await count("the last item", (offset, page.items - 1))
        return whole if last == 1 and await count("behind it", (offset, page.items)) == 0 else ""
    number = next((one for one in places if _letters(one.name) in _PAGES), None)
    for second in (2, 1) if number is not None else ():  # the second page has the number 1 where they begin with 0
        if number is not None and await count("the last item", (place, page.items - 1), (number, second)) == 1:
            return whole if await count("behind it", (place, page.items), (number, second)) == 0 else ""
    return ""


def _round(count: int) -> bool:
    """Whether a number is one that people set limits at."""
    return count % 50 == 0 or count & (count - 1) == 0


async def _again(
    probe: Probe, call: Call, place: Place, found: tuple[Json, Exchange, Page, str], known: _Known
) -> Verdict:
    """The same once more: a finding when as many items come again."""
    asked, first, page, why = found
    second, again = await _ask(probe, call, place, asked, known.at, purpose="attack, confirmed")
    if again is None or again.items < page.items:
        return conclude("unstable", f"{page.items} items came once, and not again", place=place)
    size = len(first.response.body) if first.response else 0
    return proved(
        title=f"{place.name} hands out as many items as the caller asks for",
        summary=f"{probe.endpoint.name} answered {place.name} {_told(asked)} with {page.items} items in one answer: {why}.",
        proof=(
            f"{place.name} sets the size of a page: {known.least} and {known.least + 1} give as many items; without it {known.usual} come",
            f"asked for {_told(asked)} it gave {page.items} items in {size} bytes, counted in the answer: {why}",
            f"the same request gave {again.items} items again",
        ),
        attacks=(first.number, second.number),
        place=place,
    )


def _sound(place: Place, largest: int, at: str, documented: int | None, known: _Known) -> Verdict:
    """Nothing came that is too much: because it was cut, or because there is not more."""
    limit = documented if documented is not None else WHOLE - 1
    if not largest:
        return conclude("protected", f"every {place.name} that asks for too much was refused", place=place)
    if known.total is not None and known.total > largest:
        return conclude(
            "protected", f"{largest} items at most came of {known.total}, whatever {place.name} asked for", place=place
        )
    if documented is not None and largest == documented:
        return conclude("protected", f"{largest} items at most came, the documented maximum", place=place)
    if largest <= limit or not _round(largest):
        why = f"{largest} items came at most (for {at}); whether that is a limit or all there is cannot be told"
        return conclude("too_small", why, place=place)
    return conclude("protected", f"{largest} items came at most, for {at}", place=place)
