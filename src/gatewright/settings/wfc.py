"""Accounts from an authentication file of Web Fuzzing Commons (YAML, JSON or TOML), so that users of other tools bring theirs.

Source: the public schema `auth.yaml` of WebFuzzing/Commons: `auth`, a list of people with `fixedHeaders` or a
`loginEndpointAuth`, and `authTemplate`, what they have in common. A `${NAME}` is filled in from the environment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import NoReturn, cast
from urllib.parse import parse_qsl

import msgspec
import yaml

from gatewright.model.account import ANON, Account, Credential, Login, Step
from gatewright.model.errors import UsageError
from gatewright.model.json import Json
from gatewright.model.secret import Secret

_ENV = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(r"pass|pwd|secret|pin", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z]+ )(?=\S)")
_FORM = "application/x-www-form-urlencoded"
_Table = dict[str, Json]


def accounts_of(text: str, *, file: str, environ: Mapping[str, str]) -> tuple[Account, ...] | None:
    """The accounts of such a file; None when the text is none. Raises UsageError where an entry is not usable."""
    document = _document(_ENV.sub(lambda found: environ.get(found[1], found[0]), text))
    entries = document.get("auth")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
        return None
    template = document.get("authTemplate")
    made: list[Account] = []
    for number, entry in enumerate(entries):
        merged = _merged(template if isinstance(template, dict) else {}, cast(_Table, entry))
        made.append(_account(merged, {account.name for account in made}, f"{file}: auth[{number}]"))
    return tuple(made)


def _document(text: str) -> _Table:
    try:
        found: Json = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        try:
            found = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}
    return found


def _merged(template: _Table, entry: _Table) -> _Table:
    """The entry, with what it does not say itself from the template, at every depth."""
    found = dict(template)
    for name, value in entry.items():
        old = found.get(name)
        found[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def _account(entry: _Table, taken: set[str], where: str) -> Account:
    label = re.sub(r"[^A-Za-z0-9_.@+-]+", "-", str(entry["name"])).strip("-.@+") or "account"
    name = label if label not in (ANON, "owner") and label not in taken else f"{label}-{len(taken) + 1}"
    fixed = _headers(entry.get("fixedHeaders"), where)
    login = entry.get("loginEndpointAuth")
    if not isinstance(login, dict):
        if not fixed:
            _fail(where, f"{name} has neither fixedHeaders nor loginEndpointAuth")
        return Account(name=name, credentials=tuple(_credential(key, value) for key, value in fixed.items()))
    step, username, password = _step(login, where)
    token = login.get("token")
    extract, headers, query = _token(token, where) if isinstance(token, dict) else ({}, {}, {})
    return Account(
        name=name,
        username=username,
        password=Secret(password) if password else None,
        login=Login(
            steps=(msgspec.structs.replace(step, extract=extract),),
            apply_headers={**fixed, **headers},
            apply_query=query,
        ),
    )


def _step(login: _Table, where: str) -> tuple[Step, str, str]:
    """The request of a log-in, the user name and the password; where these are found they are variables in it."""
    path = login.get("externalEndpointURL") or login.get("endpoint")
    if not isinstance(path, str) or not path:
        _fail(where, "loginEndpointAuth needs endpoint or externalEndpointURL")
    headers = _headers(login.get("headers"), where)
    kind = str(login.get("contentType") or "application/json")
    step = Step(method=str(login.get("verb") or "POST").upper(), path=path, headers=headers)
    pair, raw = login.get("payloadUserPwd"), login.get("payloadRaw")
    if isinstance(pair, dict):
        missing = [key for key in ("username", "password", "usernameField", "passwordField") if not pair.get(key)]
        if missing:
            _fail(where, f"payloadUserPwd lacks {missing[0]}")
        fields = {str(pair["usernameField"]): "{username}", str(pair["passwordField"]): "{password}"}
        filled = _filled(step, dict(fields), kind)
        return filled, str(pair["username"]), str(pair["password"])
    if not isinstance(raw, str):
        return step, "", ""
    given = _payload(raw, kind)
    secret = next((key for key, value in given.items() if _SECRET.search(key) and isinstance(value, str)), "")
    if not secret:
        return msgspec.structs.replace(step, body=raw, headers={"Content-Type": kind, **headers}), "", ""
    named = next((key for key, value in given.items() if key != secret and isinstance(value, str)), "")
    body = {**given, secret: "{password}"} | ({named: "{username}"} if named else {})
    return _filled(step, body, kind), str(given.get(named, "")), str(given[secret])


def _filled(step: Step, body: Mapping[str, Json], kind: str) -> Step:
    """The step with this body in this media type."""
    if _FORM in kind:
        return msgspec.structs.replace(step, form={key: str(value) for key, value in body.items()})
    own = {} if kind == "application/json" else {"Content-Type": kind}
    return msgspec.structs.replace(step, json=dict(body), headers={**own, **step.headers})


def _payload(raw: str, kind: str) -> _Table:
    """The members of a raw JSON object or form; empty for anything else."""
    if _FORM in kind:
        return dict(parse_qsl(raw, keep_blank_values=True))
    try:
        value: Json = msgspec.json.decode(raw.encode())
    except (msgspec.DecodeError, UnicodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _token(token: _Table, where: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """What to extract, and the headers and query parameters it goes into; both spellings of the schema's versions."""
    selector = token.get("extractSelector") or token.get("extractFromField")
    if not isinstance(selector, str) or not selector:
        _fail(where, "token needs extractFromField, or extractFrom and extractSelector")
    source = "header" if token.get("extractFrom") == "header" else "json"
    sent = str(token.get("sendTemplate") or f"{token.get('headerPrefix') or ''}{{token}}")
    name = str(token.get("sendName") or token.get("httpHeaderName") or "Authorization")
    extract = {"token": f"{source}:{selector}"}
    if token.get("sendIn") == "query":
        return extract, {}, {name: sent}
    if token.get("sendIn") == "cookie":
        return extract, {"Cookie": f"{name}={sent}"}, {}
    return extract, {name: sent}, {}


def _headers(told: Json, where: str) -> dict[str, str]:
    """`[{name, value}]` as a table."""
    found: dict[str, str] = {}
    for item in told if isinstance(told, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str) or "value" not in item:
            _fail(where, "a header needs name and value")
        found[str(item["name"])] = str(item["value"])
    return found


def _credential(name: str, value: str) -> Credential:
    scheme = _SCHEME.match(value) if name.lower() == "authorization" else None
    prefix = scheme[1] if scheme else ""
    return Credential(within="header", name=name, prefix=prefix, value=Secret(value[len(prefix) :]))


def _fail(where: str, what: str) -> NoReturn:
    raise UsageError(what, code="GW-C004", where=where, help="see the schema of Web Fuzzing Commons")
