"""The first people and things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.lab.seed import PRINTED, password_of
from gatewright.lab.tables import COLUMNS


def everything(visitor: Any) -> dict[str, Any]:
    found = {table: visitor.clinic.tables.find(table) for table in COLUMNS}
    for user in found["users"]:
        user.pop("password_hash")
    return found


def test_the_same_seed_gives_the_same_clinic(visit: Callable[..., Any]) -> None:
    assert everything(visit()) == everything(visit("order-total"))
    assert everything(visit()) != everything(visit(seed=2))


def test_the_printed_accounts_get_in_with_their_roles(visit: Callable[..., Any]) -> None:
    visitor = visit(seed=3)
    roles = [visitor.send("GET", "/me", person.username).json["role"] for person in PRINTED]
    assert roles == ["patient", "patient", "staff", "admin"]
    assert len({password_of(person, seed) for person in PRINTED for seed in (3, 4)}) == 8


def test_each_patient_has_one_of_each(visit: Callable[..., Any]) -> None:
    visitor = visit()
    tables = [table for table, columns in COLUMNS.items() if " patient_id " in columns]
    for account in ("alice", "bob"):
        for table in tables:
            assert visitor.clinic.tables.find(table, patient_id=visitor.id(account)), table


def test_article_numbers_look_like_cards(visit: Callable[..., Any]) -> None:
    def luhn(digits: str) -> bool:
        doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
        return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0

    for product in visit().send("GET", "/products").json["items"]:
        assert luhn(product["ean"]) and luhn(product["serial"])
        weighted = sum(int(digit) * (1 + 2 * (index % 2)) for index, digit in enumerate(product["ean"]))
        assert weighted % 10 == 0
