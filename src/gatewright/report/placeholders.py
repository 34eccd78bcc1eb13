"""Names for the secrets that curl lines and pytests need: `$GW_TOKEN_ALICE` instead of the token.

Reports are made from masked exchanges (`model.mask`). Each mask in a request becomes the name of a variable;
`gatewright login --export` prints the lines that set them.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from gatewright.model.account import ANON, Credential
from gatewright.model.http import Exchange, Headers
from gatewright.model.mask import MASKED
from gatewright.model.variables import named, place_rank, variable

VARIABLE = re.compile(r"«([^»]+)»")
"""How a variable stands in a template: its name, or `jwt NAME|HEADER|TAIL` for a token that was forged from it."""
UNCHECKED = ("jwt-signature-unchecked",)
"""Tests whose attack is the account's own token with another signature."""
_UNSIGNED = re.compile(r"(eyJ[\w-]+)\.[\w-]+(\.?)(?![\w.-])", re.ASCII)
_NO_SIGNATURE = "." + "A" * 43
_ADDED = ("host", "content-length", "transfer-encoding", "connection")


_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/\s]+)/\d{8}/([\w-]+)/([\w-]+)/aws4_request")
_SIGNING = frozenset({"authorization", "x-amz-date", "x-amz-content-sha256"})


class Signing(Struct, frozen=True, kw_only=True):
    """A request that is signed anew each time (AWS Signature Version 4): the variable of the secret key, and what it is for."""

    variable: str
    key: str
    region: str
    service: str


class Template(Struct, frozen=True, kw_only=True):
    """A request with `«NAME»` for each secret. `body` is text, or bytes where it is not UTF-8."""

    method: str
    origin: str
    target: str
    headers: Headers
    body: str | bytes
    signing: Signing | None = None
    certificate: str = ""
    """The variable that holds the path of the client certificate which its connection shows; empty: it shows none."""


def credential_variables(account: str, credentials: Iterable[Credential]) -> list[tuple[str, str]]:
    """Variables of an account with their values, as curl lines and pytests name them."""
    return [(name, credential.value.reveal()) for name, credential in named(account, credentials)]


def template(exchange: Exchange, *, test: str = "") -> Template:
    """The request of a masked exchange. What every client adds by itself (Host, lengths) is left out.

    `test` for the attack of a finding: a forged token is made again from the account's present one, since the
    recorded one expires.
    """
    request = exchange.request
    names = _names(exchange)
    if test in UNCHECKED:
        names = {mask: f"jwt {name}||{_NO_SIGNATURE}" for mask, name in names.items()}
    elif test.startswith("jwt-"):
        names = {}  # not the account's own token: with that one the attack would always succeed
    exact = request.framing == "exact"
    signing = _signing(exchange, names)
    if signing is not None:
        request = msgspec.structs.replace(
            request, headers=tuple(line for line in request.headers if line[0].lower() not in _SIGNING)
        )
    headers = tuple(
        (name, _fill(_forged(value, exchange.account) if test else value, names))
        for name, value in request.headers
        if name.lower() not in _ADDED
        or (exact and name.lower() != "host")
        or (request.listen is not None and name.lower() == "connection")
    )
    try:
        body: str | bytes = _fill(request.body.decode(), names)
    except UnicodeDecodeError:
        body = request.body
    return Template(
        method=request.method,
        origin=request.origin,
        target=_fill(_forged(request.target, exchange.account) if test else request.target, names),
        headers=headers,
        body=body,
        signing=signing,
        certificate=_certificate(exchange, names),
    )


def said(exchange: Exchange) -> tuple[str, ...]:
    """What a masked exchange says on its stream once that is open, with `«NAME»` for each secret."""
    listen = exchange.request.listen
    return tuple(_fill(text, _names(exchange)) for text in listen.say) if listen is not None else ()


def _signing(exchange: Exchange, names: dict[str, str]) -> Signing | None:
    """How the account signs; None where it does not."""
    found = _SIGNED.match(exchange.request.header("authorization") or "")
    if found is None or exchange.account == ANON:
        return None
    return Signing(variable=variable(exchange.account), key=_fill(found[1], names), region=found[2], service=found[3])


def _certificate(exchange: Exchange, names: dict[str, str]) -> str:
    """As `variables.named` calls it: the first of an account's credentials has no name of its own."""
    if not exchange.request.certificate or exchange.account == ANON:
        return ""
    return variable(exchange.account, "certificate" if names else "")


def _names(exchange: Exchange) -> dict[str, str]:
    """Mask → variable, credentials of the account first."""
    places = [("query", part.partition("=")[0], part) for part in exchange.request.target.partition("?")[2].split("&")]
    for name, value in exchange.request.headers:
        if name.lower() == "cookie":
            places += [("cookie", part.partition("=")[0], part) for part in value.split("; ")]
        else:
            places.append(("header", name, value))
    found: dict[str, str] = {}
    if exchange.account == ANON:
        return found
    for _, name, value in sorted(places, key=lambda place: (place_rank(place[0], place[1]), place[1].lower())):
        match = MASKED.search(value)
        if match and match[0] not in found:
            found[match[0]] = variable(exchange.account, name if found else "")
    return found


def _forged(value: str, account: str) -> str:
    """An unsigned token (a mask does not hide it) as what it is: a header of its own on the account's claims."""
    if account == ANON:
        return value
    return _UNSIGNED.sub(lambda found: f"«jwt {variable(account)}|{found[1]}|{found[2]}»", value)


def _fill(text: str, names: dict[str, str]) -> str:
    """Text of the wire (Latin-1 code points) as UTF-8 where it is, with variables for its masks."""
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return MASKED.sub(lambda found: f"«{names.get(found[0], f'GW_SECRET_{found[2].upper()}')}»", text)
