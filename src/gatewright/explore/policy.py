"""What exploration may send in which mode (checks-1-5.md 1.2, interface.md section 2). Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from gatewright.explore.words import words
from gatewright.model.endpoint import Endpoint
from gatewright.model.names import singular
from gatewright.model.settings import Mode

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DESTRUCTIVE = frozenset({"reset", "drop", "seed", "init", "migrate", "logout", "signout", "restart", "shutdown"})
_DESTRUCTIVE |= {"wipe", "purge", "truncate", "flush", "destroy", "reboot"}
_WRITING = _DESTRUCTIVE | {"create", "delete", "remove", "deactivate", "unsubscribe", "revoke", "rotate", "regenerate"}
_WRITING |= {"suspend", "terminate", "disable"}
_OUTWARD = frozenset({"pay", "charge", "refund", "send", "mail", "sms", "call", "notify", "invite", "print", "ship"})
_FORMS = {word + ending: word for word in _OUTWARD for ending in ("s", "ed", "ing", "ment", "ments", "er", "ping")}
_FORMS |= {"email": "mail", "emails": "mail", "paid": "pay", "sent": "send", "notification": "notify"}
_FORMS |= {"notifications": "notify", "invitation": "invite", "invitations": "invite", "callback": "", "caller": ""}
_FORMS |= {"printer": "", "sender": "", "mailer": "mail"}
ADMINISTRATION = frozenset(
    ["admin", "administrator", "administration", "backoffice", "internal", "superuser", "supervisor", "root"]
)
"""Words by which a path or a tag says that it is for a higher role."""


def administers(endpoint: Endpoint) -> bool:
    """Whether path or tags say that an endpoint is meant for a higher role, whoever else it lets in."""
    fixed = [part for part in endpoint.path.split("/") if "{" not in part]
    return any(singular(word) in ADMINISTRATION for text in (*fixed, *endpoint.tags) for word in words(text))


def forbidden(endpoint: Endpoint, mode: Mode) -> str:
    """Why the endpoint must not be called at all in this mode; empty when it may be."""
    if mode == "read-only" and endpoint.method not in SAFE:
        return f"mode: read-only sends no {endpoint.method}"
    if mode != "full":
        path = set(words(endpoint.path)) | set(words(endpoint.operation) if endpoint.method in SAFE else [])
        wrong = sorted(path & (_WRITING if endpoint.method in SAFE else _DESTRUCTIVE))
        if wrong:
            return f"mode: {endpoint.name} looks as if it would {wrong[0]} something; only --mode full calls it"
    if mode != "full" and endpoint.method not in SAFE and not near(endpoint.origin):
        word = outward(endpoint)
        if word:
            return f"outward: {endpoint.name} says {word}; --mode full calls it on a public host"
    return ""


_ASKING = frozenset({"query", "search", "find", "lookup", "filter", "count", "exists"})


def asks(endpoint: Endpoint) -> bool:
    """Whether it only reads: GET and the like, or a POST whose path ends with a word for asking (`/readings/query`)."""
    if endpoint.method in SAFE or endpoint.method != "POST":
        return endpoint.method in SAFE
    return endpoint.path.rstrip("/").rpartition("/")[2].lower() in _ASKING


_REMOVING = frozenset({"delete", "remove", "destroy", "archive", "trash", "erase", "discard"})


def removes_several(endpoint: Endpoint) -> bool:
    """Whether it removes what its body or query names: DELETE of a collection, or a POST whose last words say so."""
    last = endpoint.path.rstrip("/").rpartition("/")[2]
    if endpoint.field is not None or last.startswith("{"):
        return False
    return endpoint.method == "DELETE" or (endpoint.method == "POST" and bool(set(words(last)) & _REMOVING))


def outward(endpoint: Endpoint) -> str:
    """The word by which an endpoint says that it reaches the world outside (pay, send, …); empty when none."""
    said = [*words(endpoint.path), *words(endpoint.operation)]
    for word in said:
        if word in _OUTWARD or _FORMS.get(word):
            return word
    return ""


def near(origin: str) -> bool:
    """Whether a host is loopback or private by its address, or `localhost`."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
