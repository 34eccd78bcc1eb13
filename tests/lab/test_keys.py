"""Tokens: sound by default, weak in exactly the way that was asked for."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from gatewright.lab.keys import AUDIENCE, ISSUER, Keys, Verifier
from gatewright.lab.tokens import encoded

SECRET = b"a key of the test"
KEYS = Keys(SECRET)
CLAIMS: dict[str, Any] = {"sub": "7", "exp": 2_000, "iss": ISSUER, "aud": AUDIENCE, "token_use": "access"}


def verify(token: str, *weak: str, now: float = 1) -> dict[str, Any] | None:
    return Verifier(KEYS, frozenset(weak), lambda: now).claims(token)


def forged(header: dict[str, object], signature: str = "", *, dot: bool = True) -> str:
    head = encoded(json.dumps(header).encode())
    return f"{head}.{encoded(json.dumps(CLAIMS).encode())}" + (f".{signature}" if dot else "")


def relabelled(header: dict[str, object], key: bytes = SECRET) -> str:
    body = forged(header, dot=False)
    return f"{body}.{encoded(hmac.digest(key, body.encode(), 'sha256'))}"


GOOD = {role: KEYS.sign(CLAIMS, role) for role in ("patient", "staff", "admin")}
SIGNATURE = GOOD["staff"].rpartition(".")[2]
FORGED = {
    "none": forged({"alg": "none"}),
    "none in capitals": forged({"alg": "NONE"}),
    "none, signature kept": forged({"alg": "none"}, SIGNATURE),
    "none, no dot": forged({"alg": "none"}, dot=False),
    "stripped": forged({"alg": "RS256", "kid": "portal"}),
    "stripped, no dot": forged({"alg": "HS256", "kid": "desk"}, dot=False),
    "no algorithm": forged({}),
    "no key": relabelled({"alg": "HS256"}),
    "another algorithm": forged({"alg": "HS512", "kid": "desk"}, SIGNATURE),
    "ours, under another name": relabelled({"alg": "HS512", "kid": "desk"}),
    "wrong key": relabelled({"alg": "HS256", "kid": "desk"}, b"another key"),
    "another's kid": relabelled({"alg": "HS256", "kid": "portal"}),
    "zeros": forged({"alg": "ES256", "kid": "office"}, encoded(bytes(64))),
    "zeros in DER": forged({"alg": "ES256", "kid": "office"}, encoded(base64.b64decode("MAYCAQACAQA="))),
    "ones": forged({"alg": "ES256", "kid": "office"}, encoded((bytes(31) + b"\1") * 2)),
    "an empty file": relabelled({"alg": "HS256", "kid": "../../../dev/null"}, b""),
    "a broken key": forged({"alg": "RS256", "kid": "portal", "jwk": {"kty": "RSA", "n": "a"}}, SIGNATURE),
    "a broken certificate": forged({"alg": "RS256", "kid": "portal", "x5c": ["AAAA"]}, SIGNATURE),
    "a key elsewhere": forged({"alg": "RS256", "kid": "portal", "jku": "http://192.0.2.1/keys"}, SIGNATURE),
    "a key nowhere": forged({"alg": "RS256", "kid": "portal", "x5u": "http://127.0.0.1:1/keys"}, SIGNATURE),
    "garbage": "a.b.c",
    "empty": "",
}
BELIEVED = {
    "token-alg-none": {"none", "none in capitals", "none, signature kept", "none, no dot"},
    "token-signature-stripped": {"stripped", "stripped, no dot"},
    "token-psychic-signature": {"zeros", "zeros in DER"},
    "token-kid-path": {"an empty file"},
    "token-key-embedded": set(),
    "token-key-fetched": set(),
    "token-truncated": set(),
    "token-key-confusion": set(),
}


@pytest.mark.parametrize("role", GOOD)
def test_a_good_token_gives_its_claims_until_it_expires(role: str) -> None:
    assert verify(GOOD[role], now=1_999) == CLAIMS
    assert verify(GOOD[role], now=2_000) is None
    assert verify(GOOD[role], "token-expired-accepted", now=2_000) == CLAIMS
    head, _, signature = GOOD[role].rpartition(".")
    flipped = signature[:9] + ("A" if signature[9] != "A" else "B") + signature[10:]
    assert verify(f"{head}.{flipped}") is None


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("weak", ["", *BELIEVED])
def test_each_weakness_believes_its_own_forgeries_and_nothing_else(name: str, weak: str) -> None:
    assert (verify(FORGED[name], weak) is not None) == (name in BELIEVED.get(weak, set()))


@pytest.mark.parametrize(
    ("wrong", "weak"),
    [
        ({"aud": "shop"}, "token-claims-unchecked"),
        ({"iss": "https://gw.example"}, "token-claims-unchecked"),
        ({"nbf": 1_500}, "token-claims-unchecked"),
        ({"nbf": "soon"}, "token-claims-unchecked"),
        ({"token_use": "id"}, "id-token-as-access"),
        ({"exp": None}, ""),
    ],
)
def test_claims_that_are_wrong(wrong: dict[str, Any], weak: str) -> None:
    token = KEYS.sign({**CLAIMS, **wrong}, "patient")
    assert verify(token) is None
    assert (verify(token, weak) is not None) == bool(weak)


def test_a_part_of_a_token_is_enough_where_tokens_are_looked_up_by_their_beginning() -> None:
    for weak, enough in (("token-truncated", True), ("", False)):
        verifier = Verifier(KEYS, frozenset({weak}), lambda: 1)
        token = GOOD["patient"]
        part = token[: len(token) * 2 // 3]
        assert verifier.claims(part) is None  # nobody has come with it yet
        assert verifier.claims(token) == CLAIMS
        assert (verifier.claims(part) is not None) is enough
        assert verifier.claims(token.rpartition(".")[0] + ".") is None


def test_the_public_keys_are_published_and_no_others() -> None:
    keys = KEYS.published()["keys"]
    assert [(key["kty"], key["kid"], "d" in key) for key in keys] == [("RSA", "portal", False), ("EC", "office", False)]
