"""API1: objects of others."""

from __future__ import annotations

from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness

_WITH_PATHS = ("bearer", "cookie")
"""Dialects in which a request has a path, a query and a body of its own, and may carry what nobody asked for."""


def _object(id_: str, test: str, endpoint: str, parameter: str, title: str, **more: Any) -> Weakness:
    if test == POLLUTION:
        more = {"dialects": _WITH_PATHS, **more}
    return Weakness(
        id=id_,
        threat="API1:2023",
        kind="object level authorization",
        test=test,
        endpoint=endpoint,
        parameter=parameter,
        title=title,
        **more,
    )


READ = "object-access-read"
CHANGE = "object-access-change"
DELETE = "object-access-delete"
POLLUTION = "parameter-pollution"

ROWS: tuple[Weakness, ...] = (
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
    _object(
        "claim-read-beside-path",
        POLLUTION,
        "GET /claims/{claim_id}",
        "path:claim_id",
        "The claim in the path is checked, the one in the query is shown",
    ),
    _object(
        "claim-receipt-by-last-value",
        POLLUTION,
        "GET /claims/receipt",
        "query:claim_id",
        "Of two claims in the query the first is checked, the last one is shown",
    ),
    _object(
        "claim-status-by-doubled-key",
        POLLUTION,
        "POST /claims/status",
        "body:claim_id",
        "Of two equal keys in the body the first is checked, the last one is shown",
    ),
    _object(
        "claim-change-by-id-in-body",
        POLLUTION,
        "PUT /claims/{claim_id}",
        "path:claim_id",
        "The claim in the path is checked, the one that the body names is changed",
    ),
    _object(
        "measurements-by-owner-filter",
        READ,
        "GET /measurements",
        "query:patient_id",
        "The list takes a filter for its patient that no specification names",
        dialects=_WITH_PATHS,
    ),
    _object(
        "measurements-in-bulk",
        READ,
        "POST /measurements/batch",
        "body:ids",
        "Of several measurements only the first one is checked",
        dialects=_WITH_PATHS,
    ),
    _object(
        "measurement-for-another",
        CHANGE,
        "POST /measurements",
        "body:patient_id",
        "A measurement is noted for whichever patient the body names",
        dialects=_WITH_PATHS,
    ),
    _object(
        "me-by-user-header",
        READ,
        "GET /me",
        "header:X-User-Id",
        "The account is shown that a header of the gateway's names",
        dialects=("bearer",),
    ),
    _object(
        "claim-withdraw-by-id",
        CHANGE,
        "POST /claims/{claim_id}/withdraw",
        "path:claim_id",
        "Any patient withdraws any claim",
    ),
    _object(
        "claim-receipt-by-link",
        READ,
        "GET /claims",
        "body:items[].receipt_url",
        "Whoever has logged in reads the receipt that another's claim links to",
        dialects=_WITH_PATHS,
    ),
    _object(
        "account-change-by-hidden-id",
        CHANGE,
        "PATCH /me",
        "body:patient_id",
        "The account is changed that the body names, although no specification says that it may name one",
        dialects=_WITH_PATHS,
    ),
)
