from __future__ import annotations

import base64

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gatewright.engine.scripted_tokens import KEY, ScriptedListener, matches
from gatewright.model.json import Json
from gatewright.proof import jwt

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - quick, and guards nothing
JWK: dict[str, Json] = {
    "kty": "RSA",
    "n": jwt.b64(PRIVATE.public_key().public_numbers().n.to_bytes(128, "big")),
    "e": "AQAB",
}
SIGNED = jwt.signed({"sub": 7}, KEY, header={"kid": "one"})


def by_rsa(header: dict[str, Json]) -> str:
    head = jwt.compact({"alg": "RS256", **header}, {"sub": 7}, dot=False)
    return f"{head}.{jwt.b64(PRIVATE.sign(head.encode(), PKCS1v15(), SHA256()))}"


@pytest.mark.parametrize(
    ("wanted", "text", "fits"),
    [
        ({"sub": 7, "kid": "one", "alg": "HS256", "signature": "valid"}, SIGNED, True),
        ({"sub": [8, 9]}, SIGNED, False),
        ({"hmac": KEY.decode()}, SIGNED, True),
        ({"hmac": ["other", f"<base64:{base64.b64encode(KEY).decode()}>"]}, SIGNED, True),
        ({"hmac": "other"}, SIGNED, False),
        ({"signature": ["empty", "missing"]}, SIGNED.rpartition(".")[0], True),
        ({"signature": "empty"}, SIGNED.rpartition(".")[0] + ".", True),
        ({"signature": "zero"}, SIGNED.rpartition(".")[0] + "." + jwt.b64(bytes(64)), True),
        ({"signature": "bad"}, SIGNED.rpartition(".")[0] + ".AAAB", True),
        ({"own_key": "jwk"}, by_rsa({"jwk": JWK}), True),
        ({"own_key": "jwk"}, by_rsa({"jwk": {**JWK, "n": "AQAB"}}), False),
        ({"own_key": "x5c"}, by_rsa({"x5c": ["AAAA"]}), False),
        ({"own_key": "x5c"}, by_rsa({"x5c": "AAAA"}), False),
        ({"own_key": "jku"}, by_rsa({"jku": "http://elsewhere.test/keys"}), False),
        ({"fetched": "jku"}, by_rsa({}), False),
        ({"sub": 7}, "no token", False),
    ],
)  # fmt: skip
def test_a_token_is_as_a_rule_wants_it(wanted: dict[str, Json], text: str, fits: bool) -> None:
    assert matches(wanted, text, ScriptedListener()) is fits


@pytest.mark.parametrize(
    ("content", "fits"), [(orjson.dumps({"keys": [JWK]}), True), (b"<html>", False), (b"[]", False)]
)
def test_a_key_behind_an_address_is_fetched(content: bytes, fits: bool) -> None:
    listener = ScriptedListener()
    url = listener.offer(content)
    assert matches({"own_key": "jku", "fetched": "jku"}, by_rsa({"jku": url}), listener) is fits
    assert {visit.target for visit in listener.visits(url)} == {"/c/1"}
    assert listener.visits("http://callback.test/c/2") == ()
