"""One call tried until it is accepted: what a refusal complains about is repaired, at most eight times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from gatewright.access import repair
from gatewright.explore.answers import Reply, summary
from gatewright.explore.compose import Composed
from gatewright.explore.courier import Courier
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json

ROUNDS = 8
_SAME = 1
"""How often the same call is sent again after a failure of the server."""

Produce = Callable[[Place, list[Json]], Awaitable[Json]]
"""Asked for a value of something that exists, other than those tried; None when there is none."""


class Trial(Struct, frozen=True, kw_only=True):
    """How it ended: the last call and its answer, and why it was not accepted."""

    call: Call
    reply: Reply
    composed: Composed
    references: dict[Place, Json]
    tries: int
    higher: bool = False
    """The account may not; a higher one might."""

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
    rounds: int = ROUNDS,
    purpose: str = "explore",
) -> Trial:
    """Send, and repair what the answer complains about, until accepted or nothing more can be tried. Raises Spent."""
    call, references = composed.call, dict(composed.references)
    asked: dict[Place, list[Json]] = {}
    sent: list[Call] = []
    while True:
        reply = await courier.send(endpoint, call, as_=as_, purpose=purpose)
        sent.append(call)
        higher = reply.refused
        response = reply.exchange.response
        if reply.accepted or response is None or len(sent) > rounds:
            break
        found = repair.repairs(response, endpoint, call, composed.values, turn=len(sent))
        higher = higher and (not found or any(one.kind == "rank" for one in found))
        changed = repair.apply(call, found)
        for one in found:
            if one.kind == "produce":
                tried = asked.setdefault(one.place, [call.get(one.place)])
                value = await produce(one.place, tried)
                if value is not None:
                    tried.append(value)
                    references[one.place] = value
                    changed = changed.with_value(one.place, value)
                elif one.place.within == "body" and not _required(endpoint, one.place):
                    changed = changed.without(one.place)
        failed = reply.status >= 500 and sent.count(call) <= _SAME  # a failure may be chance
        if higher or (changed in sent and not failed):
            break
        call = changed
    return Trial(call=call, reply=reply, composed=composed, references=references, tries=len(sent), higher=higher)


def _required(endpoint: Endpoint, place: Place) -> bool:
    return any(place.name.partition(".")[0] in body.schema.required for body in endpoint.bodies)


def with_references(composed: Composed, trial: Trial) -> Composed:
    """The composed call with the references that were found on the way."""
    return msgspec.structs.replace(composed, references=trial.references)
