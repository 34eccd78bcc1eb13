"""A key pair of ours, made once per run: to sign tokens that name their own key. The private half is never stored."""

from __future__ import annotations

import asyncio
import base64
import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.proof import jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class OwnKey:
    """RSA, 2048 bits, with a certificate that it signed itself."""

    def __init__(self, private: RSAPrivateKey, certificate: bytes) -> None:
        numbers = private.public_key().public_numbers()
        self._private = private
        self.certificate = base64.b64encode(certificate).decode()
        """Base64 of its DER, as `x5c` has it."""
        self.jwk: dict[str, Json] = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "n": jwt.b64(numbers.n.to_bytes(256, "big")),
            "e": jwt.b64(numbers.e.to_bytes(3, "big")),
        }

    def signed(self, token: jwt.Token, header: Mapping[str, Json]) -> str:
        """The token by RS256 with this key and further members of its header; None removes one."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        head = jwt.restated(token, header={"alg": "RS256", **header})
        return f"{head}.{jwt.b64(self._private.sign(head.encode(), PKCS1v15(), SHA256()))}"


async def own_keys(probe: Probe) -> tuple[OwnKey, OwnKey]:
    """Ours, and another that only a control signs with."""

    async def make() -> tuple[OwnKey, OwnKey]:
        return await asyncio.to_thread(_made), await asyncio.to_thread(_made)

    return await probe.once("own keys", make)


def _made() -> OwnKey:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    private = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gatewright")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(private, SHA256())
    )
    return OwnKey(private, built.public_bytes(Encoding.DER))
