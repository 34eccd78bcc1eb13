"""API4: what costs the clinic more than it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness

_BODIES = frozenset({"upload-size", "upload-type", "cost-json", "cost-decompression"})
"""Tests of bodies of any shape: that of a GraphQL request is always the same, and small."""


def _costs(
    id_: str,
    test: str,
    endpoint: str,
    title: str,
    *,
    parameter: str | None = None,
    words: bool = False,
    needs: dict[str, Any] | None = None,
    dialects: tuple[str, ...] = ("bearer", "cookie", "graphql"),
) -> Weakness:
    found = Weakness(
        id=id_,
        threat="API4:2023",
        kind="unrestricted resource consumption",
        test=test,
        endpoint=endpoint,
        parameter=parameter,
        words=words,
        title=title,
        needs=needs,
        dialects=dialects,
    )
    if test not in _BODIES:
        return found
    return replace(found, dialects=("bearer",) if test.startswith("upload") else ("bearer", "cookie"))


ROWS: tuple[Weakness, ...] = (
    _costs(
        "product-search-without-limit",
        "no-rate-limit",
        "GET /products/search",
        "The search of the shop is answered however often it is asked",
        words=True,
    ),
    _costs(
        "account-without-limit",
        "no-rate-limit",
        "GET /me",
        "The own account is shown however often it is asked for",
    ),
    _costs(
        "sign-up-without-limit",
        "no-rate-limit",
        "POST /auth/register",
        "Sign-ups are answered however often they are sent",
        dialects=("bearer", "cookie"),
    ),
    _costs(
        "reset-mail-without-limit",
        "no-rate-limit",
        "POST /auth/password/forgot",
        "A code that resets a password may be asked for however often one likes",
        dialects=("bearer", "cookie"),
    ),
    _costs(
        "scan-without-limit",
        "no-rate-limit",
        "POST /scans",
        "Papers may be scanned in however fast they come",
        dialects=("bearer",),
    ),
    _costs(
        "old-news-without-limit",
        "page-size",
        "GET /news/archive",
        "The archive hands out as many items as the caller asks for",
        parameter="query:limit",
        words=True,
    ),
    _costs(
        "contact-pattern",
        "cost-regex",
        "POST /contact/check",
        "An address that ends wrongly takes twice as long to check with each character",
        parameter="body:email",
    ),
    _costs(
        "old-news-by-expression",
        "cost-search",
        "GET /news/archive",
        "The archive takes what it is asked for as an expression",
        parameter="query:q",
        words=True,
    ),
    _costs(
        "scan-of-any-size",
        "upload-size",
        "POST /scans",
        "A scanned paper may be longer than the specification says",
        parameter="body:file",
    ),
    _costs(
        "scan-of-any-type",
        "upload-type",
        "POST /scans",
        "A scanned paper may be a page with scripts, and is given back as one",
        parameter="body:file",
    ),
    _costs(
        "metadata-depth",
        "cost-json",
        "PUT /documents/{document_id}/metadata",
        "The notes about a document are walked three times on each of their levels",
    ),
    _costs(
        "contact-packed",
        "cost-decompression",
        "POST /contact/check",
        "A packed body may be as long as it likes once it is unpacked",
    ),
)
