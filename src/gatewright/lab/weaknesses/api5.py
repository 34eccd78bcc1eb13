"""API5: functions of other roles."""

from __future__ import annotations

from dataclasses import replace

from gatewright.lab.weaknesses.weakness import Weakness


def _function(id_: str, test: str, endpoint: str, title: str) -> Weakness:
    kind = "function level authorization"
    return Weakness(id=id_, threat="API5:2023", kind=kind, test=test, endpoint=endpoint, title=title)


def _method(id_: str, endpoint: str, title: str) -> Weakness:
    test, dialects = "method-change", ("bearer", "cookie")
    return replace(_function(id_, test, endpoint, title), dialects=dialects)


def _path(id_: str, endpoint: str, title: str, *, words: bool) -> Weakness:
    row = _function(id_, "admin-path", endpoint, title)
    return replace(row, dialects=("bearer", "cookie"), words=words)


ROWS: tuple[Weakness, ...] = (
    _function(
        "audit-log-for-patients",
        "function-access",
        "GET /admin/audit-log",
        "Patients read the administrators' audit log",
    ),
    _function(
        "product-change-by-patients",
        "function-access",
        "PATCH /products/{product_id}",
        "Patients change products, which is for staff",
    ),
    _function(
        "salaries-for-staff",
        "function-access",
        "GET /staff/salaries",
        "Staff read everybody's salary, which is for administrators",
    ),
    _function(
        "suspension-by-patients",
        "function-access",
        "POST /admin/users/{user_id}/suspension",
        "Patients suspend accounts, which is for administrators",
    ),
    _path(
        "accounts-by-a-slash",
        "GET /admin/users",
        "A slash at the end of its path passes the role check of the list of accounts",
        words=False,
    ),
    _path(
        "books-at-internal",
        "GET /admin/export",
        "An undocumented copy of the export forgets the role check",
        words=True,
    ),
    _method(
        "news-undocumented-put",
        "GET /news/{news_id}",
        "An undocumented PUT lets patients rewrite the news",
    ),
    _method(
        "question-method-override",
        "GET /questions/{question_id}",
        "A method override header passes the role check by",
    ),
)
