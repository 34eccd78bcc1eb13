from __future__ import annotations

import pytest

from gatewright.explore import policy
from gatewright.model.endpoint import Endpoint


def endpoint(method, path, origin="http://127.0.0.1:1", operation=""):
    return Endpoint(method=method, path=path, origin=origin, operation=operation)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/orders", True),
        ("GET", "/createdb", True),
        ("GET", "/create/db", False),
        ("GET", "/orders/reset", False),
        ("GET", "/logout", False),
        ("GET", "/deleteAll", False),
        ("POST", "/orders/create", True),
        ("POST", "/db/seed", False),
        ("POST", "/admin/restart", False),
        ("DELETE", "/orders/{id}", True),
    ],
)
def test_destructive_words_in_safe_mode(method, path, allowed):
    assert (policy.forbidden(endpoint(method, path), "safe") == "") is allowed
    assert policy.forbidden(endpoint(method, path), "full") == ""


def test_read_only():
    assert "read-only" in policy.forbidden(endpoint("POST", "/orders"), "read-only")
    assert policy.forbidden(endpoint("HEAD", "/orders"), "read-only") == ""


@pytest.mark.parametrize(
    "path", ["/orders/{id}/pay", "/payments", "/sendMail", "/invitations", "/notify", "/sms", "/email"]
)
def test_outward_words_wait_for_full_mode_on_public_hosts(path):
    assert policy.forbidden(endpoint("POST", path, "https://api.example.com"), "safe").startswith("outward")
    assert policy.forbidden(endpoint("POST", path, "https://api.example.com"), "full") == ""
    assert policy.forbidden(endpoint("POST", path, "http://10.0.0.5"), "safe") == ""
    assert policy.forbidden(endpoint("GET", path, "https://api.example.com"), "safe") == ""


@pytest.mark.parametrize("path", ["/callbacks", "/relationships", "/mailboxes", "/prints-catalogue-x"])
def test_words_that_only_look_outward(path):
    said = policy.outward(endpoint("POST", path))
    assert said in ("", "print", "prints")


@pytest.mark.parametrize(
    ("origin", "near"),
    [
        ("http://localhost:80", True),
        ("http://[::1]:80", True),
        ("http://192.168.1.4", True),
        ("https://example.com", False),
        ("http://8.8.8.8", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_near(origin, near):
    assert policy.near(origin) is near


@pytest.mark.parametrize(
    ("path", "tags", "said"),
    [
        ("/admin/users", (), True),
        ("/v1/internal-tools/jobs", (), True),
        ("/users", ("Administration",), True),
        ("/users/{admin}", (), False),
        ("/staff", ("users",), False),
    ],
)
def test_what_says_that_it_is_meant_for_a_higher_role(path, tags, said):
    assert policy.administers(Endpoint(method="PATCH", path=path, origin="http://127.0.0.1:1", tags=tags)) is said
