from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import SourceError
from gatewright.model.http import Exchange, Timing
from gatewright.sources.har import exchanges, is_har
from gatewright.sources.problems import Problems


def entry(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "startedDateTime": "2024-05-01T10:00:00.250Z",
        "time": 120,
        "request": {
            "method": "POST",
            "url": "http://127.0.0.1:5000/notes?x=1#part",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": '{"a":1}'},
        },
        "response": {
            "status": 201,
            "statusText": "Created",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "X-A", "value": "é"}],
            "content": {"mimeType": "application/json", "text": '{"id":7}', "size": 8},
        },
        "timings": {"connect": -1, "send": 1, "wait": 100, "receive": 19},
    }
    for key, value in changes.items():
        made[key] = {**made[key], **value} if isinstance(value, dict) and isinstance(made.get(key), dict) else value
    return made


def har(*entries: object) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}, indent=1).encode()


def read(*entries: object) -> tuple[list[Exchange], Problems]:
    problems = Problems()
    return list(exchanges(har(*entries), source="t.har", problems=problems)), problems


def test_one_entry() -> None:
    (exchange,), problems = read(entry())
    assert problems.all() == ()
    request, response = exchange.request, exchange.response
    assert (request.method, request.origin, request.target, request.body) == (
        "POST",
        "http://127.0.0.1:5000",
        "/notes?x=1",
        b'{"a":1}',
    )
    assert response is not None
    assert (response.status, response.reason, response.body, response.version) == (201, "Created", b'{"id":7}', "1.1")
    assert response.header("x-a") == "é" and not response.truncated
    assert response.timing == Timing(0.0, 0.101, 0.12, reused=True)
    assert exchange.at == 1714557600.25 and exchange.number == 1


def request(**changes: Any) -> Any:
    (exchange,), problems = read(entry(request=changes))
    assert problems.all() == ()
    return exchange.request


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://API.test:443/a/%2e%2e/b", "https://api.test", "/a/%2e%2e/b"),
        ("http://api.test", "http://api.test", "/"),
        ("http://api.test?x=1", "http://api.test", "/?x=1"),
        ("http://[::1]:8080/a b\r\nX: 1/é", "http://[::1]:8080", "/a%20b%0D%0AX:%201/%C3%A9"),
        ("wss://api.test/socket?a={b}", "https://api.test", "/socket?a={b}"),
        ("http://user:pass@api.test/", "http://api.test", "/"),
    ],
)
def test_urls(url: str, origin: str, target: str) -> None:
    made = request(url=url)
    assert (made.origin, made.target) == (origin, target)


def test_bodies() -> None:
    assert (
        request(
            postData={
                "mimeType": "application/octet-stream",
                "text": base64.b64encode(b"\0\xff").decode(),
                "encoding": "base64",
            }
        ).body
        == b"\0\xff"
    )
    form = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "1 2"}, {"name": "b", "value": "ü"}],
    }
    assert request(postData=form).body == b"a=1+2&b=%C3%BC"
    file = {"name": "f", "value": "hello", "fileName": 'x".txt', "contentType": "text/plain"}
    made = request(postData={"mimeType": "multipart/form-data; boundary=zz", "params": [file]})
    boundary = made.header("content-type").partition("boundary=")[2]
    assert made.body.startswith(
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="x%22.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'.encode()
    )
    assert made.body.endswith(f"--{boundary}--\r\n".encode())
    assert request(postData={"mimeType": "text/plain; charset=iso-8859-1", "text": "é"}).body == b"\xe9"
    assert request(postData=None).body == b""


def test_answers() -> None:
    body = base64.b64encode(b"\x89PNG").decode()
    (exchange,), _ = read(entry(response={"content": {"text": body, "encoding": "base64"}}))
    assert exchange.response is not None and exchange.response.body == b"\x89PNG"
    (exchange,), problems = read(entry(response={"content": {"text": "!", "encoding": "base64"}}))
    assert exchange.response is not None and exchange.response.body == b"!" and len(problems.all()) == 1
    (exchange,), _ = read(entry(response={"content": {"size": 999}, "httpVersion": "h2"}))
    assert exchange.response is not None and exchange.response.truncated and exchange.response.version == "2"
    for response in ({"status": 0, "_error": "net::ERR_FAILED"}, {"status": None}):
        (exchange,), _ = read(entry(response=response))
        assert exchange.response is None and exchange.error.startswith("not-recorded: ")
    made = entry()
    del made["response"], made["timings"], made["startedDateTime"]
    (exchange,), problems = read(made)
    assert exchange.response is None and exchange.at == 0.0 and problems.all() == ()


def test_headers_are_lines_without_line_breaks_and_pseudo_headers() -> None:
    lines = [{"name": ":path", "value": "/"}, {"name": "X-A", "value": "1\r\nX-B: 2"}, {"name": "X-C", "value": "→"}]
    assert request(headers=lines).headers == (("X-A", "1 X-B: 2"), ("X-C", "→".encode().decode("latin-1")))


def test_entries_that_cannot_be_used_are_counted() -> None:
    good = entry()
    bad = [
        None,
        7,
        {},
        {"request": {"url": "http://a.test/"}},
        entry(request={"url": "about:blank"}),
        entry(request={"url": "http://[x/"}),
        entry(request={"method": "A B"}),
    ]
    found, problems = read(good, *bad, good)
    assert [exchange.number for exchange in found] == [1, 2]
    assert {problem.code for problem in problems.all()} <= {"GW-S040", "GW-S051"}
    assert len(problems.all()) >= len(bad) - 1
    assert all(problem.where.startswith("t.har:") for problem in problems.all())


def test_a_file_that_is_cut_off_gives_what_came_before() -> None:
    data = har(*[entry()] * 5)
    problems = Problems()
    found = list(exchanges(data[: len(data) * 3 // 5], source="t.har", problems=problems))
    assert 2 <= len(found) <= 3
    (problem,) = problems.all()
    assert problem.code == "GW-S051" and "cut off" in problem.message


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"", b'{"log": {}}', b'{"log": {"entries": 1}}', b'{"log": {"entr', b"\0\0"]
)
def test_what_is_no_har(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        list(exchanges(data, source="t.har", problems=Problems()))
    assert caught.value.help and caught.value.where


def test_what_begins_as_one() -> None:
    assert is_har(har()) and is_har(b"\xef\xbb\xbf\n" + har())
    assert not is_har(b'{"openapi": "3.0.0"}') and not is_har(b"log: {}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "method",
                    "url",
                    "headers",
                    "name",
                    "value",
                    "postData",
                    "text",
                    "params",
                    "status",
                    "content",
                    "encoding",
                    "timings",
                    "wait",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "request": JSON
                | st.fixed_dictionaries(
                    {
                        "method": JSON | st.just("GET"),
                        "url": JSON | st.just("http://a.test/"),
                        "headers": JSON,
                        "postData": JSON,
                    }
                )
            },
            optional={"response": JSON, "time": JSON, "timings": JSON, "startedDateTime": JSON},
        )
        | JSON,
        max_size=4,
    )
)
def test_any_entries_are_read_or_reported(entries: list[Any]) -> None:
    found, problems = read(*entries)
    assert len(problems.all()) >= len([one for one in entries if one is not None]) - len(found)
    for exchange in found:
        assert exchange.request.origin == "http://a.test" and exchange.request.target.startswith("/")


def test_the_files_of_the_corpus_load_with_nothing_lost(corpus: Path) -> None:
    for name, count in (("juiceshop.har", 48), ("restapi_81.har", 81)):
        data = (corpus / "traffic" / name).read_bytes()
        problems = Problems()
        found = list(exchanges(data, source=name, problems=problems))
        raw = json.loads(data)["log"]["entries"]
        assert len(found) == len(raw) == count and problems.all() == ()
        for exchange, plain in zip(found, raw, strict=True):
            assert exchange.request.method == plain["request"]["method"]
            assert exchange.request.url == plain["request"]["url"]
            assert len(exchange.request.headers) == len(plain["request"]["headers"])
            assert exchange.request.body == plain["request"].get("postData", {}).get("text", "").encode()
            assert exchange.response is not None and exchange.response.status == plain["response"]["status"]
            assert exchange.response.body == plain["response"]["content"].get("text", "").encode()
            assert len(exchange.response.headers) == len(plain["response"]["headers"])
