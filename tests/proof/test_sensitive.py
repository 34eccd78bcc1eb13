from __future__ import annotations

import pytest

from gatewright.proof.sensitive import classify, is_internal, masked


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("x", "$2b$12$" + "a" * 53, "password hash"),
        ("user.password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", "password hash"),
        ("etag", "5f4dcc3b5aa765d61d8327deb882cf99", ""),
        ("file.hash", "5f4dcc3b5aa765d61d8327deb882cf99", ""),
        ("content_digest", "5f4dcc3b5aa765d61d8327deb882cf99", ""),
        ("x", "scrypt$4096$9f2c1a77$" + "Zk3v" * 12, "password hash"),
        ("x", "scrypt:32768:8:1$uS3x$" + "9f" * 32, "password hash"),
        ("x", "pbkdf2_sha256$600000$a1B2c3$" + "Zk3v" * 11, "password hash"),
        ("x", "$pbkdf2-sha512$25000$abc$" + "Zk3v" * 11, "password hash"),
        ("x", "sha1$a1b2$" + "9f" * 20, "password hash"),
        ("x", "{bcrypt}$2a$10$" + "a" * 53, "password hash"),
        ("x", "$P$B" + "a" * 30, "password hash"),
        ("x", "AQAAAAEAACcQAAAAE" + "a1B2" * 17, "password hash"),
        ("image", "sha256:" + "9f" * 32, ""),
        ("passwordHash", "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=", "password hash"),
        ("passwordPolicy", "https://example.com/Policies/Passwords1", ""),
        ("users[].ssn", "536-90-4399", "national id"),
        ("nationalId", "390.533.447-05", "national id"),
        ("orderNumber", "390.533.447-05", ""),
        ("ssn", "not given yet", ""),
        ("address.city", "Bergen", "address"),
        ("ip_address", "10.1.2.3", ""),
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


def test_a_hash_in_an_account_is_that_of_its_password() -> None:
    assert classify("users[].hash", "5f4dcc3b5aa765d61d8327deb882cf99", account=True) == "password hash"
    assert classify("users[].avatar_hash", "5f4dcc3b5aa765d61d8327deb882cf99", account=True) == ""


@pytest.mark.parametrize(("value", "hidden"), [("****4242", True), ("xxxx-xxxx-4242", True), ("4242", False)])
def test_masked(value: str, hidden: bool) -> None:
    assert masked(value) is hidden


def test_internal_names() -> None:
    assert is_internal("items[].purchaseCost")
    assert not is_internal("items[].costume")
