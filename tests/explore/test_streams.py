"""Streams that the specification calls something else."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse, Response

from gatewright.explore.streams import learnt
from gatewright.model.endpoint import Endpoint
from gatewright.model.graphql import Field
from gatewright.model.http import Response as Answer

PLAIN = Endpoint(method="GET", path="/live", origin="http://a.test")


@pytest.mark.parametrize(
    ("answer", "stream"),
    [
        (Answer(200, (("Content-Type", "text/event-stream; charset=utf-8"),)), "events"),
        (Answer(200, (("Content-Type", "application/json"),), b"{}"), ""),
        (Answer(401, (("Content-Type", "text/event-stream"),)), ""),
        (Answer(426, (("Upgrade", "websocket"),)), "websocket"),
        (Answer(400, (), b'Can "Upgrade" only to "WebSocket".'), "websocket"),
        (Answer(400, (("Sec-WebSocket-Version", "13"),), b"Bad Request"), "websocket"),
        (Answer(400, (), b'{"error": "title is required"}'), ""),
        (Answer(404, (), b"upgrade your plan"), ""),
        (None, ""),
    ],
)
def test_what_an_answer_says(answer: Answer | None, stream: str) -> None:
    assert learnt(PLAIN, answer) == stream


def test_what_is_known_is_not_learnt_again() -> None:
    known = Endpoint(method="GET", path="/live", origin="http://a.test", stream="events")
    assert learnt(known, Answer(426, (("Upgrade", "websocket"),))) == ""


def test_subscriptions_without_a_handshake_come_as_events() -> None:
    field = Field(kind="subscription", name="sent", document="subscription sent { sent }")
    asked = Endpoint(method="GET", path="/sent", origin="http://a.test", field=field, stream="websocket")
    assert learnt(asked, Answer(405)) == learnt(asked, Answer(400, (), b"GET query missing.")) == "events"
    assert learnt(asked, Answer(401)) == learnt(asked, Answer(101)) == learnt(asked, None) == ""


def test_exploration_keeps_what_it_learnt(api, serve):
    async def live(request):
        return Response(b"data: {}\n\n", media_type="text/event-stream")

    async def socket(request):
        return JSONResponse({"error": "upgrade required"}, 426, {"Upgrade": "websocket"})

    api.add("/live", {"get": {}}, live)
    api.add("/socket", {"get": {}}, socket)
    knowledge = serve(api).run().knowledge
    streams = {endpoint.path: endpoint.stream for endpoint in knowledge.endpoints.values()}
    assert streams["/live"] == "events" and streams["/socket"] == "websocket" and streams["/me"] == ""
    listened = next(sample for sample in knowledge.samples if sample.endpoint.endswith("/live"))
    assert listened.exchange.request.listen is not None
