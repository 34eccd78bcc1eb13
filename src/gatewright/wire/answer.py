"""What the bytes of one answer mean: events in the order of reading, and the response that they add up to. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from gatewright.model.http import Headers, Response, Timing
from gatewright.wire.coding import decode

HEAD_LIMIT = 256 * 1024
"""Bytes of status line and header lines that are read before giving up (interim answers included)."""

INTERIM_LIMIT = 100
"""Interim answers (1xx) that are read before giving up."""


class Informational(Struct, frozen=True, gc=False):
    """An interim answer, status 100 to 199 without 101 (RFC 9110 15.2)."""

    status: int
    reason: str = ""
    version: str = "1.1"
    headers: Headers = ()


class Head(Struct, frozen=True, gc=False):
    """Status line and header lines of the final answer."""

    status: int
    reason: str = ""
    version: str = "1.1"
    headers: Headers = ()


class Body(Struct, frozen=True, gc=False):
    """A piece of the body, chunk framing removed, content codings not."""

    data: bytes


class Trailers(Struct, frozen=True, gc=False):
    """Header lines after a chunked body (RFC 9112 7.1.2)."""

    headers: Headers


class Anomaly(Struct, frozen=True, gc=False):
    """Something against RFC 9110 or 9112, in one sentence. Reading went on."""

    what: str


class End(Struct, frozen=True, gc=False):
    """The answer is over. `size` counts the body's bytes, also those that were not kept (`truncated`)."""

    reusable: bool
    size: int = 0
    truncated: bool = False


Event: TypeAlias = Informational | Head | Body | Trailers | Anomaly | End


def assemble(events: Sequence[Event], timing: Timing, limit: int) -> Response:
    """The response that these events make, content codings removed, body cut at `limit` bytes.

    The events must hold a `Head` and an `End`. Trailers are put after the headers: a scanner must see them, too.
    """
    trailers: Headers = ()
    anomalies: list[str] = []
    match events:
        case [Head() as head, Body() as piece, End() as end]:  # nearly all answers
            body = piece.data
        case _:
            head, body, trailers, anomalies, end = _gather(events)
    truncated = end.truncated
    codings = [value for name, value in head.headers if len(name) == 16 and name.lower() == "content-encoding"]
    if codings and body:
        body, cut, wrong = decode(body, ",".join(codings), limit)
        truncated = truncated or cut
        anomalies += wrong
    return Response(
        head.status,
        head.headers + trailers if trailers else head.headers,
        body,
        head.reason,
        head.version,
        truncated,
        end.size,
        tuple(anomalies),
        timing,
    )


def _gather(events: Sequence[Event]) -> tuple[Head, bytes, Headers, list[str], End]:
    """Head, body, trailers, anomalies and end."""
    head = next(event for event in events if isinstance(event, Head))
    end = next(event for event in reversed(events) if isinstance(event, End))
    body = b"".join([event.data for event in events if isinstance(event, Body)])
    trailers = next((event.headers for event in events if isinstance(event, Trailers)), ())
    return head, body, trailers, [event.what for event in events if isinstance(event, Anomaly)], end
