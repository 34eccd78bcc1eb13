"""Which values are sensitive: by value first, by name only where a value alone says nothing (checks-1-5.md 4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stdnum import iban, luhn

from gatewright.proof import national
from gatewright.proof.privacy import words
from gatewright.proof.witness import entropy

CREDENTIALS = frozenset({"password", "password hash", "private key", "api key", "secret"})
CONTACTS = frozenset({"e-mail address", "phone number", "address"})
"""Ways to reach a person: a documented directory may be meant to show them."""
PERSONAL = CONTACTS | {"birth date", "payment card", "bank account", "health", "national id"}

_HASH = re.compile(
    r"^(?:(?:bcrypt(?:_sha256)?\$\$?|\{bcrypt\})?\$?2[abxy]?\$\d\d\$.{53}"
    r"|(?:argon2|\{argon2\})?\$?argon2(?:id|i|d)\$.+"
    r"|(?:\$|\{)?scrypt[$:}].*[$:].{16,}"
    r"|(?:\$|\{)?pbkdf2[-_:]?(?:sha\d+)?[$:}].+[$:].{16,}"
    r"|(?:sha(?:1|224|256|384|512)|md5)\$.+\$[0-9a-fA-F]{32,128}"
    r"|\$(?:1|5|6|7|y|gy)\$.{8,}|\$[PH]\$.{31}"
    r"|\{(?:S?SHA\d*|S?MD5|CRYPT)\}.{16,}"
    r"|AQAAAA[A-Za-z0-9+/]{74,}={0,2})$"
)
"""What the usual libraries store: its form tells a hash of a password, whatever the property is called."""
_DIGEST = re.compile(r"^[0-9a-fA-F]{32,128}$|^[0-9a-fA-F]{8,64}[:.$][0-9a-fA-F]{32,128}$")
_PACKED = re.compile(r"^[A-Za-z0-9+/_-]{22,172}={0,2}$")
"""A digest in base64, of 16 to 128 bytes."""
_VENDOR = re.compile(
    r"^(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}|glpat-[\w-]{20,}|[sr]k_live_[A-Za-z0-9]{16,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35}|SG\.[\w-]{22}\.[\w-]{43}|npm_[A-Za-z0-9]{36}|shpat_[0-9a-f]{32})$"
)
_PASSWORD = frozenset({"pass", "password", "passwd", "pwd", "passphrase"})
_DIGESTED = frozenset({"hash", "hashed", "digest"})
_NOT_HOME = frozenset({"ip", "mac", "email", "mail", "wallet", "web", "url", "remote", "client", "peer", "network"})
_EMAIL = re.compile(r"^[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
_PHONE = re.compile(r"^\+?[0-9][0-9 ()./-]{7,18}$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_CARD = re.compile(r"^[3-6]\d{3}([ -]?\d{4}){2,3}[ -]?\d{1,4}$")

_CONTEXT: Mapping[str, frozenset[str]] = {
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


def classify(path: str, value: str, *, account: bool = False) -> str:
    """The class of one leaf of an answer (a member of CREDENTIALS or PERSONAL), empty when it is nothing of the kind.

    `account`: the leaf stands in the record of an account, where `hash` is that of a password; elsewhere it is a file's.
    """
    name = words(path.rpartition(".")[2])
    if value.startswith("-----BEGIN") and "PRIVATE KEY-----" in value:
        return "private key"
    if _HASH.match(value) or _digest(name, value, account=account):
        return "password hash"
    if _VENDOR.match(value):
        return "api key"
    if name & _CONTEXT["secret"] and len(value) >= 20 and " " not in value and entropy(value) / len(value) >= 3.5:
        return "secret"
    return _personal(name | (words(_parent(path)) & {"address"}), value)


def _parent(path: str) -> str:
    return path.rpartition(".")[0].rpartition(".")[2]


def _digest(name: set[str], value: str, *, account: bool) -> bool:
    """A digest without a form of its own, under a name that says whose it is."""
    if not (name & _PASSWORD or (account and name and name <= _DIGESTED)):
        return False
    if _DIGEST.match(value):
        return True
    mixed = any(c.isdigit() for c in value) and any(c.isupper() for c in value) and any(c.islower() for c in value)
    return bool(name & _DIGESTED) and bool(_PACKED.match(value)) and mixed and entropy(value) / len(value) >= 3.5


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
    if national.named(name) and national.valid(value):
        return "national id"
    for kind in ("address", "health"):
        if kind == "address" and name & _NOT_HOME:
            continue
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
