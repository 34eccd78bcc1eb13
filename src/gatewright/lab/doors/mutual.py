"""mtls: each account shows a client certificate (RFC 8446 4.4.2); the house has an authority of its own."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.requests import Request
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import LOGIN, LOGOUT, SIGN_UP, Document, Porch, problem, with_scheme, without
from gatewright.lab.endpoint import Clinic


class MutualTls(Porch):
    """`mtls`: the certificate's common name is the account; who shows none is nobody."""

    name = "mtls"
    about = "each account shows a client certificate"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.authority = Authority()

        async def gone(request: Request, body: bytes) -> Any:
            return problem(404, "no such page")

        self.routes = {("POST", path): gone for path in (LOGIN, LOGOUT, SIGN_UP)}

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose certificate the connection showed: the server puts its name into the scope's state."""
        user = self.user(str(request.scope["state"].get("certificate", "")))
        return self.minted(user) if user is not None else None

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each with the path of its certificate."""
        return {name: {"role": row["role"], "cert": self.authority.issued(name)} for name, row in given.items()}

    def published(self, document: Document) -> Document:
        """The scheme of OpenAPI 3.1."""
        return with_scheme(without(document, LOGIN, LOGOUT, SIGN_UP), {"type": "mutualTLS"})


class Authority:
    """Signs certificates into a folder of its own, which goes with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gatewright-lab-")
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Clinic authority")
        self._certificate = self._signed(self._name, self._key.public_key(), authority=True)
        self.path = self._written("authority.pem", self._certificate.public_bytes(serialization.Encoding.PEM))
        """The authority's own certificate: the `tls.ca` of whoever calls."""

    def context(self) -> ssl.SSLContext:
        """For the server: it asks for a certificate and lives without one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issued("127.0.0.1", server=True))
        context.load_verify_locations(self.path)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def issued(self, name: str, *, server: bool = False) -> str:
        """The path of a certificate with its key for a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(_named(name), key.public_key(), server=server)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._written(f"{name}.pem", private + certificate.public_bytes(serialization.Encoding.PEM))

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def _written(self, name: str, content: bytes) -> str:
        path = Path(self._folder.name) / name
        path.write_bytes(content)
        path.chmod(0o600)
        return str(path)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool = False, server: bool = False
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=7))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if authority:
            usages = dict.fromkeys(
                ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
                False,
            )  # fmt: skip
            made = made.add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usages), critical=True
            )
        else:
            made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([address, x509.DNSName("localhost")]), critical=False)
        return made.sign(self._key, hashes.SHA256())


def shown(peer: dict[str, Any] | None) -> str:
    """The common name of a certificate as `ssl` describes it; empty without one."""
    pairs = [pair for relative in (peer or {}).get("subject", ()) for pair in relative]
    return str(next((value for name, value in pairs if name == "commonName"), ""))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
