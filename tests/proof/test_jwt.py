from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
