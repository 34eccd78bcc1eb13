"""`page-size`: a list hands out as many items as the caller asks for."""

from __future__ import annotations

import re

from msgspec import Struct

from gatewright.checks.controls import call_of
from gatewright.model.call import Call
from gatewright.model.endpoint import Parameter, Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved, strongest
from gatewright.proof.pages import Page, page_of

_NAMES = {
    *("limit", "size", "perpage", "pagesize", "pagelimit", "take", "count", "max", "top", "first", "last"),
    *("maxresults", "maxitems", "numresults", "resultsperpage", "itemsperpage", "rows", "pagesizelimit"),
}
MANY = 1000
"""Items in one answer that are too many whatever the specification says."""
WHOLE = 200
"""Items of a list that must be known before handing out the whole of it means anything."""
_TIMES = 5
"""How many usual pages the whole list must be."""
_SLOW = 2.0
"""Seconds of an answer after which nothing larger is asked for."""


class _Known(Struct, frozen=True):
    """What the controls showed: the usual page, and how many items there are by an answer that held one of them."""

    usual: int
    total: int | None


@check(
    "page-size",
    threat="API4:2023",
    title="A list hands out as many items as the caller asks for",
    severity="medium",
    cwe=(770, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    requests=10,
)
async def page_size(probe: Probe) -> Verdict:
    """Ask a list for more items than its page should have, and count what comes.

    ## What it does
    Finds the parameter that sets the size of a page by its name, and asks for one more than the documented maximum, for
    1,000, for 1,000,000, for -1, 0 and nothing at all.

    ## Why it matters
    One request for everything costs as much as thousands, and it carries the whole collection away at once.

    ## How it is proved
    The size is honoured: asked for one item, one comes, and two for two. Then more items than the documented maximum
    come, or 1,000 and more, or the whole of a list of at least 200, which is more than five usual pages. Items are
    counted; the number that an answer repeats proves nothing. The same request is sent once more.

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
    verdicts = [await _judge(probe, call, place) for place in places[:1]]
    return strongest(verdicts)


def _places(probe: Probe, call: Call) -> list[Place]:
    """Parameters that set the size of a page by their name, with a value that a number may take."""
    if probe.endpoint.method not in ("GET", "POST") or _creates(probe):
        return []
    known = [p.place for p in probe.endpoint.parameters if p.within == "query"]
    known += [place for place in call.places() if place.within in ("query", "body") and place not in known]
    return [place for place in known if _named(place.name) and _numeric(probe, call, place)]


def _creates(probe: Probe) -> bool:
    sample = probe.knowledge.sample(probe.endpoint.id, probe.account)
    made = any(probe.endpoint.id == purposes.get("create") for purposes in probe.knowledge.resources.values())
    return probe.endpoint.method == "POST" and (made or (sample is not None and bool(sample.made)))


def _named(name: str) -> bool:
    last = re.sub(r"\[\d*\]$", "", name).rpartition(".")[2]
    return re.sub(r"[^a-z]", "", last.lower()) in _NAMES


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
        exchange, page = await _ask(probe, call, place, asked, purpose="attack")
        why = _too_many(page, documented, known)
        if page is not None and page.items > largest:
            why = why or await _all(probe, call, page, documented, known)
            largest, at = page.items, _told(asked)
        if why and page is not None:
            return await _again(probe, call, place, (asked, exchange, page, why), known)
        if exchange.response is None or exchange.response.status >= 500 or exchange.response.timing.total > _SLOW:
            break
    return _sound(place, largest, at, documented, known)


async def _honoured(probe: Probe, call: Call, place: Place) -> _Known | Verdict:
    """The control: one item for 1, two for 2, and the usual page."""
    _, one = await _ask(probe, call, place, 1, purpose="control: one item")
    _, two = await _ask(probe, call, place, 2, purpose="control: two items")
    if one is None or two is None:
        return conclude("parameter_ignored", f"with {place.name} 1 or 2 no list of items comes", place=place)
    seen = f"{one.items} and {two.items} items"
    obeyed = one.items == 1 and two.items == 2
    if not probe.control("honoured", f"{place.name} 1, then 2", expected="1 and 2 items", observed=seen, holds=obeyed):
        if one.items <= 1 and two.items <= 1:
            return conclude("too_small", "the list has one item at most, so that its pages tell nothing", place=place)
        return conclude("parameter_ignored", f"{place.name} does not set how many items come: {seen}", place=place)
    parameter = _parameter(probe, place)
    bare = call.without(place) if not (parameter and parameter.required) else call
    usual = page_of((await probe.send(bare, purpose="baseline")).response)
    total = one.total if one.total is not None and one.total > 1 else None
    return _Known(usual.items if usual else 2, total)


async def _ask(probe: Probe, call: Call, place: Place, asked: Json, *, purpose: str) -> tuple[Exchange, Page | None]:
    value = str(asked) if place.within == "query" and asked is not None else asked
    exchange = await probe.send(call.with_value(place, value), purpose=purpose)
    return exchange, page_of(exchange.response)


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


async def _all(probe: Probe, call: Call, page: Page | None, documented: int | None, known: _Known) -> str:
    """Where no total is told: whether nothing comes after these items, though something does before the last of them."""
    offset = next((p.place for p in probe.endpoint.parameters if p.within == "query" and _skips(p.name)), None)
    large = page is not None and WHOLE <= page.items < MANY and page.items > _TIMES * known.usual
    if offset is None or page is None or not large or documented is not None or known.total is not None:
        return ""
    last = page_of(
        (await probe.send(call.with_value(offset, page.items - 1), purpose="control: the last item")).response
    )
    after = page_of((await probe.send(call.with_value(offset, page.items), purpose="control: behind it")).response)
    if last is None or after is None or last.items != 1 or after.items != 0:
        return ""
    return f"that is the whole list (nothing comes behind), where a usual page has {known.usual}"


def _skips(name: str) -> bool:
    return re.sub(r"[^a-z]", "", name.lower()) in {"offset", "skip", "start", "startindex", "from"}


async def _again(
    probe: Probe, call: Call, place: Place, found: tuple[Json, Exchange, Page, str], known: _Known
) -> Verdict:
    """The same once more: a finding when as many items come again."""
    asked, first, page, why = found
    second, again = await _ask(probe, call, place, asked, purpose="attack, confirmed")
    if again is None or again.items < page.items:
        return conclude("unstable", f"{page.items} items came once, and not again", place=place)
    size = len(first.response.body) if first.response else 0
    return proved(
        title=f"{place.name} hands out as many items as the caller asks for",
        summary=f"{probe.endpoint.name} answered {place.name} {_told(asked)} with {page.items} items in one answer: {why}.",
        proof=(
            f"{place.name} sets the size of a page: 1 gives 1 item, 2 gives 2; without it {known.usual} come",
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
    if largest <= limit:
        return conclude(
            "too_small",
            f"{largest} items came at most (for {at}); whether that is a limit or all there is cannot be told below {WHOLE}",
            place=place,
        )
    return conclude("protected", f"{largest} items came at most, for {at}", place=place)
