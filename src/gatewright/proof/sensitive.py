"""Which values are sensitive: by value first, by name only where a value alone says nothing (checks-1-5.md 4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stdnum import iban, luhn

from gatewright.proof.privacy import words
from gatewright.proof.witness import entropy

CREDENTIALS = frozenset({"password", "password hash", "private key", "api key", "secret"})
PERSONAL = frozenset(
    {"e-mail address", "phone number", "birth date", "payment card", "bank account", "address", "health"}
)

_HASH = re.compile(
    r"^(\$2[abxy]?\$\d\d\$.{53}|\$argon2(id|i|d)\$.+|\$scrypt\$.+|scrypt:.+\$.+|\$[156]\$.{8,}|pbkdf2[_:]sha\d+[$:].+|\{SSHA\}.+)$"
)
_HEX = re.compile(r"^[0-9a-fA-F]{32,128}$")
_VENDOR = re.compile(
    r"^(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|sk_live_[A-Za-z0-9]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35})$"
)
_EMAIL = re.compile(r"^[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
_PHONE = re.compile(r"^\+?[0-9][0-9 ()./-]{7,18}$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_CARD = re.compile(r"^[3-6]\d{3}([ -]?\d{4}){2,3}[ -]?\d{1,4}$")

_CONTEXT: Mapping[str, frozenset[str]] = {
    "password hash": frozenset({"hash", "pass", "password", "passwd", "pwd", "digest"}),
    "secret": frozenset({"secret", "token", "key", "apikey", "otp", "code"}),
    "payment card": frozenset({"card", "pan", "creditcard", "cc"}),
    "phone number": frozenset({"phone", "mobile", "tel", "telephone", "cell", "fax"}),
    "birth date": frozenset({"birth", "birthday", "dob", "born", "birthdate"}),
    "address": frozenset({"address", "street", "postcode", "zip"}),
    "health": frozenset({"diagnosis", "allergy", "medication", "symptom", "blood", "disease", "treatment"}),
}
INTERNAL = frozenset(
    {
        "internal",
        "debug",
        "stack",
        "trace",
        "cost",
        "margin",
        "deleted",
        "admin",
        "staff",
        "superuser",
        "risk",
        "flag",
        "ssn",
        "salary",
    }
)
"""Words of properties that are the operator's own business; they count only where the specification lacks them."""


def classify(path: str, value: str) -> str:
    """The class of one leaf of an answer (a member of CREDENTIALS or PERSONAL), empty when it is nothing of the kind."""
    name = words(path.rpartition(".")[2])
    if value.startswith("-----BEGIN") and "PRIVATE KEY-----" in value:
        return "private key"
    if _HASH.match(value) or (_HEX.match(value) and name & _CONTEXT["password hash"]):
        return "password hash"
    if _VENDOR.match(value):
        return "api key"
    if name & _CONTEXT["secret"] and len(value) >= 20 and " " not in value and entropy(value) / len(value) >= 3.5:
        return "secret"
    return _personal(name, value)


def _personal(name: set[str], value: str) -> str:
    if _EMAIL.match(value):
        return "e-mail address"
    digits = re.sub(r"[ -]", "", value)
    if _CARD.match(value) and len(digits) in (15, 16) and luhn.is_valid(digits) and name & _CONTEXT["payment card"]:
        return "payment card"
    if len(value) >= 15 and iban.is_valid(value):
        return "bank account"
    if _DATE.match(value) and name & _CONTEXT["birth date"]:
        return "birth date"
    if _PHONE.match(value) and name & _CONTEXT["phone number"] and sum(c.isdigit() for c in value) >= 8:
        return "phone number"
    for kind in ("address", "health"):
        if name & _CONTEXT[kind] and len(value) >= 4 and not value.isdigit() and value not in ("null", "true", "false"):
            return kind
    return ""


def masked(value: str) -> bool:
    """Whether a value is masked already: `****4242`, `a***@example.com`."""
    return value.count("*") >= 3 or "…" in value or value.lower().count("x") >= 8


def is_internal(path: str) -> bool:
    """Whether a property's own name says that it is internal."""
    name = words(path.rpartition(".")[2])
    return bool(name & INTERNAL)
