from __future__ import annotations

from typing import Literal

import pytest

from gatewright.proof.privacy import Evidence, is_private, singular, words


@pytest.mark.parametrize(
    ("codes", "action", "resource", "private"),
    [
        ("S1", "read", "order", True),
        ("S2", "read", "user", True),
        ("S4", "read", "wiki", True),
        ("W1 W2 W5", "read", "order", True),
        ("W1 W2", "read", "order", False),
        ("W1 W3 W5", "read", "order", False),
        ("W1 W2 W5", "read", "user", False),
        ("W1 W2 W5", "read", "wiki page", False),
        ("", "read", "order", False),
        ("S1 X1", "read", "order", False),
        ("S1 X2", "read", "order", False),
        ("S1 X4", "read", "order", False),
        ("W1 W5", "change", "order", True),
        ("W5", "change", "order", False),
        ("S1 X1", "change", "order", True),
        ("S1 X3", "delete", "order", True),
        ("S1 X4", "change", "order", False),
        ("S1 X5", "delete", "order", False),
    ],
)
def test_evidence_decides(
    codes: str, action: Literal["read", "change", "delete"], resource: str, private: bool
) -> None:
    found, why = is_private(Evidence(frozenset(codes.split())), action=action, resource=resource)
    assert found is private
    assert why


def test_the_strongest_is_told_first() -> None:
    told = Evidence(frozenset({"W5", "S1"})).told()
    assert told.startswith("each account's own list")
    assert Evidence(frozenset({"W5", "S1"})).strong
    assert not Evidence(frozenset({"W1", "W5", "X1"})).strong and not Evidence().strong


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orderItems", {"order", "item"}),
        ("HTTPServer", {"http", "server"}),
        ("categories_of-boxes", {"category", "of", "box"}),
        ("address", {"address"}),
        ("/v1/news", {"v", "news"}),
    ],
)
def test_words_of_a_name(name: str, expected: set[str]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("plural", "one"), [("notes", "note"), ("status", "status"), ("news", "news"), ("buses", "buse")]
)
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one
