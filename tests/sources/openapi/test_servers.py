from __future__ import annotations

from typing import Any

import pytest

from gatewright.sources.openapi import parse
from gatewright.sources.openapi.servers import split


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("https://API.test/v1/", "", ("https://api.test", "/v1")),
        ("http://a.test:80/", "", ("http://a.test", "")),
        ("http://a.test:8080/x", "", ("http://a.test:8080", "/x")),
        ("http://[::1]:5000", "", ("http://[::1]:5000", "")),
        ("http://u:p@a.test/x", "", ("http://a.test", "/x")),
        ("//a.test/x", "", ("https://a.test", "/x")),
        ("/api", "", ("", "/api")),
        ("api/v1", "", ("", "/api/v1")),
        ("/", "", ("", "")),
        ("/api", "http://a.test:5000/docs/openapi.json", ("http://a.test:5000", "/api")),
        ("./v2", "http://a.test/docs/openapi.json", ("http://a.test", "/docs/v2")),
        ("ftp://a.test/", "", None),
        ("http://", "", None),
        ("http://a.test:x/", "", None),
        ("http://[/", "", None),
    ],
)
def test_origin_and_path(url: str, base: str, expected: tuple[str, str] | None) -> None:
    assert split(url, base=base) == expected


def test_variables(read: Any) -> None:
    servers = [
        {
            "url": "https://{region}.a.test:{port}/{base}",
            "variables": {"region": {"default": "eu"}, "port": {"enum": ["8443", "443"]}, "base": {"default": 2}},
        },
        {"url": "/v1"},
        {"url": "/v1"},
    ]
    assert read({"servers": servers}).servers == ("https://eu.a.test:8443/2", "/v1")


@pytest.mark.parametrize(
    "server",
    [
        {"url": "https://{x}.test"},
        {},
        {"url": "ftp://a"},
        7,
        {"url": ["x"]},
        {"url": "https://{x}.test", "variables": {"x": 7}},
    ],
)
def test_servers_that_cannot_be_used(read: Any, server: object) -> None:
    spec = read({"servers": [server, {"url": "/ok"}]}, problems=2 if server == {"url": ["x"]} else 1)
    assert spec.servers == ("/ok",)


def test_the_nearest_servers_count(read: Any) -> None:
    spec = read(
        {
            "servers": [{"url": "http://root.test/a"}],
            "paths": {
                "/x": {
                    "servers": [{"url": "http://path.test"}],
                    "get": {},
                    "put": {"servers": [{"url": "http://own.test/b/"}]},
                },
                "/y": {"get": {}},
            },
        }
    )
    assert [endpoint.id for endpoint in spec.endpoints] == [
        "GET http://path.test/x",
        "PUT http://own.test/b/x",
        "GET http://root.test/a/y",
    ]


@pytest.mark.parametrize(
    ("document", "source", "servers", "origin"),
    [
        (
            '"host": "a.test", "basePath": "/v1/", "schemes": ["http", "https"]',
            "x",
            ("http://a.test/v1/", "https://a.test/v1/"),
            "http://a.test",
        ),
        ('"host": "a.test"', "x", ("https://a.test",), "https://a.test"),
        ('"host": "localhost:5000"', "x", ("http://localhost:5000",), "http://localhost:5000"),
        ('"host": "a.test", "schemes": ["ws"]', "http://b.test/", ("http://a.test",), "http://a.test"),
        ('"basePath": "/v1"', "x", ("/v1",), ""),
        ('"basePath": "/v1"', "http://b.test/s.json", ("/v1",), "http://b.test"),
        ('"basePath": "v1"', "x", ("/v1",), ""),
        ('"host": "https://a.test"', "x", ("https://a.test",), "https://a.test"),
        ('"host": "a b:c"', "x", (), ""),
        ('"x-a": 1', "x", (), ""),
    ],
)
def test_version_2(document: str, source: str, servers: tuple[str, ...], origin: str) -> None:
    spec = parse(b'{"swagger": "2.0", "paths": {"/a": {"get": {}}}, ' + document.encode() + b"}", source=source)
    assert (spec.servers, spec.endpoints[0].origin) == (servers, origin)
