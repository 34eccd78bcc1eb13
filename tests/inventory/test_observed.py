from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.inventory.observed import Observed, join, observe
from gatewright.inventory.shape import schema
from gatewright.model.http import Exchange, Headers, Request, Response

JSON_TYPE = ("Content-Type", "application/json; charset=utf-8")


def exchange(
    method: str = "GET",
    target: str = "/notes/7",
    *,
    headers: Headers = (),
    body: bytes = b"",
    status: int | None = 200,
    answer: bytes = b'{"id": 7}',
) -> Exchange:
    request = Request(method, "http://127.0.0.1:5000", target, headers, body)
    return Exchange(1, request, Response(status, (JSON_TYPE,), answer) if status else None)


def test_one_exchange() -> None:
    seen = observe(
        exchange(
            target="/notes/7?q=a&q=b&page=2", headers=(("X-Tenant", "t1"), ("X-Request-Id", "1"), ("Accept", "*/*"))
        )
    )
    assert seen.id == "GET http://127.0.0.1:5000/notes/{noteId}"
    assert seen.statuses == {"200": 1} and seen.paths == ("/notes/7",)
    assert {within: sorted(found) for within, found in seen.parameters.items()} == {
        "path": ["noteId"],
        "query": ["page", "q"],
        "header": ["x-tenant"],
    }
    assert seen.parameters["query"]["q"].kinds == {"array": 1}
    assert schema(seen.answers["200"]["application/json"]).properties["id"].types == ("integer",)
    assert observe(exchange(status=None)).statuses == {"0": 1}
    untold = Exchange(
        1, Request("GET", "http://a.test", "/x"), Response(200, (("Content-Type", "text/plain"),), b"[1]")
    )
    assert observe(untold).answers["200"].keys() == {"application/json"}
    assert observe(exchange()).answers["200"].keys() == {"application/json"}
    told = Exchange(
        1, Request("GET", "http://a.test", "/x"), Response(200, (("Content-Type", "application/hal+json"),), b"[1]")
    )
    assert observe(told).answers["200"].keys() == {"application/hal+json"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), ["none"]),
        ((("Authorization", "Bearer abc"),), ["bearer"]),
        ((("authorization", "Basic abc"),), ["basic"]),
        ((("Authorization", "abc"),), ["header Authorization"]),
        ((("X-API-Key", "abc"),), ["header X-API-Key"]),
        ((("Cookie", "lang=en; connect.sid=1; theme=x"),), ["cookie connect.sid"]),
        ((("Cookie", "lang=en"),), ["none"]),
        ((("X-CSRF-Token", "1"),), ["none"]),
    ],
)
def test_credentials(headers: Headers, expected: list[str]) -> None:
    assert sorted(observe(exchange(headers=headers)).credentials) == expected
    assert observe(exchange(headers=headers, status=403)).credentials == {}


def test_bodies() -> None:
    made = observe(exchange("POST", headers=(JSON_TYPE,), body=b'{"a": 1, "b": {"c": "x"}}'))
    assert schema(made.bodies["application/json"]).properties["b"].properties["c"].types == ("string",)
    assert made.samples == {"application/json": (True, '{"a":1,"b":{"c":"x"}}')}
    assert observe(exchange("POST", headers=(JSON_TYPE,), body=b'{"password": "hunter2"}')).samples == {}
    assert observe(exchange("POST", body=b'{"a": 1}')).bodies.keys() == {"application/json"}
    form = observe(
        exchange("POST", headers=(("Content-Type", "application/x-www-form-urlencoded"),), body=b"a=1&a=2&b=")
    )
    assert sorted(schema(form.bodies["application/x-www-form-urlencoded"]).properties) == ["a", "b"]
    text = b'--zz\r\nContent-Disposition: form-data; name="a"\r\n\r\n12\r\n--zz\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n\0\xff\r\n--zz--\r\n'
    parts = schema(
        observe(exchange("POST", headers=(("Content-Type", "multipart/form-data; boundary=zz"),), body=text)).bodies[
            "multipart/form-data"
        ]
    )
    assert parts.properties["a"].types == ("integer",) and parts.properties["f"].format == "binary"
    assert observe(exchange("POST", headers=(("Content-Type", "image/png"),), body=b"\0")).bodies.keys() == {
        "image/png"
    }
    assert observe(exchange("POST", headers=(JSON_TYPE,), body=b"{broken")).bodies.keys() == {"application/json"}


def test_the_sample_is_an_accepted_one() -> None:
    refused = observe(exchange("POST", headers=(JSON_TYPE,), body=b"{}", status=400))
    accepted = observe(exchange("POST", headers=(JSON_TYPE,), body=b'{"a":1}'))
    assert join(refused, accepted).samples == join(accepted, refused).samples == {"application/json": (True, '{"a":1}')}


BODIES = st.dictionaries(
    st.sampled_from(["a", "b", "password"]),
    st.integers() | st.text(max_size=3) | st.lists(st.booleans(), max_size=2),
    max_size=3,
)
SEEN = st.builds(
    lambda note, query, body, status, token: observe(
        exchange(
            "POST",
            f"/notes/{note}?{query}",
            headers=(JSON_TYPE, *((("Authorization", "Bearer x"),) if token else ())),
            body=json.dumps(body).encode(),
            status=status,
            answer=json.dumps(body).encode(),
        )
    ),
    st.integers(0, 10**6),
    st.sampled_from(["", "a=1", "a=x&b=2", "a=1&a=2"]),
    BODIES,
    st.sampled_from([200, 201, 400, None]),
    st.booleans(),
)


@given(SEEN, SEEN, SEEN)
def test_join_is_associative_and_commutative(a: Observed, b: Observed, c: Observed) -> None:
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))


@given(
    st.binary(max_size=60),
    st.sampled_from(
        [
            "application/json",
            "multipart/form-data; boundary=zz",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "",
        ]
    ),
    st.text(alphabet=st.characters(max_codepoint=255), max_size=30),
)
def test_any_exchange_is_observed(body: bytes, kind: str, target: str) -> None:
    assert observe(exchange("POST", "/" + target, headers=(("Content-Type", kind),), body=body, answer=body)).count == 1
