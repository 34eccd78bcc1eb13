"""Puts `gatewright.yaml` and the flags together into the typed settings of one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from gatewright.model.account import Account
from gatewright.model.errors import UsageError
from gatewright.model.json import Json
from gatewright.model.settings import Choice, Limits, Scope, Settings, Tls
from gatewright.model.verdict import SEVERITIES, Severity
from gatewright.settings.access import columns_of, read_access
from gatewright.settings.accounts import read_account, read_login
from gatewright.settings.document import Node, parse
from gatewright.settings.flags import Flags, is_url, located, override
from gatewright.settings.units import suggestion
from gatewright.settings.wfc import accounts_of

FILE = "gatewright.yaml"
KEYS = (
    "target",
    "spec",
    "scope",
    "roles",
    "accounts",
    "sign_up",
    "headers",
    "hooks",
    "policy",
    "login",
    "limits",
    "proxy",
    "callback",
    "upstreams",
    "docs",
    "graphql",
    "ssrf",
    "tls",
    "tests",
    "checks",
    "severity",
)
LIMITS = ("requests", "time", "rate", "concurrency", "body", "mode", "exclusive", "patience")
_CALLBACK = ("bind", "url", "zone", "grace", "egress")

T = TypeVar("T")


def load(*, config: str | None, directory: Path, flags: Flags, environ: Mapping[str, str]) -> Settings:
    """The settings of a run started in `directory`. Without `config` the nearest gatewright.yaml above it, or none.

    Paths of the file are taken from the file's folder, those of flags from `directory`. Raises UsageError.
    """
    path = _find(config, directory)
    if path is None:
        settings = override(Settings(store=str(directory / Settings().store)), flags, directory)
        return _expecting(settings, directory, directory, environ)
    name = os.path.relpath(path, directory)
    folder = directory if path.parent.resolve() == directory.resolve() else path.parent
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read the configuration: {error.strerror}", code="GW-C001", where=name) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 text: byte {error.start}", code="GW-C002", where=name) from None
    others = accounts_of(text, file=name, environ=environ)
    if others is None:
        found = _read(parse(text, file=name, environ=environ), folder)
    else:  # an authentication file of other tools instead of ours
        found = Settings(accounts=others, store=str(folder / Settings().store))
    settings = override(found, flags, directory)
    return _expecting(settings, folder, directory, environ)


def _expecting(settings: Settings, folder: Path, directory: Path, environ: Mapping[str, str]) -> Settings:
    """The settings with the rows of the `access.yaml` in the folder."""
    rows = read_access(folder, directory, columns_of(settings), environ)
    return msgspec.structs.replace(settings, access=rows) if rows else settings


def _find(config: str | None, directory: Path) -> Path | None:
    if config is not None:
        path = directory / config
        if not path.is_file():
            raise UsageError("there is no such configuration file", code="GW-C001", where=config)
        return path
    start = directory.resolve()
    return next((folder / FILE for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def _read(root: Node, folder: Path) -> Settings:
    found = root.mapping(KEYS)

    def get(key: str, read: Callable[[Node], T], default: T) -> T:
        return read(found[key]) if key in found and not found[key].empty else default

    roles = found["roles"].texts() if "roles" in found else ()
    tests = found["tests"].mapping(("paths", "skip")) if "tests" in found else {}
    specs = found["spec"].texts() if "spec" in found else ()
    return Settings(
        target=get("target", _targets, ()),
        spec=tuple(located(spec, folder) for spec in specs),
        scope=get("scope", _scope, Scope()),
        roles=roles,
        accounts=get("accounts", lambda node: _accounts(node, roles, folder), ()),
        sign_up=get("sign_up", Node.integer, None),
        headers=get("headers", lambda node: tuple(node.table().items()), ()),
        hooks=get("hooks", _hooks, {}),
        policy=get("policy", _policy, {}),
        login=get("login", read_login, None),
        limits=get("limits", _limits, Limits()),
        proxy=get("proxy", Node.text, None),
        tls=get("tls", lambda node: _tls(node, folder), Tls()),
        choice=Choice(skip=tests["skip"].texts() if "skip" in tests else ()),
        checks=get("checks", _checks, {}),
        severity=get("severity", _severities, {}),
        store=str(folder / Settings().store),
        warnings=_unused(root, found, tests),
    )


def _targets(node: Node) -> tuple[str, ...]:
    for item in node.items if node.kind == "list" else (node,):
        if not is_url(item.text()):
            item.fail("a target is a URL such as http://127.0.0.1:5000")
    return node.texts()


def _scope(node: Node) -> Scope:
    found = node.mapping(("include", "exclude"))
    return Scope(*(found[key].texts() if key in found else () for key in ("include", "exclude")))


def _accounts(node: Node, roles: tuple[str, ...], folder: Path) -> tuple[Account, ...]:
    if node.kind == "scalar":
        return _accounts_file(node, folder)
    accounts = []
    for name, value in node.mapping().items():
        account = read_account(name, value, folder)
        if roles and account.role and account.role not in roles:
            value.keys["role"][1].fail(f"no role `{account.role}`", help=suggestion(account.role, roles))
        accounts.append(account)
    return tuple(accounts)


def _accounts_file(node: Node, folder: Path) -> tuple[Account, ...]:
    """Accounts of an authentication file of Web Fuzzing Commons."""
    try:
        text = (folder / node.text()).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        node.fail(
            f"cannot read {node.text()}", help="accounts are names with what logs them in, or an authentication file"
        )
    found = accounts_of(text, file=node.text(), environ=node.environ)
    if found is None:
        node.fail(f"{node.text()} has no `auth` list of people", help="the form is that of Web Fuzzing Commons")
    return found


def _hooks(node: Node) -> dict[str, dict[str, str]]:
    hooks = {}
    for name, hook in node.mapping(("mail",)).items():
        hooks[name] = {key: value.text() for key, value in hook.mapping(("request", "extract")).items()}
        if len(hooks[name]) < 2:
            hook.fail("a hook needs request and extract")
    return hooks


def _policy(node: Node) -> dict[str, str]:
    return {pattern: value.word("private", "public") for pattern, value in node.mapping().items()}


def _limits(node: Node) -> Limits:
    found = {key: value for key, value in node.mapping(LIMITS).items() if not value.empty}
    readers: dict[str, Callable[[Node], object]] = {
        "requests": lambda value: value.integer(least=1),
        "time": Node.seconds,
        "rate": Node.number,
        "concurrency": lambda value: value.integer(least=1),
        "body": Node.size,
        "mode": lambda value: value.word("read-only", "safe", "full"),
        "exclusive": Node.boolean,
        "patience": lambda value: value.word("normal", "short"),
    }
    return msgspec.structs.replace(Limits(), **{key: readers[key](value) for key, value in found.items()})


def _tls(node: Node, folder: Path) -> Tls:
    found = {key: value for key, value in node.mapping(("expect", "ca", "insecure", "cert")).items() if not value.empty}
    return Tls(
        expect=found["expect"].boolean() if "expect" in found else False,
        ca=located(found["ca"].text(), folder) if "ca" in found else None,
        insecure=found["insecure"].boolean() if "insecure" in found else False,
        cert=located(found["cert"].text(), folder) if "cert" in found else None,
    )


def _checks(node: Node) -> dict[str, dict[str, Json]]:
    return {name: {key: item.json() for key, item in value.mapping().items()} for name, value in node.mapping().items()}


def _severities(node: Node) -> dict[str, Severity]:
    return {name: _severity(value.word(*SEVERITIES)) for name, value in node.mapping().items()}


def _severity(word: str) -> Severity:
    return next(severity for severity in SEVERITIES if severity == word)


def _unused(root: Node, found: Mapping[str, Node], tests: Mapping[str, Node]) -> tuple[str, ...]:
    """One warning for all keys that only features to come will read. What can be checked of them is."""
    unused = []
    for key, known in (("docs", ("public",)), ("graphql", ("public",)), ("ssrf", ("hosts", "read_credentials"))):
        if key in found and any(value.texts() not in ((), ("false",)) for value in found[key].mapping(known).values()):
            unused.append(key)
    if "callback" in found and not found["callback"].empty:
        callback = found["callback"]
        if callback.kind == "mapping":
            callback.mapping(_CALLBACK)
            unused.append("callback")
        elif callback.text() != "auto":
            unused.append("callback")
    if "upstreams" in found and found["upstreams"].mapping():
        unused.append("upstreams")
    if "paths" in tests and tests["paths"].texts():
        unused.append("tests.paths")
    if not unused:
        return ()
    return (f"{root.file}: this version has no use yet for {', '.join(unused)}; what it says was ignored",)
