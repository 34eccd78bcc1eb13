from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from gatewright.access.codes import Codes
from gatewright.access.oauth import Grants
from gatewright.model.account import Account
from gatewright.model.endpoint import Scheme, Specification
from gatewright.model.http import Exchange, Request, Response

DOCUMENT = {
    "authorization_endpoint": "http://id.test/authorize",
    "token_endpoint": "http://id.test/token",
    "grant_types_supported": ["authorization_code", "password"],
}


def grants(asked: list[str], *schemes: Scheme, document: dict[str, Any] | None = None) -> Grants:
    """Grants of a specification with these schemes; any address answers the document."""

    async def ask(request: Request, account: str, purpose: str) -> Exchange:
        asked.append(request.url)
        body = msgspec.json.encode(document) if document else b"{}"
        return Exchange(1, request, Response(200, (), body))

    specification = Specification(source="t", dialect="openapi", schemes={scheme.name: scheme for scheme in schemes})
    return Grants(specification, ask, Codes(lambda: 0.0), "http://api.test", "/v1")


def flows(**urls: dict[str, str]) -> Scheme:
    return Scheme(name="oauth", kind="oauth2", flows=urls)


CODE = {"authorizationUrl": "/authorize", "tokenUrl": "/token"}
OIDC = Scheme(name="oidc", kind="openIdConnect", url="/.well-known/openid-configuration")


@pytest.mark.parametrize(
    ("schemes", "account", "names"),
    [
        ((flows(authorizationCode=CODE),), {"client_id": "a"}, ["OAuth2 authorization code at /authorize"]),
        ((flows(password={"tokenUrl": "/t"}),), {"client_id": "a"}, ["OAuth2 password at /t"]),
        ((), {"client_id": "a", "token_url": "http://x.test/t"}, ["OAuth2 password at /t"]),
        (
            (),
            {"client_id": "a", "token_url": "/t", "authorize_url": "/a"},
            ["OAuth2 authorization code at /a", "OAuth2 password at /t"],
        ),
        ((), {"client_id": "a", "token_url": "/t", "grant": "client_credentials"}, ["OAuth2 client_credentials at /t"]),
        ((OIDC,), {"client_id": "a", "redirect_uri": "http://b"}, ["OAuth2 authorization code at /authorize", "OAuth2 password at /token"]),
        ((OIDC,), {"client_id": "a", "grant": "password"}, ["OAuth2 password at /token"]),
    ],
)  # fmt: skip
def test_the_grants_of_an_account(schemes: tuple[Scheme, ...], account: dict[str, str], names: list[str]) -> None:
    made = grants([], *schemes, document=DOCUMENT)
    ways = asyncio.run(made.configured(Account(name="a", username="a", oauth2=account)))
    assert [way.name for way in ways] == names
    again = asyncio.run(made.configured(Account(name="b", username="b", oauth2=account)))
    assert [id(way) for way in again] == [id(way) for way in ways]  # one way for all: what is proved once is not again


def test_what_is_discovered_is_asked_for_once() -> None:
    asked: list[str] = []
    made = grants(asked, OIDC, document=DOCUMENT)
    for name in "ab":
        asyncio.run(made.configured(Account(name=name, username=name, oauth2={"client_id": "c"})))
    assert asked == ["http://api.test/.well-known/openid-configuration"]


def test_an_issuer_is_asked_at_its_own_address() -> None:
    asked: list[str] = []
    made = grants(asked, document=DOCUMENT)
    account = Account(name="a", username="a", oauth2={"client_id": "c", "issuer": "https://id.test/realm/"})
    assert asyncio.run(made.configured(account))
    assert asked == ["https://id.test/realm/.well-known/openid-configuration"]


def test_without_a_token_endpoint_there_is_no_way() -> None:
    assert asyncio.run(grants([]).configured(Account(name="a", oauth2={"client_id": "c"}))) == []


def test_what_a_specification_offers_to_a_name_and_a_password() -> None:
    scheme = flows(password={"tokenUrl": "token"}, clientCredentials={"tokenUrl": "/c"})
    made = grants([], scheme)
    assert [way.name for way in asyncio.run(made.open(set()))] == [
        "OAuth2 password at /v1/token",
        "OAuth2 client_credentials at /c",
    ]
    assert [way.name for way in asyncio.run(made.open({"/v1/token"}))] == ["OAuth2 client_credentials at /c"]
    assert [way.name for way in asyncio.run(grants([], OIDC, document=DOCUMENT).open(set()))] == [
        "OAuth2 password at /token"
    ]
    assert grants([], OIDC).wants_client
    assert grants([], flows(authorizationCode=CODE)).wants_client
    assert not made.wants_client
