from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gatewright.access.signature import signed
from gatewright.model.account import Credential
from gatewright.model.http import Request
from gatewright.model.secret import Secret

KEY = Credential(
    within="signature",
    name="SigV4",
    value=Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    scope="AKIDEXAMPLE/us-east-1/service",
)
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
"""Key, moment and signatures of the published test suite of Signature Version 4."""


@pytest.mark.parametrize(
    ("method", "target", "signature"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_the_published_vectors(method: str, target: str, signature: str) -> None:
    request = signed(Request(method, "https://example.amazonaws.com", target), KEY, NOW)
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert request.header("X-Amz-Date") == "20150830T123600Z"
    assert request.header("Authorization") == (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def _signature(request: Request) -> str:
    return (signed(request, KEY, NOW).header("authorization") or "").rpartition("=")[2]


def test_everything_that_matters_is_signed() -> None:
    plain = Request("POST", "http://127.0.0.1:8000", "/a/b?x=1", (("Content-Type", "text/plain"),), b"body")
    others = [
        Request("PUT", plain.origin, plain.target, plain.headers, plain.body),
        Request("POST", "http://127.0.0.1:8001", plain.target, plain.headers, plain.body),
        Request("POST", plain.origin, "/a/c?x=1", plain.headers, plain.body),
        Request("POST", plain.origin, "/a/b?x=2", plain.headers, plain.body),
        Request("POST", plain.origin, plain.target, (("Content-Type", "text/html"),), plain.body),
        Request("POST", plain.origin, plain.target, plain.headers, b"Body"),
        plain.with_headers(("X-Amz-Security-Token", "t")),
    ]
    assert len({_signature(request) for request in (plain, *others)}) == len(others) + 1
    assert _signature(plain.with_headers(("Accept", "*/*"))) == _signature(plain)
    secure = Request("GET", "https://h.test", "/")
    assert _signature(Request("GET", "https://h.test:443", "/")) == _signature(secure)


def test_one_service_shows_the_digest_of_the_body() -> None:
    import msgspec

    key = msgspec.structs.replace(KEY, scope="AKIDEXAMPLE/us-east-1/s3")
    request = signed(Request("GET", "http://[::1]:9000", "/a%20b"), key, NOW)
    assert request.header("X-Amz-Content-Sha256") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
