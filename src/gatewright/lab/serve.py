"""`lab up`: puts the clinic together and serves it on loopback until it is told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gatewright.lab.app import application
from gatewright.lab.dialects import DIALECTS, Dialect
from gatewright.lab.doors import DOORS, Porch
from gatewright.lab.doors.mutual import MutualTls, shown
from gatewright.lab.edge import Edge
from gatewright.lab.endpoint import Clinic
from gatewright.lab.mailbox import Mailbox, beside, hook
from gatewright.lab.noise import LaggingTables, Noise
from gatewright.lab.seed import PRINTED, fill, password_of
from gatewright.lab.tables import Tables
from gatewright.lab.weaknesses import IDS
from gatewright.lab.yes import yes_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lab up` was asked for."""

    weak: frozenset[str] = IDS
    dialect: str = "bearer"
    port: int = 0
    token_ttl: int = 3600
    scramble: int | None = None
    seed: int = 1
    noise: tuple[str, ...] = ()
    """Kinds of `lab.noise.KINDS`."""
    log: Path | None = None
    yes: bool = False
    """The yes-server instead of the clinic."""
    introspection: bool = True
    """Whether a GraphQL server tells its schema when asked."""
    login: str = "json"
    """The way in: `json`, the dialect's own, or a name in `DOORS`."""


def clinic(options: Options, now: Callable[[], float]) -> Clinic:
    """The clinic's state with its first people and things."""
    secret = desk_key(options).encode()
    tables = LaggingTables() if "lag" in options.noise else Tables()
    state = Clinic(tables=tables, weak=options.weak, secret=secret, token_ttl=options.token_ttl, now=now)
    fill(state, options.seed)
    if isinstance(tables, LaggingTables):
        tables.copy()
    return state


def dressed(options: Options, now: Callable[[], float]) -> Dialect:
    """The clinic in the clothes that `options` ask for."""
    kind = DIALECTS[options.dialect]
    dialect = kind(clinic(options, now), kind.spelling(options.scramble))
    dialect.introspection = options.introspection
    return dialect


def built(options: Options, log: TextIO | None = None, *, mailbox: Mailbox | None = None) -> ASGIApp:
    """The application that `options` ask for; what it mails goes to the mailbox."""
    return assembled(options, log, mailbox=mailbox)[0]


def assembled(
    options: Options, log: TextIO | None = None, *, mailbox: Mailbox | None = None
) -> tuple[ASGIApp, Porch | None]:
    """The application, and the door before it where there is one."""
    dialect = dressed(options, time.time)  # noqa: TID251 - the lab is a server with a clock of its own
    if options.yes:
        return Edge(yes_server(dialect), weak=frozenset(), log=log), None
    dialect.clinic.mailbox = mailbox or dialect.clinic.mailbox
    inner: ASGIApp = application(dialect)
    door = DOORS[options.login](inner, dialect.clinic) if options.login != "json" else None
    edge = Edge(door or inner, weak=options.weak, log=log)
    return (Noise(edge, options.noise, options.seed) if options.noise else edge), door


def desk_key(options: Options) -> str:
    """The secret that signs the staff's tokens."""
    if "token-weak-secret" in options.weak:
        return "supersecret123"
    return hashlib.sha256(f"desk {options.seed}".encode()).hexdigest()


def accounts(options: Options) -> dict[str, dict[str, str]]:
    """The accounts as `gatewright.yaml` has them, with plain passwords, and for the staff the key of their tokens."""
    known = {"signing_key": desk_key(options)} if options.dialect != "cookie" else {}
    return {
        person.username: {
            "role": person.role,
            "username": person.username,
            "password": password_of(person, options.seed),
            **(known if person.role == "staff" else {}),
        }
        for person in PRINTED
    }


def serve(options: Options, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` gets what `lab up --json` prints, once the port listens."""
    log = options.log.open("w", encoding="utf-8", buffering=1) if options.log else None
    listener = socket.create_server(("127.0.0.1", options.port), backlog=512)
    post = socket.create_server(("127.0.0.1", 0))
    mailbox, mail_port = Mailbox(), post.getsockname()[1]
    app, door = assembled(options, log, mailbox=mailbox)
    authority = door.authority if isinstance(door, MutualTls) else None
    url = f"http{'s' if authority else ''}://127.0.0.1:{listener.getsockname()[1]}"
    printed = accounts(options)
    facts: dict[str, Any] = {
        "url": url,
        "spec": url + DIALECTS[options.dialect].specification,
        "accounts": door.accounts(printed) if door else printed,
        "hooks": hook(mail_port, secure=authority is not None),
        "weaknesses": [] if options.yes else sorted(options.weak),
    }
    facts |= {"tls": {"ca": authority.path}} if authority else {}
    config = uvicorn.Config(
        beside(app, mailbox.application(), mail_port),
        http=Certified if authority else "auto",
        ws="wsproto",
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    try:
        config.load()
        config.ssl = authority.context() if authority else None
        _Announced(config, lambda: ready(facts)).run(sockets=[listener, post])
    finally:
        listener.close()
        post.close()
        if authority:
            authority.close()
        if log:
            log.close()


class Certified(HttpToolsProtocol):
    """Tells the application whose client certificate its connection shows."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there, its handshake done."""
        self.app_state = {**self.app_state, "certificate": shown(transport.get_extra_info("peercert"))}
        super().connection_made(transport)


class _Announced(uvicorn.Server):
    """Says so when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End quietly on SIGINT and SIGTERM: uvicorn would raise them again, and the exit code would not be 0."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def line(facts: dict[str, Any]) -> str:
    """The one line of `lab up --json`."""
    return json.dumps(facts, ensure_ascii=False)
