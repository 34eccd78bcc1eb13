"""A server made of rules, and the accounts that use it: what a case file answers with, without a network.

The server knows who asks as a real one does: by the credential in the request. The first rule that matches answers.
Strings of an answer may hold `<placeholders>`:
- `<path.id>` `<query.x>` `<body>` `<body.title>` `<header.Origin>` `<jwt.sub>` `<method>` `<target>` `<as>`: of the request
- `<after.title>`: of the body (without one: of the query) of the latest earlier request that the rule's `after` matched
- `<count>`: number of the request; `<echo>`: all of the request as text; `<many.240>`: a list of 240 items
- `<calls.10>`: an object `c1` to `c10` of equal objects; `<answers.5>`: a list of five answers of a GraphQL field `c1`
- `<file>` `<file.size>`: the file that was sent last, its bytes or their number; `<product>`: what a program in it computes
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct, field

from gatewright.engine.scripted_streams import heard
from gatewright.engine.scripted_tokens import KEY, ScriptedListener, matches
from gatewright.engine.sent import file_of, product_of
from gatewright.engine.slow import Slow
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response, Timing
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.model.test import Kept, LogIn, Registration
from gatewright.proof import jwt
from gatewright.proof.leaves import as_text

GARBAGE = "garbage"
"""Who asks with a credential that nobody was given."""
_PLACEHOLDER = re.compile(r"<([a-z]+(?:\.[\w.\-\[\]]+)?)>")


_SESSION = re.compile(r"\bsession-of-(.+)-\w+$")
"""A further session of an account, as a case's log-in answers it."""


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request must be like for a rule to answer it; what is not named may be anything."""

    as_: str | list[str] | None = field(default=None, name="as")
    """Account names, `anon` or `garbage`."""
    method: str | list[str] | None = None
    path: str | None = None
    """`/notes/{id}` (one segment each), or with `*`."""
    query: dict[str, Json] | None = None
    headers: dict[str, Json] | None = None
    """Values may hold `*`; null: the header is absent."""
    body: Json = None
    """Members that the body must have, at any depth; with placeholders, such as `<after.password>`."""
    jwt: dict[str, Json] | None = None
    """Members of header or claims of the token, and the words of scripted_tokens.py."""
    target: str | None = None
    """Path and query as they were sent, with `*`: for what is sent twice or encoded."""
    raw: str | None = None
    """The body as it was sent, with `*`."""
    after: When | None = None
    """An earlier request must have matched this; its headers may be told by those of this one (`<header.Cookie>`)."""


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer of the scripted server."""

    when: When = When()
    status: int = 200
    response: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    slow: Slow | None = None
    seconds: float = 0.0
    """What the answer's timing says that it took."""
    times: int = 0
    """How often it answers before the next rules are looked at; 0: always."""


class Ask(Struct, frozen=True):
    """One request as the server sees it."""

    who: str
    method: str
    path: str
    query: dict[str, str]
    request: Request
    body: Json
    token: str


class Server:
    """Answers requests by its rules; 404 with nothing when none matches."""

    def __init__(self, rules: Sequence[Rule], credentials: Mapping[str, tuple[Credential, ...]]) -> None:
        self.rules = list(rules)
        self.credentials = credentials
        self.listener = ScriptedListener()
        self.forget()

    def forget(self) -> None:
        """Start anew: no request has been seen."""
        self.seen: list[Ask] = []
        self.used: dict[int, int] = {}
        self.file = b""

    def answer(self, request: Request) -> Response:
        """The answer of the first rule that matches."""
        ask = self._ask(request)
        self.seen.append(ask)
        self.file = file_of(request) or self.file
        for index, rule in enumerate(self.rules):
            if rule.times and self.used.get(index, 0) >= rule.times:
                continue
            found = _match(rule.when, ask, self.seen[:-1], self.listener)
            if found is not None:
                self.used[index] = self.used.get(index, 0) + 1
                found["file"] = self.file.decode("utf-8", "surrogateescape")
                return _respond(rule, ask, found, len(self.seen))
        return Response(404)

    def _ask(self, request: Request) -> Ask:
        path, _, query = request.target.partition("?")
        carried = _carried(request)
        who = next(
            (name for name, held in self.credentials.items() if held and all(_holds(carried, c) for c in held)), ""
        )
        token = next((value.rpartition(" ")[2] for value in carried.values() if value.count(".") >= 1), "")
        names = {(c.within, c.name.lower()) for held in self.credentials.values() for c in held}
        if not who:
            further = next((s[1] for v in carried.values() if (s := _SESSION.search(v))), "")
            who = further if further in self.credentials else ""
        if not who:
            who = self._by_token(token) or (GARBAGE if names & set(carried) else ANON)
        body: Json = None
        try:
            body = msgspec.json.decode(request.body) if request.body else None
        except (msgspec.DecodeError, RecursionError):
            body = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        return Ask(who, request.method, unquote(path), pairs, request, body, token)

    def _by_token(self, text: str) -> str:
        """Whose token it is by its subject, when its signature is ours."""
        token = jwt.parse(text)
        if token is None or not jwt.verifies(token, KEY):
            return ""
        for name, held in self.credentials.items():
            own = next((t for c in held if (t := jwt.parse(c.value.reveal()))), None)
            if own is not None and own.claims.get("sub") == token.claims.get("sub"):
                return name
        return ""


def _carried(request: Request) -> dict[tuple[str, str], str]:
    """Every header, cookie and query value of a request, by place and lowered name."""
    found = {("header", name.lower()): value for name, value in request.headers}
    for pair in (request.header("cookie") or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name:
            found[("cookie", name.lower())] = value
    found |= {("query", name.lower()): value for name, value in parse_qsl(request.target.partition("?")[2])}
    return found


def _holds(carried: Mapping[tuple[str, str], str], credential: Credential) -> bool:
    return carried.get((credential.within, credential.name.lower())) == credential.prefix + credential.value.reveal()


def _match(when: When, ask: Ask, earlier: Sequence[Ask], listener: ScriptedListener) -> dict[str, Json] | None:
    """What a rule binds (path values, `after` body) when it matches a request; None when it does not."""
    captured = _path(when.path, ask.path)
    if captured is None or not _one_of(when.as_, ask.who) or not _one_of(when.method, ask.method):
        return None
    if when.query is not None and not _among(when.query, ask.query):
        return None
    if when.headers is not None and not _among(when.headers, {n: ask.request.header(n) for n in when.headers}):
        return None
    if when.jwt is not None and not matches(when.jwt, ask.token, listener):
        return None
    if when.target is not None and not _like(when.target, ask.request.target):
        return None
    if when.raw is not None and not _like(when.raw, ask.request.body.decode("utf-8", "replace")):
        return None
    if when.after is not None:
        headers = {name: _filled(value, ask, {}, 0) for name, value in (when.after.headers or {}).items()}
        wanted = msgspec.structs.replace(when.after, headers=headers)
        before = next((old for old in reversed(earlier) if _match(wanted, old, (), listener) is not None), None)
        if before is None:
            return None
        captured["after"] = before.body if before.body is not None else dict(before.query)
    if when.body is not None and not _within(_filled(when.body, ask, captured, 0), ask.body):
        return None
    return captured


def _like(pattern: str, text: str) -> bool:
    """Whether a text is like a pattern in which only `*` means something."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, re.DOTALL) is not None


def _path(pattern: str | None, path: str) -> dict[str, Json] | None:
    if pattern is None:
        return {}
    names = re.findall(r"\{(\w+)\}", pattern)
    parts = re.split(r"\{\w+\}", pattern)
    expression = "([^/]+)".join(re.escape(part).replace(r"\*", ".*") for part in parts)
    found = re.fullmatch(expression, path)
    return dict(zip(names, found.groups(), strict=True)) if found else None


def _one_of(wanted: str | list[str] | None, value: str) -> bool:
    return wanted is None or value in (wanted if isinstance(wanted, list) else [wanted])


def _among(wanted: Mapping[str, Json], values: Mapping[str, str | None]) -> bool:
    for name, value in wanted.items():
        seen = values.get(name)
        if (value is None) != (seen is None) or (seen is not None and not fnmatchcase(seen, as_text(value))):
            return False
    return True


def _within(wanted: Json, value: Json) -> bool:
    """Whether a value has all members of another, at any depth."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and _within(item, value[key]) for key, item in wanted.items()
        )
    return wanted == value


def _respond(rule: Rule, ask: Ask, found: dict[str, Json], count: int) -> Response:
    body = _filled(rule.response, ask, found, count)
    headers = {name: as_text(_filled(value, ask, found, count)) for name, value in rule.headers.items()}
    seconds = rule.slow.takes(as_text(_filled(rule.slow.of, ask, found, count))) if rule.slow else rule.seconds
    timing = Timing(first_byte=seconds, total=seconds)
    if body is None:
        return Response(rule.status, tuple(headers.items()), timing=timing)
    kinds = {name.lower() for name in headers}
    if "content-type" not in kinds:
        headers["Content-Type"] = "text/plain" if isinstance(body, str) else "application/json"
    data = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else msgspec.json.encode(body)
    return Response(rule.status, tuple(headers.items()), data, size=len(data), timing=timing)


def _filled(value: Json, ask: Ask, found: dict[str, Json], count: int) -> Json:
    if isinstance(value, dict):
        return {key: _filled(item, ask, found, count) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, ask, found, count) for item in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole:
        return _look(whole[1], ask, found, count)
    return _PLACEHOLDER.sub(lambda match: as_text(_look(match[1], ask, found, count)), value)


def _look(name: str, ask: Ask, found: dict[str, Json], count: int) -> Json:
    kind, _, rest = name.partition(".")
    if kind == "many":
        return [{"id": number} for number in range(int(rest))]
    if kind == "calls":
        return {f"c{number + 1}": {"id": "7"} for number in range(int(rest))}
    if kind == "answers":
        return [{"data": {"c1": {"id": "7"}}} for _ in range(int(rest))]
    if kind == "file":
        text = as_text(found.get("file"))
        return len(text.encode("utf-8", "surrogateescape")) if rest == "size" else text
    if kind == "product":
        return product_of(as_text(found.get("file")))
    token = jwt.parse(ask.token if ask.token.count(".") == 2 else ask.token + ".")
    sources: dict[str, Json] = {
        "path": found,
        "query": dict(ask.query),
        "body": ask.body,
        "after": found.get("after"),
        "jwt": token.claims if token else None,
        "method": ask.method,
        "target": ask.request.target,
        "as": ask.who,
        "count": count,
        "echo": _echo(ask.request),
    }
    if kind == "header":
        return ask.request.header(rest)
    value: Json = sources.get(kind)
    for key in rest.split(".") if rest else []:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _echo(request: Request) -> str:
    lines = [f"{name}: {value}" for name, value in request.headers]
    return "\n".join(
        [f"{request.method} {unquote(request.target)}", *lines, "", request.body.decode("utf-8", "replace")]
    )


def _posted(target: str, body: Json) -> Request:
    head = (("Content-Type", "application/json"),)
    return Request("POST", "http://api.test", target, head, msgspec.json.encode(body))


class ScriptedIdentities:
    """The accounts of a case, logged in at a scripted server. Implements `ports.Identities`."""

    def __init__(
        self,
        server: Server,
        accounts: Mapping[str, Account],
        *,
        ranks: Mapping[str, int],
        probes: Mapping[str, Call],
        dead: frozenset[str] = frozenset(),
        newcomers: Mapping[str, Account] | None = None,
        mails: Mapping[str, Sequence[str]] | None = None,
        age: float = 0.0,
    ) -> None:
        """`mails`: what each account is mailed, oldest first; `age`: seconds since the log-ins."""
        self.age = age
        self._mails = dict(mails or {})
        self._newcomers = dict(newcomers or {})
        self._waiting = list(self._newcomers)
        self.server = server
        self.exchanges: list[Exchange] = []
        self._accounts = dict(accounts)
        self._ranks = ranks
        self._probes = probes
        self._dead = dead

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Accounts that are logged in."""
        return self._accounts

    async def sign_up(self, extra: Mapping[str, Json]) -> tuple[str, Exchange] | None:
        """The next of the case's newcomers; None when there is none, or the sign-up is refused."""
        made = await self.register(extra)
        return (made.name, made.exchange) if made.name and made.exchange is not None else None

    async def register(self, extra: Mapping[str, Json], *, password: str | None = None) -> Registration:
        """The next newcomer, when `POST /sign-up` with its name, password (`own` for a good one) and `extra` is not refused.

        A server without a rule for it accepts.
        """
        if not self._waiting:
            return Registration(why="no further account can be signed up")
        name = self._waiting[0]
        given = {"name": name, "password": "own" if password is None else password, **extra}
        exchange = await self.send(_posted("/sign-up", given), as_=ANON, purpose="sign-up", credentials=())
        if exchange.response is None or exchange.response.status not in (200, 201, 404):
            return Registration(exchange=exchange, why="refused")
        self._waiting.pop(0)
        made = msgspec.structs.replace(
            self._newcomers[name], password=Secret(str(given["password"])), registered={"name": str(given["name"])}
        )
        return Registration(name=name, logged_in=True, exchange=exchange, account=made)

    async def log_in(self, name: str, password: str | None = None) -> bool:
        """Asks the server's rules at `POST /log-in`, with `own` for the account's own password."""
        return (await self.try_log_in(name, password)).accepted

    async def try_log_in(
        self,
        name: str,
        password: str | None = None,
        *,
        purpose: str = "log-in",
        cell: Cell | None = None,
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> LogIn:
        """Asks at `POST /log-in`. A `challenge` in the answer is no session yet, a `token` the new one (`session-of-NAME-…` is that account's)."""
        request = _posted("/log-in", {"name": name, "password": "own" if password is None else password})
        request = edit(request) if edit is not None else request
        exchange = await self.send(request, as_=ANON, purpose=purpose, credentials=())
        return await self._granted(name, exchange)

    async def try_refresh(
        self,
        name: str,
        token: Secret,
        *,
        held: tuple[Credential, ...] = (),
        purpose: str = "refresh",
        cell: Cell | None = None,
    ) -> LogIn | None:
        """Asks at `POST /refresh`, which answers as the log-in does."""
        request = _posted("/refresh", {"refresh": token.reveal()})
        return await self._granted(name, await self.send(request, as_=name, purpose=purpose, credentials=held))

    async def _granted(self, name: str, exchange: Exchange) -> LogIn:
        answer = exchange.response
        if answer is None or not answer.ok:
            return LogIn(exchange=exchange)
        own = await self.credentials(name)
        body = msgspec.json.decode(answer.body) if answer.body else None
        token, refresh = (body.get("token"), body.get("refresh")) if isinstance(body, dict) else (None, None)
        if not token and isinstance(body, dict) and "challenge" in body:
            return LogIn(exchange=exchange)
        if token:
            own = tuple(msgspec.structs.replace(c, value=Secret(str(token))) for c in own)
        return LogIn(exchange=exchange, credentials=own, refresh=Secret(str(refresh)) if refresh else None)

    async def mail(self, name: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The mail after the one seen before; the first when none was."""
        told = list(self._mails.get(name, ()))
        first = told.index(other_than) + 1 if other_than in told else 0
        return told[first] if first < len(told) else None

    async def send(
        self,
        request: Request,
        *,
        as_: str,
        purpose: str = "",
        cell: Cell | None = None,
        credentials: tuple[Credential, ...] | None = None,
        burst: bool = False,
    ) -> Exchange:
        """Answer by the rules, with the account's credentials on the request."""
        held = credentials if credentials is not None else await self.credentials(as_)
        request = with_credentials(request, held)
        answer = await heard(self.server, request)
        exchange = Exchange(len(self.exchanges) + 1, request, answer, account=as_, purpose=purpose)
        self.exchanges.append(exchange)
        return exchange

    async def credentials(self, name: str) -> tuple[Credential, ...]:
        """The credentials of an account."""
        account = self._accounts.get(name) or self._newcomers.get(name)
        return account.credentials if account else ()

    def first_credentials(self, name: str) -> Kept | None:
        """The present ones, as old as the case says."""
        account = self._accounts.get(name)
        return Kept(account.credentials, self.age) if account is not None and account.credentials else None

    async def alive(self, name: str) -> bool:
        """False for accounts that the case calls dead."""
        return name not in self._dead

    async def bracket(self, name: str, since: float) -> bool:
        """False for accounts that the case calls dead."""
        return name not in self._dead

    def whoami(self, name: str) -> Call | None:
        """The call that names the account."""
        return self._probes.get(name)

    def identity(self, name: str) -> frozenset[str]:
        """Values that name the account."""
        account = self._accounts.get(name) or self._newcomers.get(name)
        return frozenset(account.identity) if account else frozenset()

    def rank(self, name: str) -> int:
        """Height of the role; anon is -1."""
        return self._ranks.get(name, -1)


def with_credentials(request: Request, credentials: Sequence[Credential]) -> Request:
    """A request with credentials in their places."""
    for credential in credentials:
        value = credential.prefix + credential.value.reveal()
        if credential.within == "query":
            mark = "&" if "?" in request.target else "?"
            request = msgspec.structs.replace(request, target=f"{request.target}{mark}{credential.name}={value}")
        elif credential.within == "cookie":
            old = request.header("cookie")
            pair = f"{credential.name}={value}"
            request = request.with_headers(("Cookie", f"{old}; {pair}" if old else pair))
        else:
            request = request.with_headers((credential.name, value))
    return request
