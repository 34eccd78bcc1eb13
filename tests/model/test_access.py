from __future__ import annotations

import pytest

from gatewright.model.access import Access, Row, Whose, Word, cells_of, columns, expected, rows_of, seen_by
from gatewright.model.endpoint import Endpoint

INVOICE = Endpoint(method="GET", path="/invoices/{invoice_id}", base="/v1")
ROWS = (
    Row("* *", {"anon": "deny"}),
    Row("GET /v1/invoices/{id}", {"owner": "allow", "user": "deny", "carol": "allow", "anon": "deny"}),
    Row("GET /v1/*", {"user": "allow"}),
)


@pytest.mark.parametrize(
    ("method", "path", "cells"),
    [
        ("GET", "/invoices/{invoice_id}", ROWS[1].cells),
        ("GET", "/invoices", {"user": "allow"}),
        ("POST", "/invoices", {"anon": "deny"}),
    ],
)
def test_the_row_with_the_longest_literal_part_wins(method: str, path: str, cells: dict[str, Word]) -> None:
    assert cells_of(ROWS, Endpoint(method=method, path=path, base="/v1")) == cells


def test_without_a_row_nothing_is_expected() -> None:
    assert cells_of(ROWS[1:], Endpoint(method="PUT", path="/x")) == {}


@pytest.mark.parametrize(
    ("account", "role", "whose", "bound", "word"),
    [
        ("alice", "user", "own", True, "allow"),
        ("bob", "user", "others", True, "deny"),
        ("carol", "user", "others", True, "allow"),
        ("bob", "user", "own", False, "deny"),
        ("root", "admin", "others", True, None),
        ("anon", "", "own", True, "deny"),
    ],
)
def test_owner_stands_for_ones_own_and_role_or_name_for_the_rest(
    account: str, role: str, whose: Whose, bound: bool, word: Word | None
) -> None:
    assert expected(ROWS[1].cells, account, role, whose=whose, bound=bound) == word


@pytest.mark.parametrize(
    ("test", "account", "reason", "bound", "shown"),
    [
        ("object-access-read", "bob", "proved", True, ("others", "allow")),
        ("object-access-delete", "bob", "denied", True, ("others", "deny")),
        ("object-access-read", "bob", "echo", True, None),
        ("function-access", "bob", "denied", False, ("own", "deny")),
        ("function-access", "bob", "denied", True, ("others", "deny")),
        ("auth-missing", "anon", "public", True, ("own", "allow")),
        ("cors", "bob", "proved", False, None),
    ],
)
def test_what_a_verdict_shows(
    test: str, account: str, reason: str, bound: bool, shown: tuple[Whose, Word] | None
) -> None:
    assert seen_by(test, account, reason, bound=bound) == shown


def test_what_was_learnt_as_rows() -> None:
    def field(account: str, role: str, whose: Whose, happened: Word, endpoint: str = INVOICE.id) -> Access:
        return Access(endpoint=endpoint, account=account, role=role, whose=whose, happened=happened)

    matrix = (
        field("alice", "user", "own", "allow"),
        field("bob", "user", "others", "deny"),
        field("root", "admin", "others", "allow"),
        field("anon", "", "own", "deny"),
        field("sam", "staff", "others", "allow"),
        field("sue", "staff", "others", "deny"),
        field("alice", "user", "own", "allow", "GET elsewhere"),
    )
    rows = rows_of(matrix, {INVOICE.id: INVOICE})
    assert [(row.pattern, list(row.cells.items())) for row in rows] == [
        (INVOICE.name, [("owner", "allow"), ("user", "deny"), ("admin", "allow"), ("anon", "deny")])
    ]
    assert columns(matrix) == [
        ("alice", "own"), ("bob", "others"), ("root", "others"), ("sam", "others"), ("sue", "others"), ("anon", "own"),
    ]  # fmt: skip
    for one in matrix[:4]:
        word = expected(rows[0].cells, one.account, one.role, whose=one.whose, bound=True)
        assert word == one.happened
