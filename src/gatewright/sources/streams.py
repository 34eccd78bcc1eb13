"""Which endpoints of a document, or of traffic, are streams: what is answered, and what is asked for in the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from gatewright.model.endpoint import Answer, Parameter
from gatewright.model.json import Json
from gatewright.model.stream import is_events

_WEBSOCKET = frozenset({"upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol"})


def stream_of(
    method: str,
    answers: Sequence[Answer],
    parameters: Sequence[Parameter],
    extensions: Mapping[str, Json],
    scheme: str = "",
) -> Literal["", "events", "websocket"]:
    """Empty for an endpoint that answers and is done.

    `scheme` is that of its server. A WebSocket is told by a server `ws:` or `wss:`, an answer 101, header parameters of the handshake, or a key
    that begins with `x-websocket`; a stream of events by the only type of its good answers.
    """
    if method == "GET":
        asked = {one.name.lower() for one in parameters if one.within == "header"}
        told = any(key.lower().startswith("x-websocket") and value for key, value in extensions.items())
        if scheme in ("ws", "wss") or told or asked & _WEBSOCKET or any(one.status == "101" for one in answers):
            return "websocket"
    good = [one.content_type for one in answers if one.status[:1] == "2" and one.content_type]
    return "events" if good and all(map(is_events, good)) else ""
