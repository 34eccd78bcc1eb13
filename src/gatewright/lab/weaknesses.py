"""What is wrong with the clinic when asked: one row per weakness, each one condition that a route leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One weakness. `test` proves it, at `endpoint`; the fields are those of `lab list --json`."""

    id: str
    threat: str
    kind: str
    test: str
    endpoint: str
    """As the specification writes it: `GET /orders/{order_id}`."""
    parameter: str | None = None
    """`path:order_id`, `body:user_id`, …; None where the test names none."""
    words: bool = False
    """True when its proof rests on what a property is called, so that a scrambled lab hides it."""
    title: str
    dialects: tuple[str, ...] = ("bearer",)
    needs: dict[str, Any] | None = None

    def listed(self) -> dict[str, Any]:
        """The row of `lab list --json`."""
        return asdict(self)


def _object(id_: str, test: str, endpoint: str, parameter: str, title: str) -> Weakness:
    return Weakness(
        id=id_,
        threat="API1:2023",
        kind="object level authorization",
        test=test,
        endpoint=endpoint,
        parameter=parameter,
        title=title,
    )


def _login(id_: str, test: str, endpoint: str, title: str) -> Weakness:
    return Weakness(id=id_, threat="API2:2023", kind="authentication", test=test, endpoint=endpoint, title=title)


def _property(
    id_: str, test: str, endpoint: str, title: str, *, parameter: str | None = None, words: bool = False
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
    )


def _function(id_: str, test: str, endpoint: str, title: str) -> Weakness:
    return Weakness(
        id=id_, threat="API5:2023", kind="function level authorization", test=test, endpoint=endpoint, title=title
    )


READ = "object-access-read"
CHANGE = "object-access-change"
DELETE = "object-access-delete"

WEAKNESSES: tuple[Weakness, ...] = (
    _object(
        "appointment-read-by-id",
        READ,
        "GET /appointments/{appointment_id}",
        "path:appointment_id",
        "Any patient reads any appointment by its number",
    ),
    _object(
        "document-read-by-uuid",
        READ,
        "GET /documents/{document_id}",
        "path:document_id",
        "Whoever learns a document's random id reads the document",
    ),
    _object(
        "invoice-read-by-query",
        READ,
        "GET /invoices/detail",
        "query:invoice_id",
        "Any patient reads any invoice named in the query",
    ),
    _object(
        "order-read-by-body",
        READ,
        "POST /orders/lookup",
        "body:order_id",
        "Any patient looks up any order named in the body",
    ),
    _object(
        "prescriptions-read-by-header",
        READ,
        "GET /prescriptions",
        "header:X-Patient-Id",
        "The prescriptions of whichever patient the header names are listed",
    ),
    _object(
        "customer-read-by-name",
        READ,
        "GET /customers/{username}",
        "path:username",
        "Any patient reads any customer's details by user name",
    ),
    _object(
        "record-read-by-child",
        READ,
        "GET /patients/{patient_id}/records/{record_id}",
        "path:record_id",
        "The patient in the path is checked, the record is not tied to that patient",
    ),
    _object(
        "address-change-by-id",
        CHANGE,
        "PUT /addresses/{address_id}",
        "path:address_id",
        "Any patient overwrites any address by its number",
    ),
    _object(
        "profile-change-by-user-id",
        CHANGE,
        "PUT /profile",
        "body:user_id",
        "The profile update trusts the user id in its body",
    ),
    _object(
        "record-change-by-child",
        CHANGE,
        "PUT /patients/{patient_id}/records/{record_id}",
        "path:record_id",
        "A record is overwritten under another patient's path",
    ),
    _object(
        "document-delete-by-uuid",
        DELETE,
        "DELETE /documents/{document_id}",
        "path:document_id",
        "Whoever learns a document's random id deletes the document",
    ),
    _object(
        "review-delete-by-id",
        DELETE,
        "DELETE /reviews/{review_id}",
        "path:review_id",
        "Any patient deletes any review",
    ),
    _login(
        "payment-method-without-token",
        "auth-missing",
        "GET /payment-methods/{payment_method_id}",
        "A payment method is shown to callers without a token",
    ),
    _login(
        "appointment-change-without-token",
        "auth-missing",
        "PATCH /appointments/{appointment_id}",
        "An appointment is changed by callers without a token",
    ),
    _login("token-alg-none", "jwt-none", "GET /me", "Tokens that name the algorithm none are accepted"),
    _login(
        "token-signature-stripped",
        "jwt-signature-stripped",
        "GET /me",
        "Tokens without a signature are accepted",
    ),
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
        "news-undocumented-put",
        "method-change",
        "GET /news/{news_id}",
        "An undocumented PUT lets patients rewrite the news",
    ),
    _function(
        "question-method-override",
        "method-change",
        "GET /questions/{question_id}",
        "A method override header passes the role check by",
    ),
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
        "product-purchase-cost",
        "data-exposure",
        "GET /products/{product_id}",
        "A product shows what the clinic pays for it",
        words=True,
    ),
    Weakness(
        id="cors-any-origin",
        threat="API8:2023",
        kind="misconfiguration",
        test="cors",
        endpoint="GET /me",
        title="Any origin is reflected and allowed credentials",
    ),
)
"""In the order of the tests; ids are stable."""

IDS = frozenset(weakness.id for weakness in WEAKNESSES)


def chosen(only: Iterable[str], *, fixed: bool) -> frozenset[str]:
    """The ids that are on: none when fixed, those of `only`, else all. An unknown id raises KeyError with it."""
    wanted = frozenset(only)
    for unknown in sorted(wanted - IDS):
        raise KeyError(unknown)
    if fixed:
        return frozenset()
    return wanted or IDS
