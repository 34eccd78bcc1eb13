"""How long specifications and traffic take to read: `python -m benchmarks.sources`. Seconds, best of three.

The 1,000 endpoints have what real ones have: parameters, a body, two answers, security, references to 300 components
that refer to each other. The exchanges are of 200 endpoints with small JSON bodies.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import yaml

from gatewright.inventory.collect import collect
from gatewright.inventory.specification import to_specification
from gatewright.sources.har import exchanges
from gatewright.sources.openapi import parse
from gatewright.sources.problems import Problems


def specification(endpoints: int) -> dict[str, object]:
    def ref(number: int) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/Thing{number % 300}"}

    def operation(number: int) -> dict[str, object]:
        return {
            "operationId": f"op{number}",
            "tags": ["things"],
            "security": [{"token": []}],
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
            ],
            "requestBody": {"content": {"application/json": {"schema": ref(number), "example": {"name": "x"}}}},
            "responses": {
                "200": {"description": "ok", "content": {"application/json": {"schema": ref(number + 1)}}},
                "404": {"description": "no"},
            },
        }

    things = {
        f"Thing{n}": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer", "readOnly": True},
                "name": {"type": "string", "maxLength": 80, "example": "x"},
                "state": {"type": "string", "enum": ["open", "closed"]},
                "next": ref(n + 1),
                "parts": {"type": "array", "items": ref(n + 7)},
            },
        }
        for n in range(300)
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "bench", "version": "1"},
        "paths": {f"/things{n}/{{id}}": {"post": operation(n)} for n in range(endpoints)},
        "components": {"schemas": things, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def archive(count: int) -> bytes:
    def entry(number: int) -> dict[str, object]:
        headers = [
            {"name": "Content-Type", "value": "application/json"},
            {"name": "Authorization", "value": "Bearer x"},
        ]
        return {
            "startedDateTime": "2024-05-01T10:00:00Z",
            "time": 12,
            "request": {
                "method": "POST",
                "url": f"http://127.0.0.1:5000/things{number % 200}/{number}?page={number % 9}",
                "headers": headers,
                "postData": {
                    "mimeType": "application/json",
                    "text": json.dumps({"name": f"n{number}", "count": number}),
                },
            },
            "response": {
                "status": 200,
                "headers": headers,
                "content": {"text": json.dumps({"id": number, "tags": ["a"]})},
            },
        }

    return json.dumps({"log": {"entries": [entry(number) for number in range(count)]}}).encode()


def best(run: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.perf_counter()
        run()
        return time.perf_counter() - begun

    return min(once() for _ in range(3))


def main() -> None:
    document = specification(1000)
    as_json = json.dumps(document, indent=2).encode()
    as_yaml = yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)).encode()
    traffic = archive(20_000)
    rows = [
        ("1,000 endpoints, JSON", len(as_json), best(lambda: parse(as_json, source="x"))),
        ("1,000 endpoints, YAML", len(as_yaml), best(lambda: parse(as_yaml, source="x"))),
        (
            "20,000 exchanges, HAR",
            len(traffic),
            best(lambda: list(exchanges(traffic, source="x", problems=Problems()))),
        ),
    ]
    read = list(exchanges(traffic, source="x", problems=Problems()))
    rows.append(
        ("20,000 exchanges → inventory", len(traffic), best(lambda: to_specification(collect(read), source="x")))
    )
    for name, size, seconds in rows:
        print(f"{name:30} {size / 1e6:6.1f} MB {seconds:7.2f} s")


if __name__ == "__main__":
    main()
