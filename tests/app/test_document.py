from __future__ import annotations

import asyncio
import json
import re
import socket
from pathlib import Path

import pytest
from graphql import build_schema, graphql_sync

from gatewright.app.document import load_specification
from gatewright.model.endpoint import Specification
from gatewright.model.errors import SourceError, TargetError, UsageError
from gatewright.model.settings import Settings

SPEC = json.dumps(
    {
        "openapi": "3.0.0",
        "servers": [{"url": "http://127.0.0.1:9"}],
        "paths": {"/notes/{id}": {"get": {"operationId": "read"}}},
    }
)


def entry(method: str, url: str) -> dict[str, object]:
    return {
        "request": {"method": method, "url": url},
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"text": "{}"},
        },
    }


def load(folder: Path, **files: str) -> Specification:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return asyncio.run(load_specification(Settings(spec=tuple(str(folder / name) for name in files))))


def har(*entries: dict[str, object]) -> str:
    return json.dumps({"log": {"entries": entries}})


def test_a_specification_file(tmp_path: Path) -> None:
    assert [endpoint.operation for endpoint in load(tmp_path, spec=SPEC).endpoints] == ["read"]


def test_of_two_documents_the_first_description_counts(tmp_path: Path) -> None:
    more = json.loads(SPEC)
    more["paths"] = {"/notes/{id}": {"get": {"operationId": "other"}}, "/more": {"get": {}}}
    spec = load(tmp_path, one=SPEC, two=json.dumps(more))
    assert [(endpoint.name, endpoint.operation) for endpoint in spec.endpoints] == [
        ("GET /notes/{id}", "read"),
        ("GET /more", ""),
    ]


def test_a_folder_is_every_document_in_it(tmp_path: Path) -> None:
    more = json.loads(SPEC)
    more["paths"] = {"/more": {"get": {}}}
    for name, text in (("a.json", SPEC), ("b.yaml", json.dumps(more)), ("notes.txt", "no document")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = asyncio.run(load_specification(Settings(spec=(str(tmp_path),))))
    assert [endpoint.name for endpoint in found.endpoints] == ["GET /notes/{id}", "GET /more"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as failed:
        asyncio.run(load_specification(Settings(spec=(str(tmp_path / "empty"),))))
    assert failed.value.code == "GW-U015"


def test_traffic_alone(tmp_path: Path) -> None:
    one, two = (
        har(entry("GET", "http://127.0.0.1:9/notes/1")),
        har(entry("GET", "http://127.0.0.1:9/notes/2"), entry("GET", "http://cdn.test/b"), {}),
    )
    spec = load(tmp_path, one=one, two=two)
    assert spec.servers == ("http://127.0.0.1:9", "http://cdn.test")
    assert [endpoint.name for endpoint in spec.endpoints] == ["GET /notes/{noteId}", "GET /b"]
    assert len(spec.problems) == 1


def test_traffic_beside_a_specification_adds_what_it_does_not_document(tmp_path: Path) -> None:
    traffic = har(entry("GET", "http://127.0.0.1:9/notes/abc"), entry("PUT", "http://127.0.0.1:9/notes/abc"))
    for files in ({"spec": SPEC, "har": traffic}, {"har": traffic, "spec": SPEC}):
        spec = load(tmp_path, **files)
        assert [(endpoint.name, endpoint.source == "traffic") for endpoint in spec.endpoints] == [
            ("GET /notes/{id}", False),
            ("PUT /notes/{id}", True),
        ]


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        asyncio.run(load_specification(Settings()))
    with pytest.raises(SourceError):
        load(tmp_path, broken="{}")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(TargetError) as caught:
            asyncio.run(
                load_specification(Settings(spec=(f"http://127.0.0.1:{unused.getsockname()[1]}/openapi.json",)))
            )
    assert caught.value.exit_code == 3 and caught.value.where


def test_an_api_whose_page_leads_to_its_specification() -> None:
    pages = {
        "/": b'<a href="ui">',
        "/ui": b"redirect",
        "/ui/": b'<redoc spec-url="./spec.json">',
        "/ui/spec.json": SPEC.encode(),
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        page = pages.get(head.split(b" ")[1].decode())
        status, more = ("200 OK", "") if page else ("404 Not Found", "")
        if page == b"redirect":
            status, more = "302 Found", "Location: /ui/\r\n"
        writer.write(
            f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(page or b'')}\r\nConnection: close\r\n\r\n".encode()
            + (page or b"")
        )
        await writer.drain()
        writer.close()

    async def run() -> Specification:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load_specification(Settings(spec=(f"http://127.0.0.1:{port}/",)))

    spec = asyncio.run(run())
    assert [endpoint.operation for endpoint in spec.endpoints] == ["read"]


def test_a_graphql_schema_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "api.graphqls"
    file.write_text("type Query { order(id: ID!): Order } type Order { id: ID! }")
    for source in (file, tmp_path):
        spec = asyncio.run(load_specification(Settings(spec=(str(source),))))
        assert [endpoint.name for endpoint in spec.endpoints] == ["POST /graphql#query.order"]


@pytest.mark.parametrize("start", ["/graphql", "/"])
def test_the_address_of_a_graphql_api_is_enough(start: str) -> None:
    schema = build_schema("type Query { order(id: ID!): Order } type Order { id: ID! }")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        sent = await reader.readexactly(int(length[1])) if length else b""
        page = b""
        if head.startswith("POST /graphql "):
            result = graphql_sync(schema, json.loads(sent)["query"])
            page = json.dumps(result.formatted).encode()
        status = "200 OK" if page else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode() + page)
        await writer.drain()
        writer.close()

    async def run() -> tuple[Specification, int]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load_specification(Settings(spec=(f"http://127.0.0.1:{port}{start}",))), port

    spec, port = asyncio.run(run())
    assert [endpoint.name for endpoint in spec.endpoints] == ["POST /graphql#query.order"]
    assert spec.servers == (f"http://127.0.0.1:{port}",)
