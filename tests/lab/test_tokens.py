"""Tokens: sound by default, weak in exactly the way that was asked for."""

from __future__ import annotations

import hmac
import json

import pytest

from gatewright.lab.tokens import encoded, password_fits, password_hash, sign, verify

SECRET = b"a key of the test"
CLAIMS = {"sub": "7", "exp": 2_000}


def forged(header: dict[str, object], signature: str = "", *, dot: bool = True) -> str:
    head = encoded(json.dumps(header).encode())
    return f"{head}.{encoded(json.dumps(CLAIMS).encode())}" + (f".{signature}" if dot else "")


def relabelled(algorithm: str) -> str:
    """Rightly signed with our key, but the header names another algorithm: a sound verifier pins its own."""
    head = encoded(json.dumps({"alg": algorithm}).encode())
    body = f"{head}.{encoded(json.dumps(CLAIMS).encode())}"
    return f"{body}.{encoded(hmac.digest(SECRET, body.encode(), 'sha256'))}"


GOOD = sign(CLAIMS, SECRET)
SIGNATURE = GOOD.rpartition(".")[2]
FORGED = {
    "none": forged({"alg": "none"}),
    "none in capitals": forged({"alg": "NONE"}),
    "none, signature kept": forged({"alg": "none"}, SIGNATURE),
    "none, no dot": forged({"alg": "none"}, dot=False),
    "stripped": forged({"alg": "HS256", "typ": "JWT"}),
    "stripped, no dot": forged({"alg": "HS256", "typ": "JWT"}, dot=False),
    "no algorithm": forged({}),
    "another algorithm": forged({"alg": "HS512"}, SIGNATURE),
    "ours, under another name": relabelled("HS512"),
    "wrong key": sign(CLAIMS, b"another key"),
    "flipped": GOOD.replace(SIGNATURE, SIGNATURE[:9] + ("A" if SIGNATURE[9] != "A" else "B") + SIGNATURE[10:]),
    "garbage": "a.b.c",
    "empty": "",
}


def test_a_good_token_gives_its_claims_until_it_expires() -> None:
    assert verify(GOOD, SECRET, now=1_999) == CLAIMS
    assert verify(GOOD, SECRET, now=2_000) is None
    assert verify(sign({"sub": "7"}, SECRET), SECRET, now=1) is None


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_the_sound_verifier_refuses_every_forgery(token: str) -> None:
    assert verify(token, SECRET, now=1) is None


@pytest.mark.parametrize("name", FORGED)
def test_trusting_none_believes_that_and_nothing_else(name: str) -> None:
    accepted = verify(FORGED[name], SECRET, now=1, trust_none=True) is not None
    assert accepted == name.startswith("none")


@pytest.mark.parametrize("name", FORGED)
def test_trusting_unsigned_tokens_believes_those_and_nothing_else(name: str) -> None:
    accepted = verify(FORGED[name], SECRET, now=1, trust_unsigned=True) is not None
    assert accepted == name.startswith("stripped")


def test_passwords_are_salted_and_compared() -> None:
    stored = password_hash("Kettle-1-lantern")
    assert stored != password_hash("Kettle-1-lantern")
    assert password_fits("Kettle-1-lantern", stored)
    assert not password_fits("Kettle-2-lantern", stored)
