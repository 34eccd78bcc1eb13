"""`lab up`: puts the clinic together and serves it on loopback until it is told to stop."""

from __future__ import annotations

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

from gatewright.lab.app import application
from gatewright.lab.edge import Edge
from gatewright.lab.endpoint import Clinic
from gatewright.lab.mailbox import Mailbox, beside, hook
from gatewright.lab.routes import endpoints, schemas
from gatewright.lab.scramble import Names, Scrambled
from gatewright.lab.seed import PRINTED, fill, password_of
from gatewright.lab.tables import COLUMNS, Tables
from gatewright.lab.weaknesses import IDS
from gatewright.lab.yes import yes_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lab up` was asked for."""

    weak: frozenset[str] = IDS
    port: int = 0
    token_ttl: int = 3600
    scramble: int | None = None
    seed: int = 1
    log: Path | None = None
    yes: bool = False
    """The yes-server instead of the clinic."""


def clinic(options: Options, now: Callable[[], float]) -> Clinic:
    """The clinic's state with its first people and things."""
    secret = hashlib.sha256(f"clinic {options.seed} {now()}".encode()).digest()
    state = Clinic(tables=Tables(), weak=options.weak, secret=secret, token_ttl=options.token_ttl, now=now)
    fill(state, options.seed)
    return state


def names(scramble: int | None) -> Names:
    """The names on the wire."""
    if scramble is None:
        return Names()
    known = [endpoint.path for endpoint in endpoints()] + [endpoint.tag for endpoint in endpoints()]
    known += [parameter.name for endpoint in endpoints() for parameter in endpoint.parameters]
    known += [word for columns in COLUMNS.values() for word in columns.split()]
    known += [word for name, schema in schemas().items() for word in (name, *_properties(schema))]
    return Scrambled(scramble, [*known, "clinic", "sender_email", "sender_date_of_birth"])


def _properties(schema: dict[str, Any]) -> list[str]:
    inner = [word for value in schema.get("properties", {}).values() for word in _properties(value)]
    inner += _properties(schema["items"]) if "items" in schema else []
    return [*schema.get("properties", {}), *inner]


def built(options: Options, log: TextIO | None = None, *, mailbox: Mailbox | None = None) -> ASGIApp:
    """The application that `options` ask for; what it mails goes to the mailbox."""
    spelled = names(options.scramble)
    if options.yes:
        return Edge(yes_server(spelled), weak=frozenset(), log=log)
    state = clinic(options, time.time)  # noqa: TID251 - the lab is a server with a clock of its own
    state.mailbox = mailbox or state.mailbox
    return Edge(application(state, spelled), weak=options.weak, log=log)


def accounts(options: Options) -> dict[str, dict[str, str]]:
    """The accounts as `gatewright.yaml` has them, with plain passwords."""
    return {
        person.username: {
            "role": person.role,
            "username": person.username,
            "password": password_of(person, options.seed),
        }
        for person in PRINTED
    }


def serve(options: Options, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` gets what `lab up --json` prints, once the port listens."""
    log = options.log.open("w", encoding="utf-8", buffering=1) if options.log else None
    listener = socket.create_server(("127.0.0.1", options.port), backlog=512)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    post = socket.create_server(("127.0.0.1", 0))
    mailbox, mail_port = Mailbox(), post.getsockname()[1]
    facts = {
        "url": url,
        "spec": f"{url}/openapi.json",
        "accounts": accounts(options),
        "hooks": hook(mail_port),
        "weaknesses": [] if options.yes else sorted(options.weak),
    }
    config = uvicorn.Config(
        beside(built(options, log, mailbox=mailbox), mailbox.application(), mail_port),
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    try:
        _Announced(config, lambda: ready(facts)).run(sockets=[listener, post])
    finally:
        listener.close()
        post.close()
        if log:
            log.close()


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
