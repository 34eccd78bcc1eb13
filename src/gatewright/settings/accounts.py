"""Accounts and their log-ins, from the file and from `--account`."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from gatewright.access import totp
from gatewright.model.account import ANON, Account, Credential, Login, Step
from gatewright.model.errors import UsageError
from gatewright.model.secret import Secret
from gatewright.settings.document import Node

KEYS = (
    "role",
    "username",
    "password",
    "bearer",
    "basic",
    "cookie",
    "cookies",
    "headers",
    "api_key",
    "oauth2",
    "sigv4",
    "cert",
    "totp_secret",
    "signing_key",
    "login",
    "identity",
    "private",
)
FORMS = "USER:PASSWORD, bearer:TOKEN, basic:USER:PASSWORD, cookie:NAME=VALUE or header:NAME=VALUE"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*")
_OAUTH2 = (
    "grant",
    "client_id",
    "client_secret",
    "scope",
    "token_url",
    "authorize_url",
    "redirect_uri",
    "issuer",
)
_GRANTS = ("authorization_code", "client_credentials", "password")
_SIGV4 = ("access_key", "secret_key", "region", "service", "session_token")
_REQUEST = ("method", "path", "headers", "json", "form", "body")
_LINE = re.compile(r"([A-Za-z]+)\s+(\S+)")


def read_account(name: str, node: Node, folder: Path = Path()) -> Account:
    """One account of the file; `folder` is where relative paths begin.

    Raises UsageError where it says nothing that logs it in, or half of it.
    """
    found = node.mapping(KEYS)
    if not _NAME.fullmatch(name) or name in (ANON, "owner"):
        node.fail(f"`{name}` cannot be the name of an account", help="use letters, digits and _ . - (not anon, owner)")
    account = Account(
        name=name,
        role=_text(found, "role"),
        username=_text(found, "username"),
        password=Secret(found["password"].text()) if "password" in found else None,
        credentials=_credentials(found),
        oauth2=_oauth2(found["oauth2"]) if "oauth2" in found else {},
        totp_secret=_totp(found["totp_secret"]) if "totp_secret" in found else None,
        cert=_cert(found["cert"], folder) if "cert" in found else "",
        login=read_login(found["login"]) if "login" in found else None,
        signing_key=Secret(found["signing_key"].text()) if "signing_key" in found else None,
        identity=found["identity"].texts() if "identity" in found else (),
        private=found["private"].texts() if "private" in found else (),
    )
    if bool(account.username) != bool(account.password) and not (account.login or account.oauth2):
        node.fail(f"account {name} has a {'username' if account.username else 'password'} but not the other")
    if not (account.username or account.credentials or account.oauth2 or account.login or account.cert):
        help_ = "give username and password, bearer, basic, cookie, headers, api_key, oauth2, sigv4, cert or login"
        node.fail(f"account {name} has nothing that logs it in", help=help_)
    return account


def read_login(node: Node) -> Login | None:
    """`auto` is None; else the explicit steps: keys `steps`, `apply`, `logged_in`, `expires`, or a list of the same."""
    if node.kind == "scalar":
        node.word("auto")
        return None
    steps: list[Step] = []
    rest: dict[str, Node] = {}
    if node.kind == "list":
        for item in node.sequence():
            if "request" in item.keys:
                steps.append(_step(item))
            else:
                rest |= item.mapping(("apply", "logged_in", "expires"))
    else:
        rest = node.mapping(("steps", "apply", "logged_in", "expires"))
        steps = [_step(item) for item in rest["steps"].sequence()] if "steps" in rest else []
    if not steps:
        node.fail(
            "a log-in needs at least one step", help="steps: [{request: {method: POST, path: /login}, extract: …}]"
        )
    apply = rest["apply"].mapping(("header", "cookie", "query")) if "apply" in rest else {}
    probe, status = _probe(rest["logged_in"]) if "logged_in" in rest else ("", 200)
    return Login(
        steps=tuple(steps),
        apply_headers=apply["header"].table() if "header" in apply else {},
        apply_cookies=apply["cookie"].table() if "cookie" in apply else {},
        apply_query=apply["query"].table() if "query" in apply else {},
        probe=probe,
        probe_status=status,
        expires=_expires(rest["expires"]) if "expires" in rest else "on-401",
    )


def account_flag(text: str, *, directory: Path = Path()) -> Account:
    """The account of `--account NAME[/ROLE]=FORM`; a value `@FILE` is read from that file, its last line end removed."""
    label, equals, form = text.partition("=")
    name, _, role = label.partition("/")
    if not equals or not form or not _NAME.fullmatch(name) or name in (ANON, "owner"):
        _refuse(name)
    form = _value(form, directory)
    kind, colon, rest = form.partition(":")
    if not colon or not rest:
        _refuse(name)
    if kind == "bearer":
        return Account(name=name, role=role, credentials=(_bearer(_value(rest, directory)),))
    if kind == "basic":
        user, colon, password = _value(rest, directory).partition(":")
        if not colon:
            _refuse(name)
        return Account(name=name, role=role, credentials=(_basic(user, _value(password, directory)),))
    if kind in ("cookie", "header"):
        key, equals, value = rest.partition("=")
        if not equals or not key.strip():
            _refuse(name)
        credential = Credential(
            within="cookie" if kind == "cookie" else "header",
            name=key.strip(),
            value=Secret(_value(value, directory)),
        )
        return Account(name=name, role=role, credentials=(credential,))
    return Account(name=name, role=role, username=kind, password=Secret(_value(rest, directory)))


def _refuse(name: str) -> None:
    """Never repeats what was typed after the name: it holds a secret."""
    raise UsageError(
        f"--account {name or '…'}: not NAME[/ROLE]=FORM",
        code="GW-C006",
        help=f"FORM is {FORMS}; a value @FILE is read from the file",
    )


def _value(text: str, directory: Path) -> str:
    if not text.startswith("@"):
        return text
    try:
        return (directory / text[1:]).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UsageError(f"cannot read the file of --account: {reason}", code="GW-C007", where=text[1:]) from None


def _credentials(found: dict[str, Node]) -> tuple[Credential, ...]:
    made: list[Credential] = []
    if "bearer" in found:
        made.append(_bearer(found["bearer"].text()))
    if "basic" in found:
        made.append(_basic_node(found["basic"]))
    for key in ("cookie", "cookies"):
        if key in found:
            made += [_cookie(name, value) for name, value in _cookies(found[key])]
    if "headers" in found:
        lines = found["headers"].table().items()
        made += [Credential(within="header", name=name, value=Secret(value)) for name, value in lines]
    if "api_key" in found:
        made.append(_api_key(found["api_key"]))
    if "sigv4" in found:
        made += _sigv4(found["sigv4"])
    return tuple(made)


def _bearer(token: str) -> Credential:
    return Credential(
        within="header", name="Authorization", prefix="Bearer ", value=Secret(token.removeprefix("Bearer ").strip())
    )


def _basic(user: str, password: str) -> Credential:
    value = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Credential(within="header", name="Authorization", prefix="Basic ", value=Secret(value))


def _basic_node(node: Node) -> Credential:
    if node.kind == "mapping":
        found = node.mapping(("username", "password"))
        return _basic(_required(node, found, "username"), _required(node, found, "password"))
    user, colon, password = node.text().partition(":")
    if not colon:
        node.fail("basic is written USER:PASSWORD")
    return _basic(user, password)


def _cookie(name: str, value: str) -> Credential:
    return Credential(within="cookie", name=name, value=Secret(value))


def _cookies(node: Node) -> list[tuple[str, str]]:
    """`a=1; b=2`, a list of those, or names with values."""
    if node.kind == "mapping":
        return list(node.table().items())
    pairs = [pair.strip().partition("=") for text in node.texts() for pair in text.split(";") if pair.strip()]
    if not pairs or not all(name and equals for name, equals, _ in pairs):
        node.fail("a cookie is written NAME=VALUE")
    return [(name, value) for name, _, value in pairs]


def _api_key(node: Node) -> Credential:
    """A value alone goes into the header X-API-Key; `{in, name, value}` says it exactly."""
    if node.kind != "mapping":
        return Credential(within="header", name="X-API-Key", value=Secret(node.text()))
    found = node.mapping(("in", "name", "value"))
    within = found["in"].word("header", "query", "cookie") if "in" in found else "header"
    return Credential(
        within="query" if within == "query" else "cookie" if within == "cookie" else "header",
        name=_required(node, found, "name"),
        value=Secret(_required(node, found, "value")),
    )


def _sigv4(node: Node) -> list[Credential]:
    """The key that signs each request; a session token is a header of its own, which is signed too."""
    found = node.mapping(_SIGV4)
    key, secret, region, service = (_required(node, found, name) for name in _SIGV4[:4])
    if "/" in key + region + service:
        node.fail("access_key, region and service have no slash in them")
    token = _text(found, "session_token")
    made = [Credential(within="header", name="X-Amz-Security-Token", value=Secret(token))] if token else []
    return [
        *made,
        Credential(within="signature", name="SigV4", value=Secret(secret), scope=f"{key}/{region}/{service}"),
    ]


def _totp(node: Node) -> Secret:
    text = node.text()
    try:
        totp.read(text)
    except ValueError as error:
        node.fail(
            f"totp_secret is no secret of an authenticator: {error}", help="base32, or an otpauth://totp/ address"
        )
    return Secret(text)


def _cert(node: Node, folder: Path) -> str:
    path = folder / node.text()
    if not path.is_file():
        node.fail(f"there is no certificate {node.text()}", help="a PEM file with the certificate and its private key")
    return str(path.resolve())


def _oauth2(node: Node) -> dict[str, str]:
    found = node.mapping(_OAUTH2)
    values = {name: " ".join(value.texts()) for name, value in found.items()}
    _required(node, found, "client_id")
    if "grant" in found:
        found["grant"].word(*_GRANTS)
    return values


def _step(node: Node) -> Step:
    found = node.mapping(("request", "extract"))
    if "request" not in found:
        node.fail("a step needs a request", help="request: {method: POST, path: /login, json: {…}}")
    request = found["request"].mapping(_REQUEST)
    if sum(name in request for name in ("json", "form", "body")) > 1:
        found["request"].fail("a request has one of json, form and body")
    extract = found["extract"].table() if "extract" in found else {}
    for name, rule in extract.items():
        if rule.partition(":")[0] not in ("json", "header", "cookie", "regex") or not rule.partition(":")[2]:
            help_ = "json:/pointer, header:NAME, cookie:NAME or regex:PATTERN"
            found["extract"].mapping()[name].fail(f"`{rule}` does not say where to look", help=help_)
    return Step(
        method=_text(request, "method").upper() or "POST",
        path=_required(found["request"], request, "path"),
        headers=request["headers"].table() if "headers" in request else {},
        json=request["json"].json() if "json" in request else None,
        form=request["form"].table() if "form" in request else {},
        body=_text(request, "body"),
        extract=extract,
    )


def _probe(node: Node) -> tuple[str, int]:
    found = node.mapping(("request", "status"))
    line = _LINE.fullmatch(_required(node, found, "request").strip())
    if line is None:
        found["request"].fail("expected a method and a path, such as GET /me")
    return f"{line[1].upper()} {line[2]}", found["status"].integer(least=100) if "status" in found else 200


def _expires(node: Node) -> str:
    value = node.text()
    if value not in ("jwt", "on-401"):
        node.seconds()
    return value


def _text(found: dict[str, Node], key: str) -> str:
    return found[key].text() if key in found else ""


def _required(node: Node, found: dict[str, Node], key: str) -> str:
    if key not in found:
        node.fail(f"`{key}` is missing")
    return found[key].text()
