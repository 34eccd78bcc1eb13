"""One call tried until it is accepted: what a refusal complains about is repaired, as long as there is something new to try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from gatewright.access import repair
from gatewright.access.lessons import Lessons
from gatewright.explore.answers import Reply, summary
from gatewright.explore.compose import Composed
from gatewright.explore.courier import Courier
from gatewright.explore.memory import ROUNDS
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json

_SAME = 1
"""How often the same call is sent again after a failure of the server."""

Produce = Callable[[Place, list[Json], str], Awaitable[Json]]
"""Asked for a value of something that exists, other than those tried, in a form (`Repair.form`); None: there is none."""
Settle = Callable[[repair.Repair], repair.Repair | None]
"""Gives the repair that may be made instead; None: none."""
Version = Callable[[Call], Awaitable[str]]
"""Asked for the version (ETag) of what a call would change; empty when nothing tells it."""


class Trial(Struct, frozen=True, kw_only=True):
    """How it ended: the last call and its answer, and why it was not accepted."""

    call: Call
    reply: Reply
    composed: Composed
    references: dict[Place, Json]
    tries: int
    higher: bool = False
    """The account may not; a higher one might."""
    wanting: tuple[Place, ...] = ()
    """Places that asked for something that exists, where nothing that exists was known."""

    @property
    def accepted(self) -> bool:
        """Whether the last call was."""
        return self.reply.accepted

    @property
    def why(self) -> str:
        """For a refusal: what was tried and what the API answered, in one sentence."""
        times = f"{self.tries} bodies" if self.tries > 1 and self.call.content_type else f"{self.tries} requests"
        tried = times if self.tries > 1 else "one request"
        return f"{tried} as {self.reply.exchange.account}; the API answered {summary(self.reply.exchange)}"


async def attempt(
    courier: Courier,
    endpoint: Endpoint,
    composed: Composed,
    *,
    as_: str,
    produce: Produce,
    version: Version | None = None,
    rounds: int = ROUNDS,
    lessons: Lessons | None = None,
    settle: Settle | None = None,
    purpose: str = "explore",
) -> Trial:
    """Send, and repair what the answer complains about, until accepted or nothing more can be tried. Raises Spent.

    `lessons` keeps what was learnt of the endpoint, for the next account; `settle` may change or forbid a repair.
    """
    lessons = Lessons() if lessons is None else lessons
    lessons.start()
    call, references = composed.call, dict(composed.references)
    producing = _Producing(endpoint, produce, lessons)
    sent: list[Call] = []
    while True:
        reply = await courier.send(endpoint, call, as_=as_, purpose=purpose)
        sent.append(call)
        higher = reply.refused
        response = reply.exchange.response
        if reply.accepted or response is None or len(sent) > rounds:
            break
        found = repair.repairs(response, endpoint, call, composed.values, turn=len(sent), lessons=lessons)
        found = found if settle is None else [one for one in map(settle, found) if one is not None]
        higher = higher and (not found or any(one.kind == "rank" for one in found))
        changed = repair.apply(call, found)
        for one in found:
            if one.kind == "produce":
                changed = await producing.put(changed, one, references)
            elif one.kind == "stale" and version is not None:
                changed = await _matching(changed, version)
        changed = _with_files(changed)
        failed = reply.status >= 500 and sent.count(call) <= _SAME  # a failure may be chance
        if higher or (changed in sent and not failed):
            break
        call = changed
    return Trial(
        call=call,
        reply=reply,
        composed=composed,
        references=references,
        tries=len(sent),
        higher=higher,
        wanting=() if reply.accepted else tuple(producing.wanting),
    )


class _Producing:
    """Puts ids of existing things where a refusal asks for them."""

    def __init__(self, endpoint: Endpoint, produce: Produce, lessons: Lessons) -> None:
        self._endpoint, self._produce, self._lessons = endpoint, produce, lessons
        self._asked: dict[Place, list[Json]] = {}
        self.wanting: list[Place] = []

    async def put(self, call: Call, one: repair.Repair, references: dict[Place, Json]) -> Call:
        """The call with a value that names something; else with the value that the repair falls back to, or without it."""
        tried = self._asked.setdefault(one.place, [call.get(one.place)])
        value = await self._produce(one.place, tried, one.form)
        if value is not None:
            tried.append(value)
            present = call.get(one.place)
            placed: Json = [value] if isinstance(present, list) and not isinstance(value, list) else value
            references[one.place] = placed
            return call.with_value(one.place, placed)
        self.wanting.append(one.place)
        if one.value is not None and one.value not in tried:
            tried.append(one.value)
            self._lessons.refuse(one.place, call.get(one.place))
            return call.with_value(one.place, one.value)
        if one.place.within == "body" and not _required(self._endpoint, one.place):
            return call.without(one.place)
        return call


async def _matching(call: Call, version: Version) -> Call:
    """The call with If-Match: any version (RFC 9110, 13.1.1), and where that does not do, the one there is."""
    given = next((str(value) for name, value in call.headers.items() if name.lower() == "if-match"), "")
    if not given:
        return call.with_value(Place("header", "If-Match"), "*")
    known = await version(call)
    return call.with_value(Place("header", "If-Match"), known) if known else call


def _with_files(call: Call) -> Call:
    """A body with a file in it can only be sent in parts."""
    body = call.body
    files = isinstance(body, dict) and any(isinstance(one, dict) and "filename" in one for one in body.values())
    if files and not call.content_type.startswith("multipart/"):
        return msgspec.structs.replace(call, content_type="multipart/form-data; boundary=gatewright")
    return call


def _required(endpoint: Endpoint, place: Place) -> bool:
    return any(place.name.partition(".")[0] in body.schema.required for body in endpoint.bodies)


def with_references(composed: Composed, trial: Trial) -> Composed:
    """The composed call with the references that were found on the way."""
    return msgspec.structs.replace(composed, references=trial.references)
