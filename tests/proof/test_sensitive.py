from __future__ import annotations

import pytest

from gatewright.proof.sensitive import classify, is_internal, masked


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("x", "$2b$12$" + "a" * 53, "password hash"),
        ("user.password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", "password hash"),
        ("etag", "5f4dcc3b5aa765d61d8327deb882cf99", ""),
        ("pem", "-----BEGIN RSA PRIVATE KEY-----\nMII", "private key"),
        ("x", "AKIAABCDEFGHIJKLMNOP", "api key"),
        ("apiSecret", "x9Kq2LmZ7RtY4WbN8VcP3s", "secret"),
        ("note", "x9Kq2LmZ7RtY4WbN8VcP3s", ""),
        ("contact", "kari@example.com", "e-mail address"),
        ("cardNumber", "4242424242424242", "payment card"),
        ("cardNumber", "4242424242424243", ""),
        ("orderNumber", "4242424242424242", ""),
        ("account", "DE89370400440532013000", "bank account"),
        ("birthDate", "1990-04-01", "birth date"),
        ("createdAt", "1990-04-01", ""),
        ("phone", "+47 22 33 44 55", "phone number"),
        ("ean", "4006381333931", ""),
        ("street", "Storgata 1", "address"),
        ("diagnosis", "asthma", "health"),
        ("diagnosis", "null", ""),
    ],
)
def test_name_and_value_agree(path: str, value: str, kind: str) -> None:
    assert classify(path, value) == kind


@pytest.mark.parametrize(("value", "hidden"), [("****4242", True), ("xxxx-xxxx-4242", True), ("4242", False)])
def test_masked(value: str, hidden: bool) -> None:
    assert masked(value) is hidden


def test_internal_names() -> None:
    assert is_internal("items[].purchaseCost")
    assert not is_internal("items[].costume")
