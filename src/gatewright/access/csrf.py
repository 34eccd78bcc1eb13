"""CSRF tokens: where an API gives one, and how it wants it back."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from gatewright.access.classify import auth_endpoints
from gatewright.access.grant import Ask
from gatewright.access.tokens import is_csrf, set_cookies
from gatewright.access.words import words
from gatewright.model.account import Credential
from gatewright.model.endpoint import Specification
from gatewright.model.http import Request, Response
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read

_HEADERS = {
    "csrftoken": "X-CSRFToken",
    "csrfmiddlewaretoken": "X-CSRFToken",
    "xsrf-token": "X-XSRF-TOKEN",
    "__requestverificationtoken": "RequestVerificationToken",
}
"""Headers that go with well-known cookies and inputs (Django, Angular and Laravel, ASP.NET)."""


@dataclass
class Csrf:
    """A token and what belongs to it. `cookies` are all that came with it, the anonymous session included."""

    token: str = ""
    header: str = ""
    input: str = ""
    """Form field that a page named, empty when none did."""
    cookies: dict[str, str] = field(default_factory=dict)

    def credentials(self) -> tuple[Credential, ...]:
        """The header and the token's own cookies, for every later request."""
        if not self.token:
            return ()
        kept = [
            Credential(within="cookie", name=name, value=Secret(value))
            for name, value in self.cookies.items()
            if is_csrf(name)
        ]
        return (Credential(within="header", name=self.header, value=Secret(self.token)), *kept)


def wants(specification: Specification) -> bool:
    """Whether the specification speaks of CSRF: an endpoint that gives a token, a parameter or property that takes one."""
    if "csrf" in auth_endpoints(specification).values():
        return True
    return any(is_csrf(p.name) for endpoint in specification.endpoints for p in endpoint.parameters) or any(
        is_csrf(scheme.parameter) for scheme in specification.schemes.values()
    )


async def harvest(
    ask: Ask, specification: Specification, login: Request, account: str, cookies: dict[str, str]
) -> Csrf:
    """A token from at most three GETs: the endpoint that gives one, the log-in's own page, the front page."""
    kinds = auth_endpoints(specification)
    given = [e for e in specification.endpoints if kinds.get(e.id) == "csrf" and e.method == "GET"]
    targets = [(e.origin or login.origin, e.base + e.path) for e in given[:1]]
    targets += [(login.origin, login.target.partition("?")[0]), (login.origin, "/")]
    found = Csrf(cookies=dict(cookies))
    for origin, target in targets[:3]:
        lines = (("Cookie", "; ".join(f"{k}={v}" for k, v in found.cookies.items())),) if found.cookies else ()
        exchange = await ask(Request("GET", origin, target, lines), account, "log-in")
        if exchange.response is not None:
            absorb(found, exchange.response, specification, only=bool(given) and target == targets[0][1])
        if found.token:
            break
    return found


def absorb(found: Csrf, response: Response, specification: Specification, *, only: bool = False) -> None:
    """Take cookies and token from an answer. `only`: the answer is for nothing but a token, whatever its name."""
    for name, (value, _) in set_cookies(response).items():
        found.cookies.pop(name, None)
        if value:
            found.cookies[name] = value
    token, name, is_input = _in_answer(response, only)
    if token:
        found.token, found.input = token, name if is_input else found.input
        told = [leaf.value for leaf in read(response).leaves if words(leaf.path) == ("header", "name")]
        found.header = told[0] if told and re.fullmatch(r"[A-Za-z-]+", told[0]) else _header(specification, name)


def _in_answer(response: Response, only: bool) -> tuple[str, str, bool]:
    """Token, the name of the cookie or input that it came in, and whether that is an input of a form."""
    for name, value in response.headers:
        if is_csrf(name) and value.strip() and name.lower() != "set-cookie":
            return value.strip(), "", False
    answer = read(response)
    if answer.kind == "json":
        leaves = [leaf for leaf in answer.leaves if len(leaf.value) >= 8 and " " not in leaf.value]
        leaves.sort(key=lambda leaf: (not is_csrf(leaf.path), "token" not in words(leaf.path), -len(leaf.value)))
        if leaves and (only or is_csrf(leaves[0].path.rpartition(".")[2])):
            return leaves[0].value, "", False
    for tag in re.findall(r"<(?:input|meta)\b[^>]*>", answer.text):
        label = re.search(r"\bname=[\"']?([\w.-]+)", tag)
        given = re.search(r"\b(?:value|content)=[\"']([^\"']+)", tag)
        if label and given and is_csrf(label.group(1)) and "header" not in label.group(1).lower():
            return html.unescape(given.group(1)), label.group(1), tag.startswith("<input")
    for cookie, (content, _) in set_cookies(response).items():
        if is_csrf(cookie) and content:
            return _unquoted(content), cookie, False
    return "", "", False


def _unquoted(value: str) -> str:
    """The token itself: frameworks percent-encode it in the cookie and want it plain in the header."""
    return unquote(value)


def _header(specification: Specification, name: str) -> str:
    """The header that takes the token: the documented one, else the one that belongs to the cookie or input."""
    for scheme in specification.schemes.values():
        if scheme.within == "header" and is_csrf(scheme.parameter):
            return scheme.parameter
    for endpoint in specification.endpoints:
        for parameter in endpoint.parameters:
            if parameter.within == "header" and is_csrf(parameter.name):
                return parameter.name
    return _HEADERS.get(name.lower(), "X-CSRF-Token")
