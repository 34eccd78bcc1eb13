from __future__ import annotations

import base64
import datetime

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.json import Json
from gatewright.proof import der
from gatewright.proof.jwt import b64

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk() -> dict[str, Json]:
    numbers = PRIVATE.public_key().public_numbers()
    return {"kty": "RSA", "kid": "one", "n": b64(numbers.n.to_bytes(256, "big")), "e": "AQAB"}


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "one")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(PRIVATE.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(PRIVATE, SHA256())
    )  # fmt: skip
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


def test_an_rsa_key_is_written_as_a_library_writes_it() -> None:
    public, key = PRIVATE.public_key(), jwk()
    held = {form.name: form.key for form in der.forms(key)}
    assert held["its PEM"] == public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert held["its DER"] == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert held["its PKCS#1 PEM"] == public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    assert held["its PKCS#1 DER"] == public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert held["its PEM without the last newline"] + b"\n" == held["its PEM"]
    assert held["its PEM with CRLF"].replace(b"\r\n", b"\n") == held["its PEM"]
    assert base64.b64decode(held["its DER in base64"]) == held["its DER"]
    assert orjson.loads(held["the JWK as published"]) == key
    assert held["the JWK's thumbprint form"].startswith(b'{"e":"AQAB","kty":"RSA","n":"')
    assert list(held)[:2] == ["its PEM", "its PEM without the last newline"]


@pytest.mark.parametrize(("curve", "name", "size"), [(ec.SECP256R1(), "P-256", 32), (ec.SECP384R1(), "P-384", 48), (ec.SECP521R1(), "P-521", 66)])  # fmt: skip
def test_an_ec_key_is_written_as_a_library_writes_it(curve: ec.EllipticCurve, name: str, size: int) -> None:
    public = ec.generate_private_key(curve).public_key()
    numbers = public.public_numbers()
    x, y = (b64(value.to_bytes(size, "big")) for value in (numbers.x, numbers.y))
    key: dict[str, Json] = {"kty": "EC", "crv": name, "x": x, "y": y}
    assert der.spki(key) == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert next(form.name for form in der.forms(key)) == "its PEM"


def test_the_key_of_a_certificate() -> None:
    text = certificate()
    found = der.certified(text)
    assert found is not None
    assert (found["n"], found["e"]) == (jwk()["n"], "AQAB")
    names = [form.name for form in der.forms(found)]
    assert "its certificate's PEM" in names
    assert "its x5c as it is" in names


@pytest.mark.parametrize(
    "key",
    [{}, {"kty": "oct", "k": "AAAA"}, {"kty": "RSA"}, {"kty": "RSA", "n": 7, "e": "AQAB"}, {"kty": "RSA", "n": "a", "e": "AQAB"}, {"kty": "EC", "crv": "P-256", "x": "AA"}, {"kty": "EC", "crv": "X", "x": "AA", "y": "AA"}],
)  # fmt: skip
def test_what_is_no_key_has_no_form(key: dict[str, Json]) -> None:
    assert der.forms(key) == []


@given(
    st.binary(max_size=60)
    | st.binary(max_size=30).map(lambda tail: bytes.fromhex("300d06092a864886f70d0101010500") + tail)
)
def test_bytes_that_are_no_certificate(data: bytes) -> None:
    found = der.certified(base64.b64encode(data).decode())
    assert found is None or {"kty", "n", "e"} <= found.keys()


def test_text_that_is_no_base64() -> None:
    assert der.certified("*") is None
    assert der.certified("é") is None


def test_keys_are_found_in_texts_as_they_are_published() -> None:
    public, key = PRIVATE.public_key(), jwk()
    known = {name: key[name] for name in ("kty", "n", "e")}
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        text = public.public_bytes(Encoding.PEM, form).decode()
        assert list(der.published(text)) == [known]
        assert list(der.published(orjson.dumps({"key": f"as follows {text}"}).decode())) == [known]
    text = certificate()
    (held,) = der.published(der.pem("CERTIFICATE", base64.b64decode(text)))
    assert (held["n"], held["x5c"]) == (key["n"], [text])


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1()])
def test_ec_keys_are_found_in_texts(curve: ec.EllipticCurve) -> None:
    public = ec.generate_private_key(curve).public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    (key,) = der.published(text)
    assert der.pem("PUBLIC KEY", der.spki(key) or b"") == text


@pytest.mark.parametrize("form", ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "EC"])
def test_a_key_that_was_cut_anywhere_is_none_or_no_longer_the_same(form: str) -> None:
    if form == "EC":
        label, whole = "PUBLIC KEY", ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip
    elif form == "CERTIFICATE":
        label, whole = form, base64.b64decode(certificate())
    else:
        inner = PublicFormat.PKCS1 if form.startswith("RSA") else PublicFormat.SubjectPublicKeyInfo
        label, whole = form, PRIVATE.public_key().public_bytes(Encoding.DER, inner)
    (key,) = der.published(der.pem(label, whole))
    for size in range(len(whole)):
        cut = list(der.published(der.pem(label, whole[:size])))
        assert len(cut) <= 1 and (form == "CERTIFICATE" or key not in cut), size


def test_an_ec_key_that_is_compressed_is_left() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    whole = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    head = whole[: -len(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)) - 3]
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = head + b"\x03" + bytes([len(point) + 1]) + b"\0" + point
    assert list(der.published(der.pem("PUBLIC KEY", compressed))) == []
    assert list(der.published(der.pem("PUBLIC KEY", bytes(16) + head))) == [], "nothing after the curve"


@given(
    st.text(alphabet="ABCabc0+/=\n\\", max_size=300), st.sampled_from(["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"])
)
def test_broken_texts_hold_no_key(inner: str, label: str) -> None:
    assert list(der.published(f"-----BEGIN {label}-----\n{inner}\n-----END {label}-----")) == []
