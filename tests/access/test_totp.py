from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.access.totp import Totp, read

SHA1 = base64.b32encode(b"12345678901234567890").decode()
SHA256 = base64.b32encode(b"12345678901234567890123456789012").decode()


@pytest.mark.parametrize(
    ("now", "sha1", "sha256"),
    [(59, "94287082", "46119246"), (1111111109, "07081804", "68084774"), (20000000000, "65353130", "77737706")],
)
def test_the_vectors_of_rfc_6238(now: int, sha1: str, sha256: str) -> None:
    for digest, secret, code in (("SHA1", SHA1, sha1), ("SHA256", SHA256, sha256)):
        rules = read(f"otpauth://totp/a:b?secret={secret}&digits=8&algorithm={digest}&issuer=x")
        assert rules.code(rules.step(now)) == code


def test_a_secret_as_people_type_it() -> None:
    rules = read("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq")
    assert rules == Totp(b"12345678901234567890")
    assert rules.code(rules.step(59)) == "287082"


@pytest.mark.parametrize(
    "secret", ["", "1", "not base32!", "otpauth://hotp/a?secret=GEZDGNBV", "otpauth://totp/a?secret=GEZDGNBV&digits=99"]
)
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError):
        read(secret)


@given(st.binary(min_size=10, max_size=64), st.integers(0, 2**40))
def test_codes_have_their_length(key: bytes, step: int) -> None:
    assert len(Totp(key).code(step)) == 6
    assert Totp(key).code(step).isdigit()
