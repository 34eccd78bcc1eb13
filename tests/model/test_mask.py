from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.account import Account, Credential
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.mask import MASKED, Mask, secrets_of
from gatewright.model.secret import Secret
from gatewright.model.settings import Settings
from gatewright.model.stream import Listen

TOKEN = "tok-7Zk2mQ9xLm31"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJlc2lnbmF0dXJl"
UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0."


@pytest.fixture
def mask() -> Mask:
    return Mask(b"key")


def test_equal_secrets_have_equal_tags_under_one_key(mask: Mask) -> None:
    assert mask.hide(TOKEN) == mask.hide(TOKEN) != mask.hide(TOKEN + "x")
    assert mask.hide(TOKEN) != Mask(b"other").hide(TOKEN)
    assert MASKED.fullmatch(mask.hide(TOKEN))


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Authorization", f"Bearer {TOKEN}", "Bearer "),
        ("authorization", TOKEN, ""),
        ("Proxy-Authorization", f"Basic {base64.b64encode(b'u:p').decode()}", "Basic "),
        ("X-API-Key", TOKEN, ""),
        ("X-Auth-Token", TOKEN, ""),
        ("X-CSRF-Token", TOKEN, ""),
        ("Cookie", f"sid={TOKEN}; theme={TOKEN}", "sid="),
        ("Set-Cookie", f"sid={TOKEN}; Path=/; HttpOnly", "sid="),
        ("Location", f"/done?access_token={TOKEN}", "/done?access_token="),
        ("X-Debug", f"your token is Bearer {TOKEN}", "your token is Bearer "),
    ],
)
def test_headers(name: str, value: str, kept: str, mask: Mask) -> None:
    [(_, found)] = mask.headers(((name, value),))
    assert TOKEN not in found
    assert "dTpw" not in found
    assert found.startswith(kept + "<secret ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "application/json"),
        ("Access-Control-Allow-Headers", "authorization, x-csrf-token"),
        ("Set-Cookie", "; HttpOnly"),
        ("Accept", "a/b"),
    ],
)
def test_ordinary_headers_stay(name: str, value: str, mask: Mask) -> None:
    assert mask.headers(((name, value),)) == ((name, value),)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"password": TOKEN, "user": "al"}).encode(), "application/json"),
        (json.dumps({"data": {"accessToken": TOKEN}}).encode(), ""),
        (json.dumps({"api_key": TOKEN, "x": [{"client-secret": TOKEN}]}, indent=2).encode(), "application/json"),
        (f"user=al&password={TOKEN}&x=1".encode(), "application/x-www-form-urlencoded"),
        (f"<login><password>{TOKEN}</password></login>".encode(), "text/xml"),
        (
            f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{TOKEN}\r\n--b--'.encode(),
            "multipart/form-data; boundary=b",
        ),
        (f"Authorization was Bearer {TOKEN}".encode(), "text/plain"),
        (f"here: {JWT}.".encode(), "text/html"),
    ],
)
def test_bodies(body: bytes, content_type: str, mask: Mask) -> None:
    for request in (True, False):
        found = Mask(b"key").body(body, content_type, request=request)
        assert TOKEN.encode() not in found
        assert JWT.encode() not in found
        assert b"<secret " in found
    if body.startswith(b"{"):
        json.loads(mask.body(body, content_type))


def test_numbers_with_a_secret_name_stay_json(mask: Mask) -> None:
    assert json.loads(mask.body(b'{"pin": 1234, "pinned": 5678, "tokens": 12}'))["pinned"] == 5678
    assert b"1234" not in mask.body(b'{"pin": 1234}')


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors": {"password": "is required, at least 8"}}',
        b'{"token_type": "bearer"}',
        b'{"secretary": "ann"}',
        b'{"passport": "P123"}',
    ],
)
def test_words_about_secrets_stay(body: bytes, mask: Mask) -> None:
    assert mask.body(body, "application/json") == body


def test_a_value_once_seen_under_a_secret_name_is_hidden_everywhere(mask: Mask) -> None:
    mask.body(json.dumps({"token": TOKEN}).encode())
    assert TOKEN not in mask.text(f"alice used {TOKEN}")
    assert TOKEN.encode() not in mask.body(b"plain " + TOKEN.encode())
    assert mask.hide(TOKEN) in mask.target(f"/x/{TOKEN}")


def test_spellings_of_a_known_value(mask: Mask) -> None:
    secret = 'pä/ss "w+rd'
    mask.learn(secret)
    for spelled in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), "p%C3%A4%2Fss%20%22w%2Brd"):
        assert b"<secret" in mask.body(b"x " + spelled.encode())


def test_ordinary_words_are_not_hidden_by_value(mask: Mask) -> None:
    mask.body(b'{"password": "password", "token": "required"}')
    assert mask.text("the password is required") == "the password is required"
    mask.learn("short")
    assert mask.text("short") == "short"


def test_an_unsigned_token_is_no_secret(mask: Mask) -> None:
    assert mask.headers((("Authorization", f"Bearer {UNSIGNED}"),)) == (("Authorization", f"Bearer {UNSIGNED}"),)
    assert JWT not in mask.headers((("Authorization", f"Bearer {JWT}"),))[0][1]


def test_the_password_of_a_basic_credential_is_hidden_by_value(mask: Mask) -> None:
    mask.headers((("Authorization", "Basic " + base64.b64encode(b"al:s3cr3t-pw").decode()),))
    assert "s3cr3t-pw" not in mask.text("s3cr3t-pw")


def test_an_exchange_with_its_bytes(mask: Mask) -> None:
    request = Request("POST", "http://h", f"/l?token={TOKEN}", (("Cookie", f"a={TOKEN}"),), b'{"password":"Gw!9zZ9zZ"}')
    wire = f"POST /l?token={TOKEN} HTTP/1.1\r\nCookie: a={TOKEN}\r\nfolded {TOKEN}\r\n\r\n".encode() + request.body
    answer = b"HTTP/1.1 200 OK\r\nX-Token: " + TOKEN.encode() + b"\r\n\r\n\x1f\x8bgzip"
    exchange = Exchange(1, request, Response(200, (), TOKEN.encode()), "al", "x", f"no {TOKEN}", 0.0, wire, answer)
    found = mask.exchange(exchange)
    assert TOKEN not in repr(found)
    assert "Gw!9zZ9zZ" not in repr(found)
    assert found.sent.startswith(b"POST /l?token=<secret 16 chars #")
    assert found.received.endswith(b"\r\n\r\n")
    assert mask.exchange(found) == found


@given(
    st.binary(max_size=200), st.sampled_from(["application/json", "text/xml", "application/x-www-form-urlencoded", ""])
)
def test_masking_twice_is_masking_once(body: bytes, content_type: str) -> None:
    mask = Mask(b"key")
    once = mask.body(body, content_type)
    assert mask.body(once, content_type) == once


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_text_without_secrets_stays(text: str) -> None:
    if not any(word in text.lower() for word in ("bearer", "basic", "token", "jwt", "eyj")):
        assert Mask(b"key").text(text) == text


def test_the_secrets_of_settings() -> None:
    alice = Account(name="alice", username="alice", password=Secret("pw-alice"))
    root = Account(name="root", credentials=(Credential(within="header", name="X", value=Secret("cred-1")),))
    shop = Account(name="shop", oauth2={"client_id": "id", "client_secret": "cs-1", "token_url": "http://t"})
    settings = Settings(accounts=(alice, root, shop), headers=(("X-Api-Key", "hk-1"), ("X-Client", "gw")))
    assert secrets_of(settings) == ["pw-alice", "cred-1", "cs-1", "hk-1"]


def test_what_was_masked_before_is_masked_anew_once_more_is_known(mask: Mask) -> None:
    seen = Response(200, (("X-Trace", f"of {TOKEN}"),), f"hello {TOKEN}".encode())
    assert mask.response(seen) == seen == mask.response(seen)
    mask.learn(TOKEN)
    after = mask.response(seen)
    assert TOKEN not in str(after) and len(MASKED.findall(str(after))) == 2


def test_of_a_signature_who_signs_and_for_what_is_kept() -> None:
    scope = "AKBOB/20261124/eu-north-1/clinic/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'ab' * 32}"
    masked = Mask(b"key").headers((("Authorization", value),))[0][1]
    assert "ab" * 8 not in masked and masked.startswith(value.partition("Signature=")[0] + "Signature=<secret")


def test_what_is_said_on_a_stream_has_no_secrets() -> None:
    greeting = '{"type":"connection_init","payload":{"Authorization":"Bearer abcdef123456789"}}'
    request = Request("GET", "http://h", "/", listen=Listen(kind="websocket", say=(greeting,)))
    masked = Mask(b"key").request(request)
    assert masked.listen is not None and "abcdef123456789" not in masked.listen.say[0]
    assert "connection_init" in masked.listen.say[0]
