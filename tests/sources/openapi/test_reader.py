from __future__ import annotations

import asyncio
import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.endpoint import Place, Specification
from gatewright.model.errors import SourceError, WireError
from gatewright.sources.openapi import load, parse
from gatewright.sources.openapi.reader import is_specification
from gatewright.sources.openapi.schema_merge import is_cut

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
    assert [problem.code for problem in spec.problems] == ["GW-S042", "GW-S042"]


def test_a_file_fetches_nothing() -> None:
    spec = read(split(NOTES, "https://evil.test/a.json"))
    assert [(p.code, p.where) for p in spec.problems] == [("GW-S042", spec.problems[0].where)]


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


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def corpus_documents(corpus: Path) -> Iterator[tuple[str, bytes]]:
    yield "crapi-openapi.json", (corpus / "specs" / "crapi-openapi.json").read_bytes()
    with tarfile.open(corpus / "specs" / "openapi-3.1.tar.gz") as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, content.read()


def walked(document: Any) -> Counter[str]:
    """What a document has, counted by a plain walk that shares nothing with the code under test."""

    def at(value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            target = document
            for part in unquote(value["$ref"]).removeprefix("#/").split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                target = target[int(key) if isinstance(target, list) else key]
            value = target
        return value

    def operation(found: dict[str, Any], item: dict[str, Any], counts: Counter[str]) -> None:
        both = [at(p) for p in item.get("parameters", []) + found.get("parameters", [])]
        counts["parameters"] += len({(p["name"], p["in"]) for p in both})
        counts["bodies"] += len(at(found.get("requestBody", {})).get("content", {}))
        for response in found.get("responses", {}).values():
            counts["answers"] += max(1, len(at(response).get("content", {})))
            counts["links"] += max(1, len(at(response).get("content", {}))) * len(at(response).get("links", {}))
        counts["secured"] += bool(found.get("security", document.get("security")))
        counts["operations"] += "operationId" in found
        counts["extensions"] += sum(key.startswith("x-") for key in found)

    counts: Counter[str] = Counter()
    for path in document.get("paths", {}).values():
        for method in METHODS:
            if method in path:
                counts["endpoints"] += 1
                operation(path[method], path, counts)
                for callback in path[method].get("callbacks", {}).values():
                    for target in at(callback).values():
                        counts["callbacks"] += sum(method in target for method in METHODS)
    for hooks in (document.get("webhooks", {}), document.get("x-webhooks", {})):
        counts["callbacks"] += sum(method in at(item) for item in hooks.values() for method in METHODS)
    components = document.get("components", {})
    counts["schemes"] = len(components.get("securitySchemes", {}))
    counts["schemas"] = len(components.get("schemas", {}))
    counts["servers"] = len({server["url"] for server in document.get("servers", [])})
    counts["properties"] = sum(
        len(s.get("properties", {})) for s in components.get("schemas", {}).values() if "allOf" not in s
    )
    return counts


def counted(spec: Specification, document: Any) -> Counter[str]:
    """The same of what was read."""
    counts: Counter[str] = Counter(
        endpoints=len(spec.endpoints),
        callbacks=len(spec.callbacks),
        schemes=len(spec.schemes),
        servers=len(spec.servers),
    )
    for endpoint in spec.endpoints:
        counts["parameters"] += len(endpoint.parameters)
        counts["bodies"] += len(endpoint.bodies)
        counts["answers"] += len(endpoint.answers)
        counts["links"] += sum(len(answer.links) for answer in endpoint.answers)
        counts["secured"] += bool(endpoint.security)
        counts["operations"] += bool(endpoint.operation)
        counts["extensions"] += len(endpoint.extensions)
    own = document.get("components", {}).get("schemas", {})
    counts["schemas"] = len(spec.schemas.keys() & own.keys())
    counts["properties"] = sum(
        len(spec.schemas[name].properties.keys() & raw.get("properties", {}).keys())
        for name, raw in own.items()
        if "allOf" not in raw
    )
    return counts


def test_every_document_of_the_corpus_loads_with_nothing_lost(corpus: Path) -> None:
    documents, total = 0, Counter[str]()
    for name, data in corpus_documents(corpus):
        spec, document = parse(data, source=name), json.loads(data)
        assert spec.problems == (), name
        assert +counted(spec, document) == +walked(document), name
        documents += 1
        total += walked(document)
    assert documents == 80
    assert total["endpoints"] > 1000 and total["callbacks"] > 90 and total["parameters"] > 1500


def test_json_and_yaml_give_the_same(corpus: Path) -> None:
    data = (corpus / "specs" / "crapi-openapi.json").read_bytes()
    as_yaml = yaml.safe_dump(json.loads(data), sort_keys=False, allow_unicode=True).encode()
    assert same(parse(data, source="x"), parse(as_yaml, source="x"))


def same(one: Specification, other: Specification) -> bool:
    """Whether two specifications are equal but for lines."""

    def bare(spec: Specification) -> Specification:
        import msgspec

        def unlined(endpoints: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(msgspec.structs.replace(endpoint, source="") for endpoint in endpoints)

        return msgspec.structs.replace(
            spec,
            endpoints=unlined(spec.endpoints),
            callbacks=unlined(spec.callbacks),
            problems=tuple(sorted((msgspec.structs.replace(p, where="") for p in spec.problems), key=repr)),
        )

    return bare(one) == bare(other)


WORDS = [
    "openapi",
    "swagger",
    "info",
    "title",
    "paths",
    "components",
    "schemas",
    "parameters",
    "responses",
    "content",
    "schema",
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "enum",
    "name",
    "in",
    "required",
    "get",
    "post",
    "/a",
    "/a/{id}",
    "200",
    "default",
    "security",
    "securitySchemes",
    "servers",
    "url",
    "variables",
    "host",
    "basePath",
    "schemes",
    "consumes",
    "produces",
    "definitions",
    "callbacks",
    "webhooks",
    "links",
    "examples",
    "example",
    "application/json",
    "requestBody",
    "additionalProperties",
    "discriminator",
    "propertyName",
    "mapping",
    "headers",
    "description",
    "x-a",
    "minimum",
    "exclusiveMinimum",
    "nullable",
]
VALUES = [
    "#/components/schemas/a",
    "#/paths/~1a/get",
    "#/definitions/a",
    "#",
    "a",
    "object",
    "array",
    "string",
    "path",
    "query",
    "body",
    "formData",
    "header",
    "http",
    "oauth2",
    "apiKey",
    "3.0.0",
    "2.0",
    "{a}",
    "/v1",
    "http://[",
    "https://a.test",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(VALUES)
    | st.text(max_size=5)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Documents that are right at the top and anything below: random keys alone never get past the first level."""
    operation = st.fixed_dictionaries(
        {},
        optional={
            "parameters": inner | st.lists(inner),
            "requestBody": inner,
            "responses": inner,
            "security": inner,
            "callbacks": inner,
        },
    )
    return st.fixed_dictionaries(
        {
            "paths": inner
            | st.dictionaries(
                st.sampled_from(["/a", "/a/{id}", "a?x=1"]), st.fixed_dictionaries({"get": operation | inner})
            )
        },
        optional={
            "components": inner | st.fixed_dictionaries({"schemas": st.dictionaries(st.sampled_from("ab"), inner)}),
            "definitions": inner,
            "servers": inner | st.lists(inner),
            "security": inner,
            "info": inner,
        },
    )


@given(nested(TREES), st.sampled_from([{"openapi": "3.0.1"}, {"openapi": "3.1.0"}, {"swagger": "2.0"}]))
def test_any_document_is_read_or_reported(document: dict[str, Any], version: dict[str, str]) -> None:
    data = json.dumps({**version, **document}).encode()
    spec = parse(data, source="x.json")
    assert all(problem.code.startswith("GW-S0") and problem.where for problem in spec.problems)
    assert not any(is_cut(schema) for schema in spec.schemas.values())  # whoever resolves a name gets on


@given(TREES)
def test_any_json_is_read_or_refused(document: Any) -> None:
    try:
        parse(json.dumps(document).encode(), source="x.json")
    except SourceError as error:
        assert error.code in ("GW-S002", "GW-S003", "GW-S005")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"openapi: 3.0.0\n", b'{"openapi": "3.0.0",'):
        try:
            parse(start + data, source="x")
        except SourceError as error:
            assert error.code.startswith("GW-S00")


@given(nested(TREES))
def test_json_and_yaml_of_a_document_give_the_same(document: dict[str, Any]) -> None:
    whole = {"openapi": "3.1.0", **document}
    as_yaml = yaml.dump(whole, Dumper=Quoting, sort_keys=False, allow_unicode=True, width=10_000).encode(
        "utf-8", "surrogatepass"
    )
    assert same(parse(json.dumps(whole).encode(), source="x"), parse(as_yaml, source="x"))


class Quoting(yaml.SafeDumper):
    """Writes every string in quotes: what is plain follows YAML 1.1 when PyYAML writes, and 1.2 when we read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
Quoting.add_representer(
    float, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", json.dumps(number))
)


def test_what_is_a_specification() -> None:
    for data, yes in [
        (json.dumps(NOTES).encode(), True),
        (b"swagger: '2.0'\npaths: {}\n", True),
        (b'\xef\xbb\xbf{"openapi":"3.1.0"}', True),
        (b'window.onload = function() { let options = {"swaggerDoc": {"openapi": "3.0.0", "paths": {}}, "x": 1}', True),
        (b"<html>openapi: 3</html>", False),
        (b"\n \n" * 300_000 + b"openapi: 3", True),
        (b'{"title": "about openapi"}', False),
        (b'{"openapi": "4.0"}', False),
        (b"", False),
    ]:
        assert is_specification(data) is yes, data


def test_a_document_within_a_script() -> None:
    script = b'let options = {"swaggerDoc": ' + json.dumps(NOTES).encode() + b', "customOptions": {}};'
    assert [endpoint.name for endpoint in parse(script, source="init.js").endpoints] == [
        "GET /notes/{id}",
        "DELETE /notes/{id}",
    ]
