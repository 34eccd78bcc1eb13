from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.json import Json
from gatewright.proof import jwt

KEY = b"k"
CLAIMS = st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=9), max_size=4)


@given(CLAIMS)
def test_what_is_signed_verifies_and_reads_back(claims: dict[str, int | str]) -> None:
    token = jwt.parse(jwt.signed(claims, KEY))
    assert token is not None
    assert token.claims == claims
    assert jwt.verifies(token, KEY)
    assert not jwt.verifies(token, b"other")


@given(st.binary(min_size=1, max_size=300))
def test_a_flipped_signature_decodes_to_other_bytes(signature: bytes) -> None:
    token = jwt.parse(jwt.compact({"alg": "RS256"}, {"sub": 1}, signature))
    assert token is not None
    flipped = jwt.parse(jwt.flipped(token))
    assert flipped is not None
    assert flipped.signature != token.signature
    assert len(flipped.signature) == len(token.signature)
    assert (flipped.header, flipped.claims) == (token.header, token.claims)


def test_a_token_without_signature_gets_one() -> None:
    token = jwt.parse(jwt.compact({"alg": "none"}, {}))
    assert token is not None
    assert jwt.parse(jwt.flipped(token)) != token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "a.b.c",
        "1.2.3",
        jwt.b64(b"[]") + "." + jwt.b64(b"{}") + ".",
        jwt.b64(b'{"typ":"JWT"}') + "." + jwt.b64(b"{}") + ".",
        "a.b.c.d.e",
        "A" * 5 + "." + "B" * 5 + ".",
    ],
)
def test_what_is_no_token(text: str) -> None:
    assert jwt.parse(text) is None


def test_only_what_is_meant_to_differ_differs() -> None:
    token = jwt.parse(jwt.signed({"sub": "7", "role": "user"}, KEY, header={"kid": "a"}))
    assert token is not None
    first, second, _ = token.text.split(".")
    assert jwt.restated(token) == f"{first}.{second}"
    changed = jwt.parse(jwt.restated(token, header={"alg": "none", "kid": None}, claims={"sub": "8"}) + ".")
    assert changed is not None
    assert changed.header == {"alg": "none", "typ": "JWT"}
    assert changed.claims == {"sub": "8", "role": "user"}


ALGORITHMS = st.sampled_from(sorted(jwt.HMACS))


@given(CLAIMS, st.binary(max_size=40), ALGORITHMS)
def test_a_token_signed_anew_fits_its_key_only(claims: dict[str, int | str], key: bytes, algorithm: str) -> None:
    token = jwt.parse(jwt.signed(claims, KEY, header={"kid": "one"}))
    assert token is not None
    again = jwt.parse(jwt.resigned(token, key, algorithm=algorithm, header={"kid": None}, claims={"gw": 1}))
    assert again is not None
    assert again.algorithm == algorithm
    assert again.claims == {**claims, "gw": 1}
    assert "kid" not in again.header
    assert jwt.fits(again, key)
    assert not jwt.fits(again, key + b"x")


def test_a_part_that_does_not_change_keeps_its_spelling() -> None:
    head, claims = jwt.b64(b'{ "alg": "HS256" }'), jwt.b64(b'{"sub" : 7}')
    token = jwt.parse(f"{head}.{claims}.AAAA")
    assert token is not None
    assert jwt.resigned(token, KEY).startswith(f"{head}.{claims}.")


def test_the_last_character_carries_bits_that_nobody_reads() -> None:
    """The trap: other spellings of the same signature; a flipped one must not be among them."""
    text = jwt.signed({"sub": 7}, KEY)
    token = jwt.parse(text)
    assert token is not None
    spellings = {text[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}
    alike = [t for t in spellings if (other := jwt.parse(t)) is not None and other.signature == token.signature]
    assert len(alike) == 4
    assert jwt.flipped(token) not in spellings


def test_rs256_is_verified_as_a_library_signs_it() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - quick, and guards nothing
    numbers = private.public_key().public_numbers()
    key: dict[str, Json] = {"kty": "RSA", "n": jwt.b64(numbers.n.to_bytes(128, "big")), "e": "AQAB"}
    head = jwt.compact({"alg": "RS256"}, {"sub": 7}, dot=False)
    token = jwt.parse(f"{head}.{jwt.b64(private.sign(head.encode(), PKCS1v15(), SHA256()))}")
    assert token is not None
    assert jwt.verified(token, key)
    flipped = jwt.parse(jwt.flipped(token))
    assert flipped is not None
    assert not jwt.verified(flipped, key)
    for broken in ({}, {"n": "a", "e": "AQAB"}, {"n": "AQAB", "e": "AQAB"}, {"n": 7, "e": 7}):
        assert not jwt.verified(token, broken)
    assert not jwt.verified(jwt.parse(jwt.signed({}, KEY)) or token, key)


@pytest.mark.parametrize(
    ("content", "found"), [(b'{"keys": []}', {"keys": []}), (b"[1]", {}), (b"<html>", {}), (b"", {})]
)
def test_an_object_or_nothing(content: bytes, found: dict[str, Json]) -> None:
    assert jwt.mapping(content) == found
