from __future__ import annotations

import json

import pytest

from gatewright.explore.answers import read
from gatewright.explore.paging import following
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Parameter
from gatewright.model.http import Exchange, Request, Response


def _next(names, body, *, query=None, link=""):
    parameters = tuple(Parameter(name=name, within="query") for name in names)
    endpoint = Endpoint(method="GET", path="/notes", origin="http://h", parameters=parameters)
    headers = (("Link", link),) if link else ()
    reply = read(Exchange(1, Request("GET", "http://h", "/notes"), Response(200, headers, json.dumps(body).encode())))
    found = following(endpoint, Call(endpoint=endpoint.id, query=query or {}), reply)
    return None if found is None else found.query


@pytest.mark.parametrize(
    ("names", "body", "query", "wanted"),
    [
        ((), {"results": [1], "next": "http://h/notes?page=2"}, {}, {"page": "2"}),
        ((), {"items": [1], "_links": {"next": {"href": "/notes?after=x&size=5"}}}, {}, {"after": "x", "size": "5"}),
        (("cursor",), {"items": [1], "nextCursor": "abc"}, {}, {"cursor": "abc"}),
        (("page",), {"items": [1], "page": 1, "total": 9}, {}, {"page": 2}),
        (("page",), {"items": [1], "total": 9}, {"page": 3}, {"page": 4}),
        (("offset", "limit"), {"items": [{"id": 1}, {"id": 2}], "total": 9}, {"limit": 2}, {"limit": 2, "offset": 2}),
        ((), {"items": [1], "total": 9}, {}, None),
        ((), {"next": None, "results": []}, {}, None),
    ],
)
def test_the_next_page(names, body, query, wanted):
    assert _next(names, body, query=query) == wanted


def test_the_link_header_comes_first():
    assert _next(("page",), [1], link='<http://h/notes?page=7>; rel="next", </notes>; rel="prev"') == {"page": "7"}
