from __future__ import annotations

from gatewright.model.account import Credential
from gatewright.model.http import Exchange, Request
from gatewright.model.secret import Secret
from gatewright.model.stream import Listen
from gatewright.report.placeholders import Signing, credential_variables, said, template, variable

A, B, C = "<secret 9 chars #aaaa>", "<secret 9 chars #bbbb>", "<secret 9 chars #cccc>"


def test_names_of_variables() -> None:
    assert variable("alice") == "GW_TOKEN_ALICE"
    assert variable("al.ice-2", "X-CSRF-Token") == "GW_TOKEN_AL_ICE_2_X_CSRF_TOKEN"


def test_credentials_and_requests_agree_on_the_names() -> None:
    credentials = (
        Credential(within="header", name="X-Csrf", value=Secret("c-value")),
        Credential(within="cookie", name="sid", value=Secret("s-value")),
    )
    assert credential_variables("bob", credentials) == [("GW_TOKEN_BOB", "s-value"), ("GW_TOKEN_BOB_X_CSRF", "c-value")]
    headers = (("X-Csrf", A), ("Cookie", f"sid={B}; theme=dark"))
    found = template(Exchange(1, Request("GET", "http://h", "/", headers), None, "bob"))
    assert found.headers == (("X-Csrf", "«GW_TOKEN_BOB_X_CSRF»"), ("Cookie", "sid=«GW_TOKEN_BOB»; theme=dark"))


def test_the_authorization_header_comes_first() -> None:
    headers = (("Cookie", f"sid={B}"), ("Authorization", f"Bearer {A}"))
    found = template(Exchange(1, Request("GET", "http://h", f"/?key={C}", headers), None, "bob"))
    assert found.headers[1] == ("Authorization", "Bearer «GW_TOKEN_BOB»")
    assert found.headers[0] == ("Cookie", "sid=«GW_TOKEN_BOB_SID»")
    assert found.target == "/?key=«GW_TOKEN_BOB_KEY»"


def test_other_secrets_are_named_by_their_tag() -> None:
    body = f'{{"password": "{A}"}}'.encode()
    found = template(Exchange(1, Request("POST", "http://h", "/", (), body), None, "bob"))
    assert found.body == '{"password": "«GW_SECRET_AAAA»"}'
    anon = Exchange(1, Request("GET", "http://h", "/", (("Authorization", f"Bearer {A}"),)), None)
    assert template(anon).headers == (("Authorization", "Bearer «GW_SECRET_AAAA»"),)


def test_what_every_client_adds_is_left_out_unless_it_was_meant() -> None:
    headers = (("Host", "h"), ("Content-Length", "9"), ("X", "ü".encode().decode("latin-1")))
    assert template(Exchange(1, Request("GET", "http://h", "/", headers), None)).headers == (("X", "ü"),)
    exact = Request("GET", "http://h", "/", headers, b"\xff", "exact")
    assert template(Exchange(1, exact, None)).headers == (("Content-Length", "9"), ("X", "ü"))
    assert template(Exchange(1, exact, None)).body == b"\xff"


FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0"


def attack(value: str, test: str, account: str = "bob") -> str:
    request = Request("GET", "http://h", "/", (("Authorization", f"Bearer {value}"),))
    return template(Exchange(1, request, None, account), test=test).headers[0][1]


def test_a_forged_token_is_made_again_from_the_present_one() -> None:
    assert attack(f"{FORGED}.", "jwt-none") == "Bearer «jwt GW_TOKEN_BOB|eyJhbGciOiJub25lIn0|.»"
    assert attack(FORGED, "jwt-signature-stripped") == "Bearer «jwt GW_TOKEN_BOB|eyJhbGciOiJub25lIn0|»"
    assert attack(A, "jwt-signature-unchecked") == f"Bearer «jwt GW_TOKEN_BOB||.{'A' * 43}»"
    assert attack(f"{FORGED}.", "jwt-none", "anon") == f"Bearer {FORGED}."
    assert attack(A, "jwt-none") == "Bearer «GW_SECRET_AAAA»"
    assert attack(A, "object-access-read") == "Bearer «GW_TOKEN_BOB»"


def test_a_signature_is_made_anew() -> None:
    scope = "AKBOB/20261124/eu-north-1/clinic/aws4_request"
    lines = (
        ("X-Amz-Date", "20261124T153830Z"),
        ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, Signature={A}"),
    )
    found = template(Exchange(1, Request("GET", "http://h", "/", lines), None, "bob"))
    assert found.headers == ()
    assert found.signing == Signing(variable="GW_TOKEN_BOB", key="AKBOB", region="eu-north-1", service="clinic")


def test_a_client_certificate_is_named_as_log_in_exports_it() -> None:
    shown = Request("GET", "https://h", "/", certificate="/tmp/bob.pem")
    assert template(Exchange(1, shown, None, "bob")).certificate == "GW_TOKEN_BOB"
    assert template(Exchange(1, shown, None)).certificate == ""
    both = shown.with_headers(("Authorization", f"Bearer {A}"))
    assert template(Exchange(1, both, None, "bob")).certificate == "GW_TOKEN_BOB_CERTIFICATE"


def test_what_is_said_on_a_stream_has_the_names_of_its_handshake() -> None:
    listen = Listen(kind="websocket", say=(f'{{"payload":{{"Authorization":"Bearer {A}"}}}}', "two"))
    request = Request(
        "GET", "http://h", "/", (("Authorization", f"Bearer {A}"), ("Connection", "Upgrade")), listen=listen
    )
    exchange = Exchange(1, request, None, "bob")
    assert said(exchange) == ('{"payload":{"Authorization":"Bearer «GW_TOKEN_BOB»"}}', "two")
    assert ("Connection", "Upgrade") in template(exchange).headers
