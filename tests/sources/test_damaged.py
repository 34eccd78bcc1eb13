"""Damaged inputs, a row each: what is usable is used, the rest is told with a code; nothing raises or hangs."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatewright.model.errors import SourceError
from gatewright.sources.har import exchanges
from gatewright.sources.openapi import parse
from gatewright.sources.problems import Problems

SPECS = Path(__file__).parent / "specs"
FERRY = (SPECS / "ferry-3.0.yaml").read_bytes()
LENDING = (SPECS / "lending-2.0.yaml").read_bytes()
SENSORS = (SPECS / "sensors-3.1.json").read_bytes()
LIMIT = 20.0
"""Seconds: far above what any row needs, far below a hang."""


def sensors(change: Callable[[Any], object]) -> bytes:
    document = json.loads(SENSORS)
    change(document)
    return json.dumps(document).encode()


def schemas(**added: Any) -> bytes:
    return sensors(lambda document: document["components"]["schemas"].update(added))


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def deep(levels: int, key: str = "items") -> Any:
    value: Any = {"type": "string"}
    for _ in range(levels):
        value = {key: value}
    return value


BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n".encode() for n in range(1, 12)
)
COUNT = len(parse(SENSORS, source="x").endpoints)

SPECIFICATIONS: list[tuple[str, bytes, int | str]] = [
    # name, bytes, endpoints that must still be there or the code of the refusal
    ("empty", b"", "GW-S003"),
    ("blanks", b" \n\t\n", "GW-S003"),
    ("a zero byte", b"\0", "GW-S002"),
    ("an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "GW-S002"),
    ("compressed", gzip.compress(SENSORS), "GW-S002"),
    ("a web page", b"<!DOCTYPE html><html><body>openapi</body></html>", "GW-S003"),
    ("an array", b"[" + SENSORS + b"]", "GW-S003"),
    ("a string", json.dumps(SENSORS.decode()).encode(), "GW-S003"),
    ("json cut in half", SENSORS[: len(SENSORS) // 2], 3),
    ("json without its end", SENSORS.rstrip()[:-1], COUNT),
    ("json with its end twice", SENSORS.rstrip() + b"}", COUNT),
    ("yaml cut in half", FERRY[: len(FERRY) // 2], 4),
    ("yaml cut within brackets", FERRY[: FERRY.index(b"[ULS") + 5], 6),
    ("json broken in its middle", SENSORS.replace(b'"post": {', b'"post" {', 1), "GW-S002"),
    ("yaml broken in its middle", FERRY.replace(b"operationId: book\n", b"operationId: [book\n"), "GW-S002"),
    ("yaml with a lost indent", FERRY.replace(b"    get:\n      operationId: readBooking", b"   get:\n      operationId: readBooking"), "GW-S002"),
    ("yaml with tabs", LENDING.replace(b"\n  ", b"\n\t"), 5),
    ("windows line ends", FERRY.replace(b"\n", b"\r\n"), 6),
    ("old mac line ends", LENDING.replace(b"\n", b"\r"), 5),
    ("latin-1", LENDING.replace(b"Lending desk", "Bücherei".encode("latin-1")), 5),
    ("utf-16", LENDING.decode().encode("utf-16"), 5),
    ("utf-8 with a mark", b"\xef\xbb\xbf" + SENSORS, COUNT),
    ("trailing commas", SENSORS.replace(b'"tags": ["readings"],', b'"tags": ["readings",],'), COUNT),
    ("comments in json", SENSORS.replace(b'"paths": {', b'"paths": { # all of them\n'), COUNT),
    ("version as a number", SENSORS.replace(b'"3.1.0"', b"3.1"), COUNT),
    ("no version", SENSORS.replace(b'"openapi"', b'"opneapi"'), "GW-S003"),
    ("a version of the future", SENSORS.replace(b'"3.1.0"', b'"4.0.0"'), "GW-S005"),
    ("swagger 1.2", b'{"swaggerVersion": "1.2", "swagger": "1.2", "apis": []}', "GW-S005"),
    ("no paths", sensors(lambda d: d.pop("paths")), 0),
    ("paths a list", sensors(lambda d: d.update(paths=[d["paths"]])), 0),
    ("components a string", sensors(lambda d: d.update(components="none")), COUNT),
    ("servers an object", sensors(lambda d: d.update(servers={"url": "/"})), COUNT),
    ("parameters an object", sensors(lambda d: d["paths"]["/token"]["post"].update(parameters={"a": {}})), COUNT),
    ("a method that is a list", sensors(lambda d: d["paths"]["/token"].update(post=[])), COUNT - 1),
    ("a schema that is its own parent", schemas(Reading={"allOf": [ref("Reading")]}), COUNT),
    ("schemas in a circle of references", schemas(Reading=ref("Body_login"), Body_login=ref("Reading")), COUNT),
    ("a reference to the whole document", schemas(Reading={"$ref": "#"}), COUNT),
    ("a reference to itself", schemas(Reading=ref("Reading")), COUNT),
    ("a reference into a string", schemas(Reading={"$ref": "#/info/title/x"}), COUNT),
    ("a reference that is no address", schemas(Reading={"$ref": "http://[::1"}), COUNT),
    ("nested arrays without end", schemas(Reading=deep(150)), COUNT),
    ("deeper than any reader", b'{"openapi": "3.0.0", "x": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"}", "GW-S002"),
    ("yaml deeper than any reader", b"openapi: 3.0.0\nx: " + b"[" * 200_000, "GW-S002"),
    ("aliases that multiply", b"openapi: 3.0.0\n" + BOMB, "GW-S002"),
    ("an alias within its anchor", b"openapi: 3.0.0\npaths: &p\n  /a: {get: {x-a: *p}}\n", 1),
    ("schemas that multiply", schemas(**{f"M{n}": {"properties": {f"p{i}": ref(f"M{n + 1}") for i in range(9)}} for n in range(30)}), COUNT),
    ("alternatives that multiply", schemas(**{f"O{n}": {"oneOf": [ref(f"O{n + 1}")] * 8, "anyOf": [ref(f"O{n + 1}")] * 8} for n in range(12)}), COUNT),
    ("parents that multiply", schemas(**{f"P{n}": {"allOf": [ref(f"P{n + 1}"), {"properties": {f"x{n}": ref(f"P{n + 1}")}}, ref(f"P{n + 1}")]} for n in range(25)}), COUNT),
    ("twenty thousand paths", b'{"openapi": "3.0.0", "paths": {' + b",".join(b'"/p%d": {"get": {}}' % n for n in range(20_000)) + b"}}", 20_000),
    ("ten thousand faults", b'{"openapi": "3.0.0", "paths": {' + b",".join(b'"p%d": 7' % n for n in range(10_000)) + b"}}", 0),
    ("a number of a million digits", SENSORS.replace(b'"maximum": 500', b'"maximum": ' + b"9" * 1_000_000), COUNT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"), [row[1:] for row in SPECIFICATIONS], ids=[row[0] for row in SPECIFICATIONS]
)
def test_specifications(data: bytes, expected: int | str) -> None:
    begun = time.perf_counter()
    try:
        spec = parse(data, source="api.json")
    except SourceError as error:
        assert error.code == expected and error.where.startswith("api.json") and error.help
    else:
        assert len(spec.endpoints) == expected
        assert all(
            problem.where.startswith("api.json") and problem.code.startswith("GW-S0") for problem in spec.problems
        )
    assert time.perf_counter() - begun < LIMIT


ENTRY = {
    "request": {"method": "GET", "url": "http://a.test/x", "headers": []},
    "response": {"status": 200, "headers": [], "content": {"text": "x"}},
}
HAR = json.dumps({"log": {"version": "1.2", "entries": [ENTRY] * 10}}).encode()


def entries(*made: Any) -> bytes:
    return json.dumps({"log": {"entries": list(made)}}).encode()


def changed(side: str, **values: Any) -> dict[str, Any]:
    return {**ENTRY, side: {**ENTRY[side], **values}}  # type: ignore[dict-item]


ARCHIVES: list[tuple[str, bytes, int | str]] = [
    ("empty", b"", "GW-S003"),
    ("not a har", SENSORS, "GW-S003"),
    ("no entries", b'{"log": {"version": "1.2"}}', "GW-S003"),
    ("entries an object", b'{"log": {"entries": {}}}', "GW-S003"),
    ("cut within an entry", HAR[: len(HAR) // 2], 4),
    ("cut before the first entry ends", HAR[:60], "GW-S002"),
    ("binary", b"\x1f\x8b" + HAR + b"\0\xff", "GW-S002"),
    ("a byte that is not utf-8", HAR.replace(b'"x"', b'"\xff"'), 10),
    ("with a mark", b"\xef\xbb\xbf" + HAR, 10),
    ("utf-16", HAR.decode().encode("utf-16"), 10),
    ("entries of every kind", entries(None, 1, "x", [], {}, ENTRY), 1),
    ("no method", entries(changed("request", method=None), ENTRY), 1),
    ("a method with blanks", entries(changed("request", method="GET /x HTTP/1.1\r\nHost: b"), ENTRY), 1),
    ("no host", entries(changed("request", url="/x"), changed("request", url="http:///x"), ENTRY), 1),
    ("data and extension addresses", entries(changed("request", url="data:,x"), changed("request", url="chrome-extension://a/b"), ENTRY), 1),
    ("a port that is none", entries(changed("request", url="http://a.test:99999/"), ENTRY), 1),
    ("headers an object", entries(changed("request", headers={"a": "b"})), 1),
    ("a status that is text", entries(changed("response", status="200")), 1),
    ("a response that is a list", entries({**ENTRY, "response": []}), 1),
    ("a body that is an object", entries(changed("response", content={"text": {"a": 1}})), 1),
    ("base64 that is none", entries(changed("response", content={"text": "%%%", "encoding": "base64"})), 1),
    ("lone surrogates", HAR.replace(b'"text": "x"', b'"text": "\\ud800"'), 10),
    ("dates of no calendar", entries({**ENTRY, "startedDateTime": "2024-13-45T99:00:00Z", "time": "soon"}), 1),
    ("a header of a megabyte", entries(changed("request", headers=[{"name": "X", "value": "y" * 1_000_000}])), 1),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in ARCHIVES], ids=[row[0] for row in ARCHIVES])
def test_archives(data: bytes, expected: int | str) -> None:
    begun = time.perf_counter()
    problems = Problems()
    try:
        found = list(exchanges(data, source="traffic.har", problems=problems))
    except SourceError as error:
        assert error.code == expected and error.where.startswith("traffic.har") and error.help
    else:
        assert len(found) == expected
        assert all(problem.where.startswith("traffic.har") for problem in problems.all())
    assert time.perf_counter() - begun < LIMIT
