from __future__ import annotations

import base64

import pytest

from gatewright.proof import secrets


def test_every_word_once_and_not_too_many() -> None:
    found = list(secrets.words())
    assert len(found) == len(set(found))
    assert 80_000 < len(found) <= 100_000
    assert found == list(secrets.words())


@pytest.mark.parametrize(
    "word",
    ["", "secret", "Secret", "SECRET", "changeme", "changeme123", "your-256-bit-secret", "my-secret-key", "mysecretkey",
     "super_secret_key", "password2024", "qwerty", "1234567890", "000000", "0123456789"[:1], "jwt-secret", "JWT_SECRET", "keyboard cat", "django-insecure"],
)  # fmt: skip
def test_what_people_sign_with(word: str) -> None:
    assert word in set(secrets.words())


@pytest.mark.parametrize(
    "word", ["Harbour Log", "harbour-log", "harbourlog2024", "HARBOUR_LOG", "harbour-secret", "Harbour123"]
)
def test_names_of_the_api_come_early(word: str) -> None:
    found = list(secrets.words(["Harbour Log"]))
    assert found.index(word) < 5_000
    assert word not in set(secrets.words())


def test_a_word_may_be_base64() -> None:
    assert secrets.decoded(base64.b64encode(b"secret").decode()) == b"secret"
    assert secrets.decoded("c2Vj=cmV0") is None
    assert secrets.decoded("abc") is None
    assert secrets.decoded("se cr") is None
    assert secrets.decoded("a===") is None
