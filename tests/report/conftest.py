"""A small vulnerable API, exchanges recorded on it, and a report made of them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gatewright.model.collect import Collector
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    Asked,
    AttemptSent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    JobStarted,
    Left,
    PhaseChanged,
    RunFinished,
    RunStarted,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import AccountState, Cell, Finding, Leftover, Question, Report, Run, fingerprint
from gatewright.model.http import Exchange, Request, Response, Timing
from gatewright.model.mask import Mask
from gatewright.model.test import THREATS, Attacker, Effect, Need, Phase, Test
from gatewright.model.verdict import Control, Verdict, conclude, proved

TOKENS = {"tok-alice-7Zk2mQ9x": "alice", "tok-bob-1Lr8vT3c": "bob"}
CANARY = "canary-Qz81LmX0pR47vTnK"
"""A secret that no reporter may ever write."""
ORIGIN = "http://127.0.0.1:5000"
DOC = """## What it does
Sends the owner's id as another account.

## Why it matters
Anyone with an account reads what others wrote in `notes`.

## How it is proved
The owner's marker is in the stranger's answer, twice.

## When it is wrong
- Notes that are meant to be shared.
- A marker that is public.

## Remedy
Look the note up by id *and* owner.
"""


@dataclass
class Api:
    """Notes with owners. `holes`: read, change, delete, promote, open (no token needed)."""

    holes: set[str]
    notes: dict[int, dict[str, object]] = field(default_factory=dict)
    users: dict[str, dict[str, object]] = field(
        default_factory=lambda: {name: {"name": name, "role": "user"} for name in ("alice", "bob")}
    )
    origin: str = ""

    def answer(self, method: str, path: str, user: str | None, body: dict[str, object]) -> tuple[int, object]:
        if user is None and not ("open" in self.holes and method == "GET"):
            return 401, {"error": "who are you?"}
        if path == "/notes" and method == "POST":
            number = len(self.notes) + 1000 if not self.notes else max(self.notes) + 1
            self.notes[number] = {"id": number, "owner": user, "text": body.get("text", "")}
            if "store" in self.holes:
                self.notes[number] |= body
            return 201, {"id": number, "links": [{"key": f"note-{number}-x"}]}
        if path == "/me":
            assert user is not None
            if method == "PATCH":
                self.users[user] |= {k: v for k, v in body.items() if k != "role" or "promote" in self.holes}
            return 200, self.users[user] | ({"password_hash": "$scrypt$x1y2z3"} if "expose" in self.holes else {})
        if path.startswith("/notes/") and path[7:].isdigit() and int(path[7:]) in self.notes:
            number = int(path[7:])
            note = self.notes[number]
            hole = {"GET": "read", "PUT": "change", "DELETE": "delete"}.get(method, "")
            if note["owner"] != user and hole not in self.holes and "open" not in self.holes:
                return 403, {"error": "not yours"}
            if method == "PUT":
                note["text"] = body.get("text", "")
            if method == "DELETE":
                del self.notes[number]
                return 204, None
            return 200, note
        return 404, {"error": "nothing here"}


@pytest.fixture
def serve() -> Iterator[Callable[..., Api]]:
    """Starts an API with holes on a free port of the loopback."""
    servers: list[ThreadingHTTPServer] = []

    def start(*holes: str) -> Api:
        api = Api(set(holes))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                status, value = api.answer(
                    self.command, self.path, TOKENS.get(token), json.loads(raw) if raw[:1] == b"{" else {}
                )
                data = b"" if value is None else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if "cors" in api.holes and self.headers.get("Origin"):
                    self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        api.origin = f"http://127.0.0.1:{server.server_port}"
        return api

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class Recorder:
    """Sends requests and keeps the exchanges, as the engine does."""

    api: Api
    exchanges: list[Exchange] = field(default_factory=list)

    def send(
        self, account: str, method: str, target: str, body: object = None, *, purpose: str, origin: str = ""
    ) -> Exchange:
        headers = [("Authorization", f"Bearer {t}") for t, name in TOKENS.items() if name == account]
        headers += [("Origin", origin)] if origin else []
        data = b"" if body is None else json.dumps(body).encode()
        if data:
            headers.append(("Content-Type", "application/json"))
        request = Request(method, self.api.origin, target, tuple(headers), data)
        connection = http.client.HTTPConnection(self.api.origin.removeprefix("http://"), timeout=10)
        connection.request(method, target, data or None, dict(headers))
        answer = connection.getresponse()
        response = Response(answer.status, tuple(answer.getheaders()), answer.read(), answer.reason)
        connection.close()
        exchange = Exchange(len(self.exchanges) + 1, request, response, account, purpose, at=time.monotonic())
        self.exchanges.append(exchange)
        return exchange


@pytest.fixture
def recorder() -> Callable[[Api], Recorder]:
    return Recorder


def exchange(
    number: int,
    method: str,
    target: str,
    *,
    account: str = "bob",
    purpose: str = "attack",
    body: bytes = b"",
    answer: bytes = b"{}",
    status: int = 200,
    token: str = CANARY,
) -> Exchange:
    """A recorded exchange whose request carries the canary as a token."""
    headers: tuple[tuple[str, str], ...] = (("Authorization", f"Bearer {token}"),) if account != "anon" else ()
    if body:
        headers += (("Content-Type", "application/json"),)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return Exchange(
        number,
        Request(method, ORIGIN, target, headers, body),
        Response(
            status,
            (("Content-Type", "application/json"), ("Set-Cookie", f"sid={CANARY}; Path=/")),
            answer,
            "OK" if status == 200 else "Not Found",
            size=len(answer),
            timing=Timing(0.0, 0.01, 0.0123),
        ),
        account,
        purpose,
        at=1_700_000_000.0 + number,
        sent=f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body,
        received=b"HTTP/1.1 200 OK\r\nX-Echo: " + CANARY.encode() + b"\r\n\r\n" + answer,
    )


MARKER = "gwabcdefghij234567"
NOTE = Endpoint(method="GET", path="/notes/{id}", origin=ORIGIN, source="openapi.json:118")
NOTES = Endpoint(method="POST", path="/notes", origin=ORIGIN, source="openapi.json:90")
ME = Endpoint(method="PATCH", path="/me", origin=ORIGIN, source="openapi.json:12")
LOGIN = Endpoint(method="POST", path="/login", origin=ORIGIN, source="openapi.json:3")


def cell(endpoint: Endpoint, test: str, account: str = "bob") -> Cell:
    return Cell(endpoint.id, test, account)


def read_finding() -> Finding:
    place = Place("path", "id")
    answer = f'{{"id": 7, "owner": "alice", "text": "{MARKER} <b>hi</b>\\u202e", "api_token": "{CANARY}"}}'.encode()
    return Finding(
        id=fingerprint("object-access-read", NOTE, place),
        test="object-access-read",
        threat="API1:2023",
        title="Another account's note can be read by its id",
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
        cwe=("CWE-639",),
        endpoint=NOTE,
        place=place,
        account="bob",
        victim="alice",
        summary="bob read alice's note 7 by its id",
        proof=(
            f"alice made note 7 with the marker {MARKER}",
            "bob sent GET /notes/7 and was answered 200 with that marker, twice",
            f"bob's token was Bearer {CANARY}",
        ),
        controls=(
            Control("C1", "alice reads it twice", "same", "same", True),
            Control("C5", "bob asks for a random id", "denied", "404", True),
        ),
        exchanges=(
            exchange(3, "GET", "/notes/7", account="alice", purpose="baseline", answer=answer),
            exchange(4, "GET", "/notes/7", answer=answer),
            exchange(5, "GET", "/notes/9999", purpose="control C5", answer=b'{"error": "none"}', status=404),
        ),
        attacks=(4,),
        witness=(MARKER,),
        remediation="Look the note up by id *and* owner.",
        references=("https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",),
        number=1,
    )


def role_finding() -> Finding:
    place = Place("body", "role")
    return Finding(
        id=fingerprint("mass-assignment", ME, place),
        test="mass-assignment",
        threat="API3:2023",
        title="A caller sets its own role",
        severity="medium",
        cvss=None,
        cwe=("CWE-915",),
        endpoint=ME,
        place=place,
        account="bob",
        summary="bob made himself admin by sending role",
        proof=("bob sent role", "a later read shows it"),
        controls=(),
        exchanges=(
            exchange(8, "PATCH", "/me?x='\"$(id)", body=b'{"role": "admin", "password": "canary-Qz81LmX0pR47vTnK"}'),
        ),
        attacks=(8,),
        also=("PUT /me",),
        also_tests=("function-access",),
        number=2,
    )


def exploration() -> list[AnyEvent]:
    """The first half: accounts, and endpoints with samples or why not."""
    login_body = f'{{"username": "bob", "password": "{CANARY}"}}'.encode()
    return [
        RunStarted(run="r1", target=(ORIGIN,), mode="safe", seed=7, started="2026-01-02T03:04:05Z"),
        PhaseChanged(phase="log-in", at=0.1),
        AttemptSent(
            exchange=exchange(
                1,
                "POST",
                f"/login?token={CANARY}",
                account="anon",
                purpose="login",
                body=login_body,
                answer=f'{{"token": "{CANARY}"}}'.encode(),
            ),
            at=0.2,
        ),
        AccountReady(
            state=AccountState(name="alice", role="user", login="ok", how="POST /login → json:/token → Bearer")
        ),
        AccountReady(state=AccountState(name="bob", role="user", login="ok", how=f"Authorization: Bearer {CANARY}")),
        AccountReady(state=AccountState(name="root", role="admin", login="failed", how="POST /login answered 401")),
        AttemptSent(
            exchange=exchange(
                2,
                "POST",
                "/notes",
                account="alice",
                purpose="explore",
                body=f'{{"text": "{MARKER}"}}'.encode(),
                answer=b'{"id": 7}',
                status=201,
            ),
            at=0.5,
        ),
        EndpointLearnt(endpoint=NOTE),
        EndpointLearnt(endpoint=NOTE, sampled=True, exercised=True),
        EndpointLearnt(endpoint=NOTES, sampled=True, exercised=True),
        EndpointLearnt(endpoint=ME, sampled=True, exercised=True),
        EndpointLearnt(endpoint=LOGIN, exercised=True, why=f"every body was refused: token {CANARY} is wrong"),
    ]


def judging() -> list[AnyEvent]:
    """The second half: cells, findings, and the end."""
    read, role = cell(NOTE, "object-access-read"), cell(ME, "mass-assignment")
    quiet, jwt, cut = cell(NOTE, "cors"), cell(NOTE, "jwt-none"), cell(LOGIN, "cors", "anon")
    verdict: Verdict = proved(summary="bob read alice's note 7 by its id", proof=("x",), attacks=(4,))
    return [
        *(JobPlanned(cell=c, phase="P2", settled=c in (jwt,), at=1.0) for c in (read, role, quiet, jwt, cut)),
        VerdictReached(cell=jwt, verdict=conclude("not_jwt", "the token of bob is no JWT"), at=1.0),
        PhaseChanged(phase="P2 reads", total=4, at=1.1),
        JobStarted(cell=read, at=1.1),
        *(AttemptSent(exchange=e, cell=read, at=1.2) for e in read_finding().exchanges),
        VerdictReached(cell=read, verdict=verdict, at=2.0),
        FindingProved(finding=read_finding(), at=2.0),
        VerdictReached(cell=quiet, verdict=conclude("protected", "no cross-origin header is sent"), at=2.5),
        FindingProved(finding=role_finding(), at=3.0),
        VerdictReached(
            cell=role,
            verdict=proved(summary="bob made himself admin by sending role", proof=("y",), attacks=(8,)),
            at=3.0,
        ),
        Asked(question=Question("bob read alice's /feed: private?", 'policy: {"/feed": private}')),
        Left(
            leftover=Leftover(
                "note 12 of alice", f"curl -X DELETE -H 'Authorization: Bearer {CANARY}' {ORIGIN}/notes/12"
            )
        ),
        Warned(code="GW-E001", message=f"the token {CANARY} was renewed \x1b[31mtwice\u202e"),
        RunFinished(
            run=Run(
                id="r1",
                target=(ORIGIN,),
                started="2026-01-02T03:04:05Z",
                seconds=12.34,
                requests=9,
                mode="safe",
                seed=7,
                complete=False,
                stopped_because="budget: requests",
            ),
            at=12.34,
        ),
    ]


def stream() -> list[AnyEvent]:
    """A whole small run, the canary in it wherever a secret may stand."""
    return exploration() + judging()


@pytest.fixture
def events() -> list[AnyEvent]:
    return stream()


@pytest.fixture
def findings() -> tuple[Finding, Finding]:
    """bob reads alice's note; bob makes himself admin."""
    return read_finding(), role_finding()


@pytest.fixture
def make_exchange() -> Callable[..., Exchange]:
    return exchange


@pytest.fixture
def report(events: list[AnyEvent]) -> Report:
    """The small run, collected."""
    collector = Collector()
    for event in events:
        collector.on(event)
    return collector.report()


@pytest.fixture
def canary() -> str:
    return CANARY


@pytest.fixture
def mask() -> Mask:
    return Mask(b"k" * 32)


async def _never(probe: object) -> Verdict:
    raise AssertionError("reports run no test")


@pytest.fixture
def tests() -> dict[str, Test]:
    """What the reports know about the tests that ran."""
    made = {}
    for id_, threat, title in (
        ("object-access-read", "API1:2023", "Another account's object can be read"),
        ("mass-assignment", "API3:2023", "A property that is not the caller's to set is stored"),
        ("cors", "API8:2023", "Any origin may read answers with credentials"),
        ("jwt-none", "API2:2023", "An unsigned token is accepted"),
    ):
        assert threat in THREATS
        made[id_] = Test(
            id=id_,
            threat=threat,
            title=title,
            severity="high",
            cwe=(639,),
            needs=(Need.SAMPLE,),
            phase=Phase.READS,
            effect=Effect.NONE,
            attacker=Attacker.PEER,
            requests=10,
            tags=(),
            doc=DOC,
            run=_never,
        )
    return made
