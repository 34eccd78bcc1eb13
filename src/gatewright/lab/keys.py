"""The keys that sign the clinic's tokens, one for each kind of people, and how a token is verified with them.

Patients' tokens are signed by RS256, staff's by HS256 (an older service at the desk), administrators' by ES256. A
token names its key by `kid`; sound is: the key decides the algorithm, never the token. Each weakness leaves out one
condition of `Verifier`.
"""

from __future__ import annotations

import base64
import hmac
import posixpath
import urllib.request
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatewright.lab.tokens import Claims, decoded, encoded, split

ISSUER = "https://id.clinic.example"
AUDIENCE = "clinic-api"
PATIENTS, STAFF, ADMINS = "portal", "desk", "office"
"""Names of the keys."""
_OF_ROLE = {"patient": PATIENTS, "staff": STAFF, "admin": ADMINS}
_ALGORITHM = {PATIENTS: "RS256", STAFF: "HS256", ADMINS: "ES256"}
_FOLDER = "/srv/clinic/keys"
_FILES = {"/dev/null": b"", "/proc/sys/kernel/randomize_va_space": b"2\n"}
"""What the files hold that a key id can lead to; the range opens none."""
_ZEROS = (bytes(64), bytes.fromhex("3006020100020100"))
_SHORTEST = 16
"""Characters of a signature without which a token is not looked up."""
_KEPT = 200
"""Tokens remembered for that look-up."""


@lru_cache(maxsize=16)
def _rsa(clinic: bytes) -> rsa.RSAPrivateKey:
    """One per clinic: making it takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=16)
def _ec(clinic: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Keys:
    """Signs tokens. `secret` is the desk's, as text."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    def sign(self, claims: Claims, role: str) -> str:
        """A JWT over the claims, by the key for people of this role."""
        name = _OF_ROLE[role]
        header = {"alg": _ALGORITHM[name], "typ": "JWT", "kid": name}
        head = f"{encoded(orjson.dumps(header))}.{encoded(orjson.dumps(claims))}"
        return f"{head}.{encoded(self._signature(name, head.encode()))}"

    def _signature(self, name: str, head: bytes) -> bytes:
        if name == STAFF:
            return hmac.digest(self.secret, head, "sha256")
        if name == PATIENTS:
            return _rsa(self.secret).sign(head, padding.PKCS1v15(), SHA256())
        r, s = decode_dss_signature(_ec(self.secret).sign(head, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def published(self) -> dict[str, Any]:
        """The public keys, as a JSON Web Key Set (RFC 7517)."""
        one, two = _rsa(self.secret).public_key().public_numbers(), _ec(self.secret).public_key().public_numbers()
        n, x, y = (encoded(v.to_bytes(size, "big")) for v, size in ((one.n, 256), (two.x, 32), (two.y, 32)))
        return {
            "keys": [
                {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": PATIENTS, "n": n, "e": "AQAB"},
                {"kty": "EC", "use": "sig", "alg": "ES256", "kid": ADMINS, "crv": "P-256", "x": x, "y": y},
            ]
        }


class Verifier:
    """Reads tokens, with the weaknesses that are on."""

    def __init__(self, keys: Keys, weak: frozenset[str], now: Callable[[], float]) -> None:
        self._keys = keys
        self._weak = weak
        self._now = now
        self._seen: dict[str, None] = {}

    def claims(self, token: str) -> Claims | None:
        """The claims of a good access token, else None."""
        if "token-truncated" in self._weak:
            token = self._whole(token)
        header, claims, signature = split(token)
        if header is None or claims is None or not self._signed(header, ".".join(token.split(".")[:2]), signature):
            return None
        if not self._in_time(claims) or not self._for_us(claims):
            return None
        if claims.get("token_use") != "access" and "id-token-as-access" not in self._weak:
            return None
        self._seen[token] = None
        if len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]
        return claims

    def _whole(self, token: str) -> str:
        """The remembered token that begins with what was sent."""
        if token.count(".") != 2 or len(token.rpartition(".")[2]) < _SHORTEST:
            return token
        return next((known for known in self._seen if known.startswith(token)), token)

    def _in_time(self, claims: Claims) -> bool:
        ends = claims.get("exp")
        if not isinstance(ends, int | float):
            return False
        return ends > self._now() or "token-expired-accepted" in self._weak

    def _for_us(self, claims: Claims) -> bool:
        if "token-claims-unchecked" in self._weak:
            return True
        begins = claims.get("nbf", 0)
        early = not isinstance(begins, int | float) or begins > self._now()
        return claims.get("iss") == ISSUER and claims.get("aud") == AUDIENCE and not early

    def _signed(self, header: Claims, head: str, signature: bytes) -> bool:
        """Whether the signature is good, by the key that `kid` names."""
        weak, algorithm, kid = self._weak, str(header.get("alg", "")), str(header.get("kid", ""))
        if "token-alg-none" in weak and algorithm.lower() == "none":
            return True
        brought = [*self._embedded(header), *self._fetched(header)]
        if algorithm == "RS256" and any(_by_rsa(key, head, signature) for key in brought):
            return True
        if algorithm == "HS256" and any(_by_hmac(key, head, signature) for key in self._secrets(kid)):
            return True
        if _ALGORITHM.get(kid) != algorithm:
            return False
        if "token-signature-stripped" in weak and not signature:
            return True
        if algorithm == "HS256":
            return _by_hmac(self._keys.secret, head, signature)
        if algorithm == "RS256":
            return _by_rsa(_rsa(self._keys.secret).public_key(), head, signature)
        if "token-psychic-signature" in weak and signature in _ZEROS:
            return True
        return _by_ec(_ec(self._keys.secret).public_key(), head, signature)

    def _embedded(self, header: Claims) -> Iterator[rsa.RSAPublicKey]:
        if "token-key-embedded" in self._weak:
            chain = header.get("x5c")
            yield from _key(header.get("jwk"))
            yield from _certified(_unbase64(chain[0])) if isinstance(chain, list) and chain else ()

    def _fetched(self, header: Claims) -> Iterator[rsa.RSAPublicKey]:
        if "token-key-fetched" not in self._weak:
            return
        for place in ("jku", "x5u"):
            content = _fetch(str(header.get(place, "")))
            if content.startswith(b"-----BEGIN"):
                yield from _certified(_unbase64(b"".join(content.splitlines()[1:-1]).decode("latin-1")))
            elif content:
                told = _json(content)
                yield from (found for key in told.get("keys", ()) for found in _key(key))

    def _secrets(self, kid: str) -> Iterator[bytes]:
        """Keys for HMAC that a sound verifier would not use."""
        if "token-key-confusion" in self._weak and kid == PATIENTS:
            yield _rsa(self._keys.secret).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path = posixpath.normpath(posixpath.join(_FOLDER, kid))
        if "token-kid-path" in self._weak and path in _FILES:
            yield _FILES[path]


def _by_hmac(key: bytes, head: str, signature: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(key, head.encode(), "sha256"), signature)


def _by_rsa(key: rsa.RSAPublicKey, head: str, signature: bytes) -> bool:
    try:
        key.verify(signature, head.encode(), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _by_ec(key: ec.EllipticCurvePublicKey, head: str, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), head.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _key(jwk: Any) -> Iterator[rsa.RSAPublicKey]:
    """The RSA key of a JWK, if it is one."""
    if isinstance(jwk, dict) and jwk.get("kty") == "RSA":
        try:
            n, e = (int.from_bytes(decoded(str(jwk.get(part, ""))), "big") for part in ("n", "e"))
            yield rsa.RSAPublicNumbers(e, n).public_key()
        except ValueError:
            return


def _certified(der: bytes) -> Iterator[rsa.RSAPublicKey]:
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except ValueError:
        return
    if isinstance(key, rsa.RSAPublicKey):
        yield key


def _unbase64(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text))
    except ValueError:
        return b""


def _json(content: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _fetch(url: str) -> bytes:
    """What stands at an address, at most 64 kB; only of loopback, whatever the token says: the range harms nobody else."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return b""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=1) as answer:
            content: bytes = answer.read(65_536)
            return content
    except (OSError, ValueError):
        return b""
