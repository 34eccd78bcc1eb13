"""A visitor of the clinic: requests go straight into the application, without sockets."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from gatewright.lab.app import application
from gatewright.lab.dialects import Dialect
from gatewright.lab.edge import Edge
from gatewright.lab.endpoint import Clinic
from gatewright.lab.serve import Options, accounts, dressed
from gatewright.lab.weaknesses import IDS


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Visitor:
    """Sends requests as the printed accounts. `now` may be moved."""

    options: Options
    now: float = 1_800_000_000.0
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.dialect: Dialect = dressed(self.options, lambda: self.now)
        self.names = self.dialect.names
        self.clinic: Clinic = self.dialect.clinic
        self.app = Edge(application(self.dialect), weak=self.options.weak, log=self.log)
        self.passwords = {name: row["password"] for name, row in accounts(self.options).items()}
        self._tokens: dict[str, str] = {}
        self._sessions: dict[str, dict[str, str]] = {}

    def credential(self, account: str) -> dict[str, str]:
        """The headers of somebody who has logged in: a token, or a session cookie and what belongs to it."""
        if self.options.dialect != "cookie":
            return {"authorization": f"Bearer {self.token(account)}"}
        if account not in self._sessions:
            body = {"username": account, "password": self.passwords[account]}
            answer = self.send("POST", "/auth/login", body=body)
            cookie = answer.headers["set-cookie"].partition(";")[0]
            self._sessions[account] = {"cookie": cookie, "x-csrf-token": answer.json["data"]["csrfToken"]}
        return self._sessions[account]

    def token(self, account: str) -> str:
        if account not in self._tokens:
            body = {"username": account, "password": self.passwords[account]}
            self._tokens[account] = self.send("POST", "/auth/login", body=body).json["access_token"]
        return self._tokens[account]

    def id(self, account: str) -> int:
        return (self.clinic.tables.first("users", username=account) or {})["id"]

    def sign_up(self, account: str, **more: Any) -> Answer:
        self.passwords[account] = "Blue-Kettle-47"
        body = {
            "username": account,
            "email": f"{account}@example.com",
            "password": "Blue-Kettle-47",
            "full_name": f"New {account}",
            "phone": "+4520123456",
            "date_of_birth": "1988-07-21",
            **more,
        }
        return self.send("POST", "/auth/register", body=body)

    def watch(
        self,
        path: str,
        account: str,
        doing: Callable[[], Any],
        *,
        query: str = "",
        socket: bool = False,
        say: tuple[str, ...] = (),
        protocol: str = "",
    ) -> bytes:
        """All that a stream tells while something is done; its refusal where it is not opened."""
        headers = self.credential(account) if account else {}
        stream = Stream(path, query, headers, socket=socket, say=say, protocol=protocol)
        return asyncio.run(stream.watched(self.app, doing))

    def send(
        self,
        method: str,
        path: str,
        account: str = "",
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = {"content-type": "application/json"} if body is not None else {}
        if account:
            sent |= self.credential(account)
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return call(self.app, method, path, urlencode(query or {}, doseq=True), sent, content)


def call(app: Any, method: str, path: str, query: str, headers: dict[str, str], content: bytes) -> Answer:
    """One request through an ASGI application that never really waits."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    with pytest.raises(StopIteration):
        app(scope, receive, send).send(None)
    lines = [(name.decode().lower(), value.decode()) for name, value in messages[0]["headers"]]
    got = dict(reversed(lines))  # of several Set-Cookie the first: the session
    return Answer(messages[0]["status"], got, b"".join(message.get("body", b"") for message in messages[1:]))


@dataclass
class Stream:
    """A stream of an ASGI application: what opens it, and what its client says."""

    path: str
    query: str
    headers: dict[str, str]
    socket: bool
    say: tuple[str, ...]
    protocol: str

    async def watched(self, app: Any, doing: Callable[[], Any]) -> bytes:
        """Opens it, lets something happen, and hangs up."""
        scope = {
            "type": "websocket" if self.socket else "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "subprotocols": [self.protocol] if self.protocol else [],
            "extensions": {"websocket.http.response": {}},
        }
        messages: list[dict[str, Any]] = []
        said: list[dict[str, Any]] = [{"type": "websocket.receive", "text": text} for text in reversed(self.say)]
        first = {"type": "http.request", "body": b"", "more_body": False}
        said.append({"type": "websocket.connect"} if self.socket else first)

        async def receive() -> dict[str, Any]:
            return said.pop() if said else await asyncio.get_running_loop().create_future()

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        stream = asyncio.ensure_future(app(scope, receive, send))
        for step in range(80):
            if step == 40:
                doing()
            await asyncio.sleep(0)
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)
        return b"".join(m.get("body") or (m.get("text") or str(m.get("code", ""))).encode() for m in messages)


@pytest.fixture
def visit() -> Callable[..., Visitor]:
    """`visit()` the fixed clinic, `visit("token-alg-none")` a weak one, `visit(*IDS)` all of it."""

    def opened(*weak: str, **options: Any) -> Visitor:
        assert set(weak) <= IDS
        return Visitor(Options(weak=frozenset(weak), **options))

    return opened


@pytest.fixture
def send() -> Callable[..., Answer]:
    """One request through any ASGI application."""
    return call
