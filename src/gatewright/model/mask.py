"""Hides secrets, by value and by the name of the header, parameter or field that holds them.

A mask shows length and a keyed hash, `<secret 812 chars #3fa1>`: equal secrets have equal tags, and nobody without the
key can try values against it. Masking twice changes nothing. Unsigned tokens (JWT without a signature) are shown: anyone
can write them, and a finding about them could not be repeated without.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

import msgspec

from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    Asked,
    AttemptSent,
    EndpointLearnt,
    FindingProved,
    Left,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import Coverage, Finding, Leftover, Question, Report
from gatewright.model.http import Exchange, Headers, Request, Response, header
from gatewright.model.known import START, Known
from gatewright.model.settings import Settings
from gatewright.model.verdict import Control, Verdict

MASKED = re.compile(r"<secret (\d+) chars #([0-9a-f]{4})>")
"""A mask, with length and tag."""

_WORDS = (
    r"passw(?:or)?d|passwd|passphrase|passcode|pwd|secret(?!ar)|token(?!_?types?\b)|api_?-?key|apikey|authorization"
    r"|credential|private_?-?key|session_?-?id|csrf|xsrf|jwt|cvv|cvc"
)
_NAME = rf"[\w.-]*(?:{_WORDS})[\w.-]*|pass|pin|otp|sid|session|auth"
_SECRET_NAME = re.compile(rf"(?:{_NAME})", re.IGNORECASE | re.ASCII)
_SECRET_HEADERS = ("authorization", "proxy-authorization", "x-auth", "x-access-key", "x-amz-security-token")
_JSON = re.compile(rf'("(?:{_NAME})"\s*:\s*)(?:"((?:[^"\\]|\\.)+)"|(\d{{3,}}(?![\d.])))', re.IGNORECASE | re.ASCII)
_FORM = re.compile(rf"((?:^|[&?])(?:{_NAME})=)(?!<secret )([^&#\s]+)", re.IGNORECASE | re.ASCII)
_XML = re.compile(rf"(<({_NAME})(?:\s[^<>]*)?>)([^<]+)(?=</)", re.IGNORECASE | re.ASCII)
_PART = re.compile(rf'(\bname="(?:{_NAME})"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n)([^\r\n]+)', re.IGNORECASE | re.ASCII)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]{16,}", re.ASCII)
_UNSIGNED = re.compile(r"eyJ[\w-]+\.[\w-]*\.?", re.ASCII)
_SCHEME = re.compile(r"\b(Bearer|Basic|Token|JWT)(\s+)([\w.~+/=-]{12,})", re.ASCII | re.IGNORECASE)
_SIGNATURE = re.compile(r"(Signature=)([0-9a-f]+)")
_FIRST_PAIR = re.compile(r"([^=;]*=)([^;]*)")
_LINES = 4096
"""Header lines that are kept with their masks."""
_BODIES, _SHORT = 1024, 8192
"""Bodies that are kept, and how long one may be."""
_LEAST = 8
"""Shorter values are hidden by their name only: by value they would also hide ordinary words."""


class Mask:
    """Hides what it was told, and what it learns from the exchanges that it has seen."""

    def __init__(self, key: bytes, secrets: Iterable[str] = ()) -> None:
        self._key = key
        self._known = Known()
        self._lines: dict[tuple[str, str], tuple[int, str]] = {}
        """Header line → how many values were known when it was masked, and what it became: most lines come again."""
        self._bodies: dict[tuple[bytes, str, bool], tuple[int, bytes]] = {}
        """The same for short bodies: baselines are asked for three times, and the ledger writes a call down as often."""
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on hide this value wherever it stands; ignored below 6 characters."""
        if len(secret) < START or MASKED.search(secret) or secret in self._known:
            return
        escaped = json.dumps(secret, ensure_ascii=False)[1:-1]
        spelled = {secret, escaped, escaped.replace("/", "\\/"), quote(secret, safe=""), json.dumps(secret)[1:-1]}
        for text in spelled:
            self._known.add(text)
            self._known.add(text.encode().decode("latin-1"))

    def hide(self, value: str) -> str:
        """The mask of one value."""
        if not value or MASKED.search(value):
            return value
        tag = hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:4]
        return f"<secret {len(value)} chars #{tag}>"

    def text(self, text: str) -> str:
        """Free text: known values, signed JWTs, and what follows `Bearer` and the like."""
        text = self._known.replace(text, self.hide)
        text = _JWT.sub(lambda found: self.hide(found[0]), text)
        return _SCHEME.sub(lambda found: found[1] + found[2] + self._credential(found[3]), text)

    def target(self, target: str) -> str:
        """A request target or URL: query parameters with a secret name as well."""
        return self.text(_FORM.sub(lambda found: found[1] + self._named(found[2]), target))

    def headers(self, lines: Headers) -> Headers:
        """Header lines, cookies by value."""
        return tuple((name, self._line(name.lower(), value)) for name, value in lines)

    def body(self, body: bytes, content_type: str = "", *, request: bool = False) -> bytes:
        """A body: JSON, form, XML and multipart fields with a secret name, and known values anywhere."""
        if not body or len(body) > _SHORT:
            return self._body(body, content_type, request)
        known, key = len(self._known), (body, content_type, request)
        kept = self._bodies.get(key)
        if kept is not None and kept[0] == known:
            return kept[1]
        masked = self._body(body, content_type, request)
        if len(self._known) == known:
            if len(self._bodies) >= _BODIES:
                self._bodies.clear()
            self._bodies[key] = (known, masked)
        return masked

    def _body(self, body: bytes, content_type: str, request: bool) -> bytes:
        text = body.decode("latin-1")
        if "\0" not in text[:512] or request:
            text = _JSON.sub(lambda found: self._json(found, request), text)
            kind = content_type.lower()
            if "form-urlencoded" in kind or (request and not kind):
                text = _FORM.sub(lambda found: found[1] + self._named(found[2]), text)
            elif "multipart" in kind:
                text = _PART.sub(lambda found: found[1] + self._named(found[2]), text)
            elif "xml" in kind:
                text = _XML.sub(lambda found: found[1] + self._named(found[3]), text)
        return self.text(text).encode("latin-1")

    def request(self, request: Request) -> Request:
        """A request without its secrets."""
        body = self.body(request.body, request.header("content-type") or "", request=True)
        headers, target = self.headers(request.headers), self.target(request.target)
        listen = request.listen
        if listen is not None:
            said = tuple(self.body(text.encode(), "application/json", request=True).decode() for text in listen.say)
            listen = msgspec.structs.replace(listen, say=said)
        return msgspec.structs.replace(request, target=target, headers=headers, body=body, listen=listen)

    def response(self, response: Response) -> Response:
        """A response without its secrets."""
        headers = self.headers(response.headers)
        body = self.body(response.body, response.header("content-type") or "")
        return msgspec.structs.replace(response, headers=headers, body=body)

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without its secrets; of the received bytes the head is kept, since codings could hide a secret."""
        request, answered = self.request(exchange.request), exchange.response
        known = len(self._known)
        if answered is not None:
            answered = self.response(answered)
        if len(self._known) != known:
            request = self.request(exchange.request)  # the answer told a secret that the request already carried
        return msgspec.structs.replace(
            exchange,
            request=request,
            response=answered,
            error=self.text(exchange.error),
            sent=self._wire(exchange.sent, body=header(exchange.request.headers, "content-encoding") is None),
            received=self._wire(exchange.received, body=False),
        )

    def finding(self, finding: Finding) -> Finding:
        """A finding without secrets, evidence included."""
        return msgspec.structs.replace(
            finding,
            exchanges=tuple(map(self.exchange, finding.exchanges)),
            setup=tuple(map(self.exchange, finding.setup)),
            title=self.text(finding.title),
            summary=self.text(finding.summary),
            proof=tuple(map(self.text, finding.proof)),
            controls=tuple(map(self._control, finding.controls)),
            witness=tuple(map(self.text, finding.witness)),
        )

    def report(self, report: Report) -> Report:
        """A whole report without secrets."""
        findings = tuple(map(self.finding, report.findings))  # first: they teach what the rest may hold
        return msgspec.structs.replace(
            report,
            findings=findings,
            accounts=tuple(msgspec.structs.replace(state, how=self.text(state.how)) for state in report.accounts),
            unreached={name: self.text(why) for name, why in report.unreached.items()},
            questions=tuple(map(self._question, report.questions)),
            leftovers=tuple(map(self._leftover, report.leftovers)),
            coverage=tuple(map(self._coverage, report.coverage)),
            warnings=tuple(map(self.text, report.warnings)),
        )

    def event(self, event: AnyEvent) -> AnyEvent:
        """An event without secrets: what stores and event logs write."""
        if isinstance(event, AttemptSent):
            return msgspec.structs.replace(event, exchange=self.exchange(event.exchange))
        if isinstance(event, FindingProved):
            return msgspec.structs.replace(event, finding=self.finding(event.finding))
        if isinstance(event, VerdictReached):
            controls = tuple(map(self._control, event.controls))
            return msgspec.structs.replace(event, verdict=self._verdict(event.verdict), controls=controls)
        if isinstance(event, AccountReady):
            state = msgspec.structs.replace(event.state, how=self.text(event.state.how))
            return msgspec.structs.replace(event, state=state)
        if isinstance(event, EndpointLearnt):
            return msgspec.structs.replace(event, why=self.text(event.why))
        if isinstance(event, Asked):
            return msgspec.structs.replace(event, question=self._question(event.question))
        if isinstance(event, Left):
            return msgspec.structs.replace(event, leftover=self._leftover(event.leftover))
        if isinstance(event, Warned):
            return msgspec.structs.replace(event, message=self.text(event.message))
        return event

    def _line(self, name: str, value: str) -> str:
        known = len(self._known)
        kept = self._lines.get((name, value))
        if kept is not None and kept[0] == known:
            return kept[1]
        masked = self._header(name, value)
        if len(self._known) == known:  # else the line itself, or another thread, has taught something new
            if len(self._lines) >= _LINES:
                self._lines.clear()
            self._lines[name, value] = (known, masked)
        return masked

    def _header(self, name: str, value: str) -> str:
        if name == "cookie":
            return "; ".join(self._cookie(part) for part in value.split("; "))
        if name == "set-cookie":
            return _FIRST_PAIR.sub(lambda found: found[1] + self._learnt(found[2]), value, count=1)
        if name in _SECRET_HEADERS or (_SECRET_NAME.fullmatch(name) and not name.startswith("access-control")):
            scheme, blank, rest = value.partition(" ")
            if (
                scheme == "AWS4-HMAC-SHA256"
            ):  # who signs, and for what, is no secret; what is signed ends with the clock
                return _SIGNATURE.sub(lambda found: found[1] + self._credential(found[2]), self.text(value))
            if name.endswith("authorization") and blank:
                return f"{scheme} {self._credential(rest)}"
            return self._credential(value)
        return self.target(value) if name in ("location", "referer", "content-location") else self.text(value)

    def _cookie(self, part: str) -> str:
        name, equals, value = part.partition("=")
        return f"{name}{equals}{self._learnt(value)}" if equals else self._learnt(part)

    def _credential(self, value: str) -> str:
        if _UNSIGNED.fullmatch(value):
            return value
        user_password = _basic(value)
        if user_password:
            self.learn(user_password)
        return self._learnt(value)

    def _learnt(self, value: str) -> str:
        if len(value) >= _LEAST and re.search(r"[\d_.-]|[a-z][A-Z]", value):
            self.learn(value)
        return self.hide(value)

    def _named(self, value: str) -> str:
        """A value in a place with a secret name. Words (`bearer`, `required`) are hidden there and nowhere else."""
        return value if _UNSIGNED.fullmatch(value) else self._learnt(value)

    def _json(self, found: re.Match[str], request: bool) -> str:
        start, text, number = found[1], found[2], found[3]
        if text is None:
            return f'{start}"{self.hide(number)}"'
        if not request and re.search(r"\s", text):
            return found[0]  # a sentence about the field, as in an error message
        return f'{start}"{self._named(text)}"'

    def _wire(self, data: bytes, *, body: bool) -> bytes:
        if not data:
            return data
        head, blank, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        content_type, masked = "", [self.target(first)]
        for line in lines:
            name, colon, value = line.partition(":")
            content_type = value if name.lower() == "content-type" else content_type
            space = " " if value.startswith(" ") else ""
            masked.append(
                name + colon + space + self._line(name.strip().lower(), value.strip()) if colon else self.text(line)
            )
        kept = self.body(rest, content_type, request=True) if body else b""
        return "\r\n".join(masked).encode("latin-1", "replace") + blank + kept

    def _control(self, control: Control) -> Control:
        return Control(
            control.name,
            self.text(control.what),
            self.text(control.expected),
            self.text(control.observed),
            control.holds,
        )

    def _verdict(self, verdict: Verdict) -> Verdict:
        return msgspec.structs.replace(
            verdict,
            why=self.text(verdict.why),
            title=self.text(verdict.title),
            summary=self.text(verdict.summary),
            proof=tuple(map(self.text, verdict.proof)),
            question=self.text(verdict.question),
            witness=tuple(map(self.text, verdict.witness)),
        )

    def _question(self, question: Question) -> Question:
        return Question(self.text(question.ask), self.text(question.answer_with))

    def _leftover(self, leftover: Leftover) -> Leftover:
        return Leftover(self.text(leftover.what), self.text(leftover.curl))

    def _coverage(self, coverage: Coverage) -> Coverage:
        return msgspec.structs.replace(coverage, why=self.text(coverage.why))


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value that the settings hold: what a `Mask` of the run must know from the start."""
    found: list[str] = []
    for account in settings.accounts:
        found += [c.value.reveal() for c in account.credentials if c.within != "certificate"]
        if account.password:
            found.append(account.password.reveal())
        for secret in (account.totp_secret, account.signing_key):
            found += [secret.reveal()] if secret else []
        found += [
            value for name, value in account.oauth2.items() if _SECRET_NAME.fullmatch(name) and name != "token_url"
        ]
    found += [
        value for name, value in settings.headers if name.lower() in _SECRET_HEADERS or _SECRET_NAME.fullmatch(name)
    ]
    return found


def _basic(value: str) -> str:
    """The password of a Basic credential; empty when it is none."""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
