"""Streams that nobody documented: an answer that goes on, or one that asks for the handshake of a WebSocket."""

from __future__ import annotations

import re
from typing import Literal

from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Response
from gatewright.model.stream import is_events

_NO_HANDSHAKE = frozenset({200, 400, 404, 405, 406, 415, 501})
"""Answers to a handshake where subscriptions are not spoken over WebSocket: servers then mostly send events."""
_ASKS = re.compile(rb"web-?socket|upgrade", re.IGNORECASE)


def learnt(endpoint: Endpoint, response: Response | None) -> Literal["", "events", "websocket"]:
    """What the answer to a plain request says that the endpoint is; empty when it says nothing new.

    A WebSocket asks for its handshake by status 426 (RFC 9110, 15.5.22), or in words with 400, as most libraries do.
    """
    if endpoint.field is not None and endpoint.stream == "websocket" and response is not None:
        return "events" if response.status in _NO_HANDSHAKE else ""
    if endpoint.stream or endpoint.field is not None or response is None or endpoint.method != "GET":
        return ""
    if response.ok:
        return "events" if is_events(response.header("content-type")) else ""
    offered = (response.header("upgrade") or "").lower() == "websocket" or response.header("sec-websocket-version")
    asks = response.status == 426 or (response.status == 400 and _ASKS.search(response.body[:2000]) is not None)
    return "websocket" if offered or asks else ""
