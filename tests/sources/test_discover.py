from __future__ import annotations

import asyncio
import json

import pytest

from gatewright.model.errors import BudgetError, GatewrightError, SourceError, TargetError, WireError
from gatewright.sources.discover import MOST_LINKS, MOST_PLACES, discover

SPEC = json.dumps({"openapi": "3.0.0", "info": {}, "paths": {}}).encode()
HOST = "http://api.test:8080"


class Site:
    """A host as a table of paths, and the addresses that were asked for."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        page = self.pages.get(url.removeprefix(HOST))
        if page is None:
            raise SourceError("404", code="GW-S006", where=url)
        return page

    def find(self, path: str) -> str:
        return asyncio.run(discover(HOST + path, fetch=self.fetch)).removeprefix(HOST)


@pytest.mark.parametrize(
    ("start", "pages", "found"),
    [
        ("/x.yaml", {"/x.yaml": b"swagger: '2.0'\n"}, "/x.yaml"),
        (
            "/docs",
            {"/docs": b'<redoc spec-url="/a/spec.json?v=1&amp;w=2"></redoc>', "/a/spec.json?v=1&w=2": SPEC},
            "/a/spec.json?v=1&w=2",
        ),
        (
            "/docs",
            {
                "/docs": b"<script>SwaggerUIBundle({\n url: '/openapi/hidden',\n dom_id: 1})</script>",
                "/openapi/hidden": SPEC,
            },
            "/openapi/hidden",
        ),
        (
            "/docs/",
            {
                "/docs/": b'<script src="./swagger-initializer.js" charset="UTF-8">',
                "/docs/swagger-initializer.js": b'window.ui = SwaggerUIBundle({url: "../real.json"})',
                "/real.json": SPEC,
            },
            "/real.json",
        ),
        (
            "/ui/index.html",
            {
                "/ui/index.html": b'<script>ui({"configUrl": "/v9/swagger-config"})',
                "/v9/swagger-config": b'{"urls":[{"url":"/v9/group","name":"a"}]}',
                "/v9/group": SPEC,
            },
            "/v9/group",
        ),
        (
            "",
            {
                "": b'<a href="/docs">Documentation</a>',
                "/docs": b'<script id="api-reference" data-url="/d.yaml">',
                "/d.yaml": b"openapi: 3.1.0\n",
            },
            "/d.yaml",
        ),
        (
            "/ui/",
            {
                "/ui/": b'<script src="swagger-ui-init.js">',
                "/ui/swagger-ui-init.js": b'let options = {"swaggerDoc": ' + SPEC + b"}",
            },
            "/ui/swagger-ui-init.js",
        ),
        (
            "/docs",
            {
                "/docs": b'<script src="swagger-initializer.js">',
                "/docs/swagger-initializer.js": b'ui({url: "/s"})',
                "/s": SPEC,
            },
            "/s",
        ),
        ("/", {"/openapi.json": SPEC}, "/openapi.json"),
        ("/", {"/": b'{"hello": "world"}', "/v3/api-docs": SPEC}, "/v3/api-docs"),
        ("/shop/v2/", {"/shop/v2/swagger.json": SPEC, "/openapi.json": SPEC}, "/shop/v2/swagger.json"),
        ("/shop/v2/docs", {"/shop/v2/openapi.json": SPEC}, "/shop/v2/openapi.json"),
    ],
)
def test_found(start: str, pages: dict[str, bytes], found: str) -> None:
    assert Site(pages).find(start) == found


def test_other_hosts_are_never_asked() -> None:
    page = b"""<script src="https://cdn.test/swagger.js"></script> <a href="http://api.test:8081/openapi.json">
        <script>ui({url: "https://petstore.test/v2/swagger.json"})</script> <a href="//evil.test/docs"> <a href="file:///etc/openapi.json">
        <a href="http://[/docs">"""
    site = Site({"/": page, "/swagger.json": SPEC})
    assert site.find("/") == "/swagger.json"
    assert all(url.startswith(HOST + "/") for url in site.asked)


def test_nothing_found_says_what_was_tried() -> None:
    links = "".join(f'<a href="/docs/{n}">' for n in range(500)).encode()
    site = Site({"/": links, **{f"/docs/{n}": links for n in range(500)}})
    with pytest.raises(SourceError) as caught:
        site.find("/")
    assert caught.value.code == "GW-S007" and caught.value.exit_code == 2
    assert len(site.asked) <= 1 + MOST_LINKS + MOST_PLACES
    assert len(site.asked) == len(set(site.asked))
    assert all(url in caught.value.help for url in site.asked)


@pytest.mark.parametrize(("error", "raised"), [(WireError, SourceError), (TargetError, TargetError)])
def test_a_host_that_does_not_answer_is_asked_once(error: type[WireError], raised: type[GatewrightError]) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        raise error("no connection", code="GW-S006")

    with pytest.raises(raised) as caught:
        asyncio.run(discover(HOST, fetch=fetch))
    assert caught.value.code == "GW-S006" and asked == [HOST]


def test_a_refused_address_is_one_that_was_tried() -> None:
    async def fetch(url: str) -> bytes:
        raise BudgetError("spent", code="GW-W002")

    with pytest.raises(SourceError) as caught:
        asyncio.run(discover(HOST, fetch=fetch))
    assert caught.value.code == "GW-S007"
