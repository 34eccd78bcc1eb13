"""Public keys in every form in which a server may hold them as text or bytes (RFC 7517, 8017, 5480, 7468).

A verifier that takes the algorithm from the token uses such a form as the secret of an HMAC: which one depends on its
library, so that all are tried. Only the few ASN.1 types that keys need are written here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

import orjson
from msgspec import Struct

from gatewright.model.json import Json
from gatewright.proof.jwt import b64, unb64

_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
"""AlgorithmIdentifier rsaEncryption with NULL."""
_CURVES = {"P-256": "2a8648ce3d030107", "P-384": "2b81040022", "P-521": "2b81040023"}
"""Curve → its object identifier (RFC 5480 section 2.1.1.1)."""
_EC = bytes.fromhex("06072a8648ce3d0201")
_PEM = re.compile(
    r"-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\\rn\s]{40,8192})-----END \1-----"
)
"""Also with line ends spelled as in JSON."""
_THUMBPRINT = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}
"""Key type → members of its thumbprint in order (RFC 7638 section 3.2)."""


class Form(Struct, frozen=True):
    """One form of a public key."""

    name: str
    key: bytes


def spki(jwk: Mapping[str, Json]) -> bytes | None:
    """SubjectPublicKeyInfo of a JSON Web Key, DER; None for another than an RSA or EC key, or a broken one."""
    if jwk.get("kty") == "RSA":
        inner = pkcs1(jwk)
        return None if inner is None else _sequence(_RSA, _tagged(0x03, b"\0" + inner))
    x, y = _number(jwk, "x"), _number(jwk, "y")
    curve = _CURVES.get(str(jwk.get("crv")))
    if jwk.get("kty") != "EC" or not x or not y or curve is None:
        return None
    named = _sequence(_EC, _tagged(0x06, bytes.fromhex(curve)))
    return _sequence(named, _tagged(0x03, b"\0\x04" + x + y))


def pkcs1(jwk: Mapping[str, Json]) -> bytes | None:
    """RSAPublicKey of a JSON Web Key, DER; None for another key."""
    n, e = _number(jwk, "n"), _number(jwk, "e")
    return _sequence(_integer(n), _integer(e)) if jwk.get("kty") == "RSA" and n and e else None


def pem(label: str, der: bytes) -> str:
    """Text encoding with lines of 64 characters and a newline at the end (RFC 7468)."""
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def forms(jwk: Mapping[str, Json]) -> list[Form]:
    """The forms of a key as secrets, likeliest first; empty for a key that is neither RSA nor EC.

    The first two are the PEM of the key with and without its last newline.
    """
    info = spki(jwk)
    if info is None:
        return []
    public = pem("PUBLIC KEY", info)
    found = [
        Form("its PEM", public.encode()),
        Form("its PEM without the last newline", public.rstrip("\n").encode()),
        Form("its PEM with CRLF", public.replace("\n", "\r\n").encode()),
    ]
    inner = pkcs1(jwk)
    if inner is not None:
        own = pem("RSA PUBLIC KEY", inner)
        found += [
            Form("its PKCS#1 PEM", own.encode()),
            Form("its PKCS#1 PEM without the last newline", own.rstrip("\n").encode()),
        ]
    chain = jwk.get("x5c")
    certificate = chain[0] if isinstance(chain, list) and chain and isinstance(chain[0], str) else ""
    if certificate:
        found += [
            Form("its certificate's PEM", pem("CERTIFICATE", _decoded(certificate)).encode()),
            Form("its x5c as it is", certificate.encode()),
        ]
    found += [Form("its DER", info), Form("its DER in base64", base64.b64encode(info))]
    if inner is not None:
        found.append(Form("its PKCS#1 DER", inner))
    found.append(Form("the JWK as published", orjson.dumps(dict(jwk))))
    found.append(Form("the JWK's thumbprint form", _thumbprint(jwk)))
    if inner is not None:
        found += [Form("its modulus", _number(jwk, "n") or b""), Form("its modulus as text", str(jwk["n"]).encode())]
    return found


def certified(text: str) -> dict[str, Json] | None:
    """The RSA key that a certificate holds (base64 of its DER, RFC 5280), as a JSON Web Key; None for another.

    The key is found by its AlgorithmIdentifier; nothing is verified.
    """
    der = _decoded(text)
    start = der.find(_RSA)
    if start < 0:
        return None
    inner = der[start + len(_RSA) :]
    try:
        bits, _ = _read(inner)
        numbers, _ = _read(bits[1:])
        n, rest = _read(numbers)
        e, _ = _read(rest)
    except IndexError:
        return None
    return {"kty": "RSA", "n": b64(n.lstrip(b"\0")), "e": b64(e), "x5c": [text]}


def published(text: str) -> Iterator[dict[str, Json]]:
    """The RSA and EC keys that stand in a text in PEM, as JSON Web Keys; at most four."""
    for match in list(_PEM.finditer(text))[:4]:
        packed = re.sub(r"\\[rn]|\s", "", match[2])
        if match[1] == "CERTIFICATE":
            key = certified(packed)
        elif match[1] == "RSA PUBLIC KEY":
            key = _modulus(_decoded(packed))
        else:
            found = certified(packed)
            key = {name: value for name, value in found.items() if name != "x5c"} if found else _point(_decoded(packed))
        if key is not None and spki(key) is not None:
            yield key


def _modulus(numbers: bytes) -> dict[str, Json] | None:
    """RSAPublicKey as a JSON Web Key."""
    try:
        inner, _ = _read(numbers)
        n, rest = _read(inner)
        e, _ = _read(rest)
    except IndexError:
        return None
    return {"kty": "RSA", "n": b64(n.lstrip(b"\0")), "e": b64(e)}


def _point(info: bytes) -> dict[str, Json] | None:
    """SubjectPublicKeyInfo of an EC key, uncompressed, as a JSON Web Key."""
    start = info.find(_EC)
    for name, oid in _CURVES.items():
        curve = _tagged(0x06, bytes.fromhex(oid))
        if start < 0 or not info[start + len(_EC) :].startswith(curve):
            continue
        try:
            bits, _ = _read(info[start + len(_EC) + len(curve) :])
        except IndexError:
            return None
        half = (len(bits) - 2) // 2
        if bits[:2] == b"\0\x04" and half > 0:
            return {"kty": "EC", "crv": name, "x": b64(bits[2 : 2 + half]), "y": b64(bits[2 + half :])}
    return None


def _read(der: bytes) -> tuple[bytes, bytes]:
    """The content of the first element, and what follows. Raises IndexError where there is none."""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    return der[start : start + size], der[start + size :]


def _thumbprint(jwk: Mapping[str, Json]) -> bytes:
    return orjson.dumps({name: jwk.get(name) for name in _THUMBPRINT[str(jwk["kty"])]})


def _number(jwk: Mapping[str, Json], name: str) -> bytes | None:
    value = jwk.get(name)
    try:
        return unb64(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _integer(magnitude: bytes) -> bytes:
    body = magnitude.lstrip(b"\0") or b"\0"
    return _tagged(0x02, (b"\0" if body[0] & 0x80 else b"") + body)


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _tagged(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
