from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.call import opened
from gatewright.model.http import Exchange, Request
from gatewright.report.curl import curl, quoted


def line(request: Request, account: str = "anon") -> str:
    return curl(Exchange(1, request, None, account))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request("GET", "http://h:1", "/a/../b"), "curl -i --path-as-is -g http://h:1/a/../b"),
        (Request("GET", "http://h", "/?q=[1]&x='y"), "curl -i --path-as-is -g 'http://h/?q=[1]&x='\\''y'"),
        (Request("HEAD", "http://h", "/"), "curl -i --path-as-is -g --head http://h/"),
        (Request("DELETE", "http://h", "/a"), "curl -i --path-as-is -g -X DELETE http://h/a"),
        (
            Request("POST", "http://h", "/a", (("Content-Type", "application/json"),), b'{"a":1}'),
            "curl -i --path-as-is -g http://h/a -H 'Content-Type: application/json' --data-raw '{\"a\":1}'",
        ),
        (
            Request("PUT", "http://h", "/a", (("X-E", ""),), b"x"),
            "curl -i --path-as-is -g -X PUT http://h/a -H 'X-E;' -H 'Content-Type:' --data-raw x",
        ),
        (
            Request(
                "POST", "http://h", "/a", (("Content-Type", "b/c"), ("Host", "h"), ("Content-Length", "2")), b"\xff\x00"
            ),
            "printf '\\377\\000' | curl -i --path-as-is -g http://h/a -H 'Content-Type: b/c' --data-binary @-",
        ),
    ],
)
def test_lines(request_: Request, expected: str) -> None:
    assert line(request_) == expected


def test_a_secret_becomes_a_variable_between_double_quotes(make_exchange: Callable[..., Exchange]) -> None:
    masked = Exchange(
        1, Request("GET", "http://h", "/", (("Authorization", "Bearer <secret 9 chars #12ab>"),)), None, "al-1"
    )
    assert curl(masked).endswith("-H 'Authorization: Bearer '\"$GW_TOKEN_AL_1\"")


@given(st.text(alphabet=st.characters(exclude_characters="«»\0", exclude_categories=["Cs"])))
def test_any_text_is_one_word_for_a_shell(text: str) -> None:
    assert shlex.split(quoted(text)) == [text]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GW_TOKEN_BOB", "Bearer aa.bb.cc"),
        ("jwt GW_TOKEN_BOB|eyJx|.", "Bearer eyJx.bb."),
        ("jwt GW_TOKEN_BOB||.AAA", "Bearer aa.bb.AAA"),
    ],
)
def test_a_shell_makes_a_forged_token_of_the_variable(name: str, expected: str) -> None:
    word = quoted(f"Bearer «{name}»")
    environ = {"PATH": os.environ["PATH"], "GW_TOKEN_BOB": "aa.bb.cc"}
    found = subprocess.run(["sh", "-c", f"printf %s {word}"], env=environ, capture_output=True, text=True, check=True)
    assert found.stdout == expected


def test_curl_signs_shows_certificates_and_listens() -> None:
    scope = "AKBOB/20261124/eu-north-1/clinic/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=<secret 9 chars #aaaa>"
    signed = Request("GET", "http://h", "/a", (("X-Amz-Date", "1"), ("Authorization", value)))
    assert line(signed, "bob") == (
        'curl -i --path-as-is -g --aws-sigv4 aws:amz:eu-north-1:clinic --user AKBOB:"$GW_TOKEN_BOB" http://h/a'
    )
    shown = Request("GET", "https://h", "/a", certificate="bob.pem")
    assert line(shown, "bob") == 'curl -i --path-as-is -g --cert "$GW_TOKEN_BOB" https://h/a'
    stream = Exchange(1, opened(Request("GET", "http://h", "/live"), "events"), None)
    found = curl(stream, meanwhile=Exchange(2, Request("DELETE", "http://h", "/a"), None))
    assert found.startswith("(sleep 1; curl -i --path-as-is -g -X DELETE http://h/a) & curl ")
    assert "-N --http1.1 --max-time 10 http://h/live -H 'Accept: text/event-stream'" in found
