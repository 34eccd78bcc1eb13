from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.model.endpoint import Place, Specification
from gatewright.model.errors import SourceError, WireError
from gatewright.sources.openapi import load, parse

NOTES: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1.2"},
    "servers": [{"url": "http://127.0.0.1:5000/api/{v}/", "variables": {"v": {"default": "v1"}}}],
    "security": [{"token": []}],
    "paths": {
        "/notes/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "operationId": "readNote",
                "responses": {
                    "200": {
                        "description": "it",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
                    }
                },
            },
            "delete": {"security": [], "responses": {"204": {"description": "gone"}}},
        }
    },
    "components": {
        "parameters": {
            "Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "example": 7}}
        },
        "schemas": {
            "Note": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string"},
                    "replies": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
                },
            }
        },
        "securitySchemes": {"token": {"type": "http", "scheme": "Bearer"}},
    },
}


def read(document: object) -> Specification:
    return parse(json.dumps(document).encode(), source="notes.json")


def test_a_whole_document() -> None:
    spec = read(NOTES)
    assert (spec.dialect, spec.title, spec.version, spec.problems) == ("openapi 3.0", "Notes", "1.2", ())
    assert spec.servers == ("http://127.0.0.1:5000/api/v1/",)
    get, delete = spec.endpoints
    assert get.id == "GET http://127.0.0.1:5000/api/v1/notes/{id}"
    assert get.parameters[0].place == Place("path", "id")
    assert get.parameters[0].schema.examples == (7,)
    assert get.secured and not delete.secured and delete.security == ()
    assert spec.schemes["token"].scheme == "bearer"
    note = get.answers[0].schema
    assert note is not None and note.ref == "Note" and note.properties["replies"].items is not None
    assert spec.resolve(note.properties["replies"].items) == note
    assert get.source == "notes.json:1"


def test_a_source_that_is_a_url_gives_the_origin() -> None:
    spec = parse(
        json.dumps({**NOTES, "servers": [{"url": "/v2"}]}).encode(), source="https://api.test/docs/openapi.json"
    )
    assert (spec.endpoints[0].origin, spec.endpoints[0].base) == ("https://api.test", "/v2")
    spec = parse(json.dumps({**NOTES, "servers": []}).encode(), source="https://api.test/docs/openapi.json")
    assert (spec.endpoints[0].origin, spec.endpoints[0].base, spec.servers) == ("https://api.test", "", ())
    spec = parse(json.dumps({**NOTES, "servers": [{"url": "v2"}]}).encode(), source="openapi.json")
    assert (spec.endpoints[0].origin, spec.endpoints[0].base) == ("", "/v2")


def split(document: dict[str, Any], reference: str) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(document))
    answer = changed["paths"]["/notes/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"]["$ref"] = reference
    return changed


def test_references_to_other_files(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(split(NOTES, "parts/note.yaml#/Note")), encoding="utf-8")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "note.yaml").write_text(
        "Note:\n  properties:\n    owner: {$ref: '../person.yaml'}\n    next: {$ref: '#/Note'}\n", encoding="utf-8"
    )
    (tmp_path / "person.yaml").write_text("type: string\n", encoding="utf-8")
    spec = asyncio.run(load(str(tmp_path / "openapi.json")))
    assert spec.problems == ()
    schema = spec.endpoints[0].answers[0].schema
    assert schema is not None and schema.properties["owner"].types == ("string",)
    assert spec.resolve(schema.properties["next"]) == schema


def test_remote_references_come_from_the_same_host_only() -> None:
    asked: list[str] = []
    documents = {
        "https://api.test/docs/openapi.json": split(NOTES, "note.json"),
        "https://api.test/docs/note.json": {
            "properties": {"a": {"$ref": "https://evil.test/a.json"}, "b": {"$ref": "https://api.test:444/"}}
        },
    }

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return json.dumps(documents[url]).encode()

    spec = asyncio.run(load("https://api.test/docs/openapi.json", fetch=fetch))
    assert asked == list(documents)
    schema = spec.endpoints[0].answers[0].schema
    assert schema is not None and set(schema.properties) == {"a", "b"}
    assert [problem.code for problem in spec.problems] == ["GW-S022", "GW-S022"]


def test_a_file_fetches_nothing() -> None:
    spec = read(split(NOTES, "https://evil.test/a.json"))
    assert [(p.code, p.where) for p in spec.problems] == [("GW-S022", spec.problems[0].where)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "GW-S003"),
        (b"[]", "GW-S003"),
        (b"{}", "GW-S003"),
        (b'{"openapi": []}', "GW-S003"),
        (b'{"swagger": "1.2"}', "GW-S005"),
        (b'{"openapi": "4.0"}', "GW-S005"),
        (b'{"openapi": "3.0.0", "paths": {', "GW-S002"),
        (b"<!doctype html><p>", "GW-S003"),
        (b"\x89PNG\r\n\x1a\n\0\0", "GW-S002"),
        (b"[" * 100_000, "GW-S002"),
        (b"- " * 100_000, "GW-S002"),
    ],
)
def test_unusable_documents(data: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(data, source="x")
    assert caught.value.code == code and caught.value.help and caught.value.where


def test_a_file_or_url_that_cannot_be_read(tmp_path: Path) -> None:
    async def refused(url: str) -> bytes:
        raise WireError("no connection", code="GW-W001", where=url)

    for source, fetch, code in [
        (str(tmp_path / "absent.json"), None, "GW-S001"),
        (str(tmp_path), None, "GW-S001"),
        ("http://127.0.0.1:1/x", None, "GW-S006"),
        ("http://127.0.0.1:1/x", refused, "GW-S006"),
    ]:
        with pytest.raises(SourceError) as caught:
            asyncio.run(load(source, fetch=fetch))
        assert caught.value.code == code and caught.value.where == source
