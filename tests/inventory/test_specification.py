from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.inventory.collect import collect
from gatewright.inventory.specification import from_har, to_specification
from gatewright.model.endpoint import Requirement, Scheme, Specification
from gatewright.model.errors import SourceError
from gatewright.model.http import Exchange, Request, Response

JSON_TYPE = ("Content-Type", "application/json")
TOKEN = ("Authorization", "Bearer t")


def seen(
    method: str,
    target: str,
    status: int = 200,
    *,
    body: bytes = b"",
    kind: str = "application/json",
    token: bool = False,
) -> Exchange:
    request = Request(method, "http://a.test", target, (JSON_TYPE, *((TOKEN,) if token else ())), body)
    return Exchange(1, request, Response(status, (("Content-Type", kind),), b'{"id": 1}' if "json" in kind else b"x"))


def read(*made: Exchange) -> Specification:
    return to_specification(collect(made), source="t.har")


def test_endpoints_with_parameters_bodies_and_answers() -> None:
    spec = read(
        seen("GET", "/notes/1?full=true", token=True),
        seen("GET", "/notes/2", token=True),
        seen("POST", "/notes", 201, body=b'{"text": "a", "tag": 1}'),
        seen("POST", "/notes", 400, body=b'{"tag": 1}'),
    )
    post, get = spec.endpoints
    assert (spec.dialect, spec.servers, get.name, get.source) == (
        "har",
        ("http://a.test",),
        "GET /notes/{noteId}",
        "t.har",
    )
    assert [(p.name, p.within, p.required, p.schema.types) for p in get.parameters] == [
        ("noteId", "path", True, ("integer",)),
        ("full", "query", False, ("boolean",)),
    ]
    assert get.parameters[0].schema.examples == (1, 2)
    assert spec.schemes == {"bearer": Scheme(name="bearer", kind="http", scheme="bearer")}
    assert get.security == (Requirement((("bearer", ()),)),) and get.secured
    assert post.security == (Requirement(),) and not post.secured
    assert post.bodies[0].schema.required == ("tag",) and post.bodies[0].required
    assert post.bodies[0].schema.examples == ({"text": "a", "tag": 1},)
    assert [(a.status, a.content_type) for a in post.answers] == [
        ("201", "application/json"),
        ("400", "application/json"),
    ]


def test_security_says_what_was_accepted() -> None:
    both = read(seen("GET", "/a", token=True), seen("GET", "/a"))
    assert both.endpoints[0].security == (Requirement((("bearer", ()),)), Requirement())
    assert read(seen("GET", "/a", 401)).endpoints[0].security is None


def test_what_is_no_endpoint_is_counted() -> None:
    spec = read(
        seen("GET", "/app.js", kind="text/javascript"),
        seen("GET", "/logo", kind="image/png"),
        seen("GET", "/missing", 404),
        seen("OPTIONS", "/notes"),
        seen("GET", "/notes"),
    )
    assert [endpoint.name for endpoint in spec.endpoints] == ["GET /notes"]
    assert len(spec.problems) == 3 and sum(int(problem.message.split()[0]) for problem in spec.problems) == 4


def test_the_corpus_gives_what_was_used(corpus: Path) -> None:
    data = (corpus / "traffic" / "juiceshop.har").read_bytes()
    spec = from_har(data, source="juiceshop.har")
    names = {endpoint.name for endpoint in spec.endpoints}
    assert {"GET /rest/basket/{basketId}", "PUT /rest/products/{productId}/reviews", "POST /rest/user/login"} <= names
    assert "victim123" not in repr(spec) and "eyJ" not in repr(spec)


def test_a_har_file_alone_is_a_specification() -> None:
    spec = from_har(
        b'{"log": {"entries": [{"request": {"method": "GET", "url": "http://a.test/x"}, "response": {"status": 200}}, {}]}}',
        source="t.har",
    )
    assert [endpoint.id for endpoint in spec.endpoints] == ["GET http://a.test/x"]
    assert [problem.code for problem in spec.problems] == ["GW-S051"] and spec.servers == ("http://a.test",)
    with pytest.raises(SourceError):
        from_har(b"{}", source="t.har")


def test_streams_are_told_by_what_traffic_shows() -> None:
    handshake = Request("GET", "http://a.test", "/live", (("Upgrade", "websocket"), ("Sec-WebSocket-Key", "eA==")))
    told = seen("GET", "/feed", kind="text/event-stream")
    spec = read(Exchange(1, handshake, Response(101, (("Upgrade", "websocket"),))), told, seen("GET", "/notes"))
    assert {endpoint.path: endpoint.stream for endpoint in spec.endpoints} == {
        "/live": "websocket",
        "/feed": "events",
        "/notes": "",
    }
