"""CSRF tokens: where an API gives one, and how it wants it back."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from gatewright.access.classify import auth_endpoints
from gatewright.access.grant import Ask
from gatewright.access.tokens import is_csrf, set_cookies
from gatewright.model.account import Credential
from gatewright.model.endpoint import Specification
from gatewright.model.http import Request, Response
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read

_COOKIE_HEADERS = {"csrftoken": "X-CSRFToken", "xsrf-token": "X-XSRF-TOKEN", "csrf-token": "X-CSRF-Token"}
"""Headers that go with well-known cookies (Django, Angular and Laravel, Express)."""


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
    token, cookie, name = _in_answer(response, only)
    if token:
        found.token, found.input = token, name or found.input
        found.header = _header(specification, cookie)


def _in_answer(response: Response, only: bool) -> tuple[str, str, str]:
    """Token, the cookie that it came in, and the form field that a page names."""
    for name, value in response.headers:
        if is_csrf(name) and value.strip() and name.lower() != "set-cookie":
            return value.strip(), "", ""
    answer = read(response)
    if answer.kind == "json":
        leaves = [leaf for leaf in answer.leaves if len(leaf.value) >= 8 and " " not in leaf.value]
        named = [leaf for leaf in leaves if is_csrf(leaf.path.rpartition(".")[2])]
        if named or (only and leaves):
            return (named or leaves)[0].value, "", ""
    page = re.findall(r"<(?:input|meta)\b[^>]*>", answer.text)
    for tag in page:
        label = re.search(r"\bname=[\"']?([\w.-]+)", tag)
        given = re.search(r"\b(?:value|content)=[\"']([^\"']+)", tag)
        if label and given and is_csrf(label.group(1)):
            return html.unescape(given.group(1)), "", label.group(1) if tag.startswith("<input") else ""
    for cookie, (content, _) in set_cookies(response).items():
        if is_csrf(cookie) and content:
            return _unquoted(content), cookie, ""
    return "", "", ""


def _unquoted(value: str) -> str:
    """The token itself: frameworks percent-encode it in the cookie and want it plain in the header."""
    return unquote(value)


def _header(specification: Specification, cookie: str) -> str:
    """The header that takes the token: the documented one, else the one that belongs to the cookie."""
    for scheme in specification.schemes.values():
        if scheme.within == "header" and is_csrf(scheme.parameter):
            return scheme.parameter
    for endpoint in specification.endpoints:
        for parameter in endpoint.parameters:
            if parameter.within == "header" and is_csrf(parameter.name):
                return parameter.name
    return _COOKIE_HEADERS.get(cookie.lower(), "X-CSRF-Token")
