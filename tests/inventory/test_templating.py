from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.inventory.templating import identifier, template


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("", ""),
        ("/users/7", "/users/{userId}"),
        ("/users/7/orders/9/", "/users/{userId}/orders/{orderId}/"),
        ("/api/v1/7", "/api/v1/{id}"),
        ("/7/8", "/{id}/{id2}"),
        ("/users/-1", "/users/{userId}"),
        (
            "/categories/3/boxes/4/addresses/5/status/6",
            "/categories/{categoryId}/boxes/{boxId}/addresses/{addressId}/status/{statusId}",
        ),
        ("/shopping-carts/3", "/shopping-carts/{shoppingCartId}"),
        ("/users/7/users/8", "/users/{userId}/users/{userId2}"),
        ("/notes/1b4e28ba-2fa1-11d2-883f-0016d3cca427", "/notes/{noteId}"),
        ("/notes/507f1f77bcf86cd799439011", "/notes/{noteId}"),
        ("/notes/deadbeef01", "/notes/{noteId}"),
        ("/notes/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/notes/{noteId}"),
        ("/notes/cus_9s6XKzkNRiz8i3", "/notes/{noteId}"),
        ("/notes/Q9ETXE3j6YApqTkyq", "/notes/{noteId}"),
        ("/notes/inv-00042", "/notes/{noteId}"),
        ("/verify/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "/verify/{verifyId}"),
        ("/users/alice%40example.com", "/users/{email}"),
        ("/days/2024-02-29/slots", "/days/{date}/slots"),
        ("/a;jsessionid=0A1B2C3D/b", "/a/b"),
        ("/a/{b}", "/a/%7Bb%7D"),
    ],
)
def test_identifiers_become_parameters(path: str, expected: str) -> None:
    assert template(path)[0] == expected


@pytest.mark.parametrize(
    "word",
    [
        "users",
        "me",
        "v1",
        "v2.1",
        "oauth2",
        "sha256",
        "utf-8",
        "base64",
        "search.json",
        "deadbeef",
        "facade",
        "application-configuration",
        "internationalization",
        "how-to-build-an-api",
        "swagger-ui.html",
        "getUserByUserName",
        "ListAllAvailableProductVariants",
        "web3",
        "mp3",
        "ipv4",
        "s3",
        "ec2",
        "2fa",
        "alice",
    ],
)
def test_words_stay(word: str) -> None:
    assert template(f"/a/{word}/b") == (f"/a/{word}/b", {})


def test_values_are_decoded() -> None:
    assert template("/users/a%2Bb@x.io/notes/12") == (
        "/users/{email}/notes/{noteId}",
        {"email": "a+b@x.io", "noteId": "12"},
    )


@given(
    st.uuids()
    | st.integers()
    | st.binary(min_size=12, max_size=12).map(bytes.hex).filter(lambda t: any(c.isdigit() for c in t))
)
def test_every_common_identifier_is_one(value: object) -> None:
    if len(str(value)) <= 40:
        assert identifier(str(value))


@given(st.text())
def test_a_template_is_its_own_template(path: str) -> None:
    once, values = template(path.partition("?")[0])
    assert once.count("/") == path.partition("?")[0].count("/") or ";" in path
    assert len(values) == once.count("{")
