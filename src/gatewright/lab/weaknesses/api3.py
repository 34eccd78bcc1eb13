"""API3: properties that are not the caller's to see or set."""

from __future__ import annotations

from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness


def _property(
    id_: str,
    test: str,
    endpoint: str,
    title: str,
    *,
    parameter: str | None = None,
    words: bool = False,
    **more: Any,
) -> Weakness:
    return Weakness(
        id=id_,
        threat="API3:2023",
        kind="object property level authorization",
        test=test,
        endpoint=endpoint,
        parameter=parameter,
        words=words,
        title=title,
        **more,
    )


ROWS: tuple[Weakness, ...] = (
    _property(
        "sign-up-role",
        "mass-assignment",
        "POST /auth/register",
        "Sign-up stores the role that the caller sends",
        parameter="body:role",
    ),
    _property(
        "account-balance",
        "mass-assignment",
        "PATCH /me",
        "A patient sets the balance of the own account",
        parameter="body:balance",
    ),
    _property(
        "order-total",
        "mass-assignment",
        "POST /orders",
        "A patient names the total of an order",
        parameter="body:total",
    ),
    _property(
        "prescription-status",
        "mass-assignment",
        "PUT /prescriptions/{prescription_id}",
        "A patient approves the own prescription",
        parameter="body:status",
    ),
    _property(
        "staff-password-hash",
        "data-exposure",
        "GET /staff",
        "The staff directory holds password hashes",
    ),
    _property(
        "message-contacts",
        "data-exposure",
        "GET /messages",
        "The list of messages shows both ends' e-mail addresses and birth dates",
    ),
    _property(
        "person-birth-date",
        "data-exposure",
        "GET /people/{user_id}",
        "What the forum shows of a member holds its birth date as well",
        dialects=("bearer", "cookie"),
    ),
    _property(
        "people-file-shelf",
        "data-exposure",
        "GET /people",
        "The forum's list shows where a member's file stands, which its page shows to the staff alone",
        dialects=("bearer", "cookie"),
    ),
    _property(
        "reset-code-shown",
        "data-exposure",
        "POST /auth/password/forgot",
        "Whoever asks for a code that resets a password gets it in the answer",
        dialects=("bearer", "cookie"),
    ),
    _property(
        "product-purchase-cost",
        "data-exposure",
        "GET /products/{product_id}",
        "A product shows what the clinic pays for it",
        words=True,
        dialects=("bearer", "cookie"),
    ),
)
