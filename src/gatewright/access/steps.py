"""An explicit log-in of `gatewright.yaml`: its steps, what they take from each answer, where that goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from gatewright.access.codes import Codes
from gatewright.access.extract import VARIABLE, extract, fill
from gatewright.access.grant import Ask, Grant, told
from gatewright.access.located import FORM, located
from gatewright.access.tokens import set_cookies
from gatewright.model.account import Account, Credential, Login, Step
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.secret import Secret

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


@dataclass(frozen=True)
class Steps:
    """Goes the steps in order; cookies that answers set are sent with the next steps."""

    login: Login
    ask: Ask
    origin: str
    base: str = ""
    """Path before relative step paths that do not begin with a slash."""
    renewable: bool = True
    codes: Codes | None = None
    """Fills `{totp}` and `{mail}`."""

    @property
    def name(self) -> str:
        """`POST /login → GET /token`."""
        return " → ".join(f"{step.method} {step.path}" for step in self.login.steps)

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try. Every value to extract must be there, and every variable to apply must have one."""
        if self.codes is not None and any("{mail}" in f"{s.path} {s.json} {s.form} {s.body}" for s in self.login.steps):
            await self.codes.expect(account)
        secret = (password or account.password or Secret("")).reveal()
        variables = {"username": account.username, "password": secret}
        jar: dict[str, str] = {}
        exchange: Exchange | None = None
        for number, step in enumerate(self.login.steps, 1):
            variables |= await self._code(account, step)
            request = self._request(step, variables, jar)
            exchange = await self.ask(request, account.name, "log-in")
            if exchange.response is None:
                return Grant(exchange=exchange, why=f"step {number} ({step.method} {step.path}): {exchange.error}")
            jar.update({name: value for name, (value, _) in set_cookies(exchange.response).items()})
            for name, source in step.extract.items():
                value = extract(exchange.response, source)
                if value is None:
                    where = f"step {number} ({step.method} {step.path})"
                    return Grant(exchange=exchange, why=f"{where} has no {source} in its answer {told(exchange)}")
                variables[name] = value
        return self._applied(variables, jar, exchange)

    async def _code(self, account: Account, step: Step) -> dict[str, str]:
        """The one-time code that a step uses: `{totp}` of the authenticator, `{mail}` of the mailbox."""
        text = f"{step.path} {step.headers} {step.json} {step.form} {step.body}"
        if self.codes is None or not ("{totp}" in text or "{mail}" in text):
            return {}
        code = await (self.codes.totp(account) if "{totp}" in text else self.codes.code(account))
        return {"totp" if "{totp}" in text else "mail": code or ""}

    def _applied(self, variables: dict[str, str], jar: dict[str, str], exchange: Exchange | None) -> Grant:
        login = self.login
        used = {
            name
            for value in (*login.apply_headers.values(), *login.apply_cookies.values(), *login.apply_query.values())
            for name in VARIABLE.findall(value)
        }
        missing = used - set(variables)
        if missing:
            return Grant(exchange=exchange, why=f"apply uses {{{sorted(missing)[0]}}}, which no step extracts")
        made = [_credential("header", k, fill(v, variables)) for k, v in login.apply_headers.items()]
        made += [_credential("cookie", k, fill(v, variables)) for k, v in login.apply_cookies.items()]
        made += [_credential("query", k, fill(v, variables)) for k, v in login.apply_query.items()]
        if not made:
            made = [_credential("cookie", name, value) for name, value in jar.items() if value]
        why = "" if made else "no step gave a cookie and nothing is applied"
        return Grant(exchange=exchange, fixed=tuple(made), lives=seconds(login.expires), why=why)

    def _request(self, step: Step, variables: Mapping[str, str], jar: Mapping[str, str]) -> Request:
        lines = [(name, fill(value, variables)) for name, value in step.headers.items()]
        names = {name.lower() for name, _ in lines}
        body, media = b"", ""
        if step.json is not None:
            body, media = msgspec.json.encode(_filled(step.json, variables)), "application/json"
        elif step.form:
            body, media = urlencode({k: fill(v, variables) for k, v in step.form.items()}).encode(), FORM
        elif step.body:
            body = fill(step.body, variables).encode()
            media = "application/json" if body[:1] in (b"{", b"[") else "text/plain"
        if media and "content-type" not in names:
            lines.append(("Content-Type", media))
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items() if value)
        if cookies and "cookie" not in names:
            lines.append(("Cookie", cookies))
        place = located(fill(step.path, variables), self.origin, self.base)
        return Request(step.method, place.origin, place.target, tuple(lines), body)


def seconds(text: str) -> float | None:
    """`15m`, `90s`, `1h` or a number of seconds; None for `jwt` and `on-401`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text.strip())
    return float(found.group(1)) * _UNITS[found.group(2)] if found else None


def _filled(node: Json, variables: Mapping[str, str]) -> Json:
    if isinstance(node, str):
        return fill(node, variables)
    if isinstance(node, dict):
        return {key: _filled(value, variables) for key, value in node.items()}
    return [_filled(item, variables) for item in node] if isinstance(node, list) else node


def _credential(within: str, name: str, value: str) -> Credential:
    scheme = re.match(r"([A-Za-z]+ )(?=\S)", value) if within == "header" and name.lower() == "authorization" else None
    prefix = scheme.group(1) if scheme else ""
    kind = {"cookie": "cookie", "query": "query"}.get(within, "header")
    return Credential(within=kind, name=name, prefix=prefix, value=Secret(value[len(prefix) :]))  # type: ignore[arg-type]
