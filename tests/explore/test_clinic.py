"""Exploration of the clinic over the real wire, with the accounts it prints: what it reaches, what it costs, what it leaves."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
import uvicorn

from gatewright.access.sessions import Sessions
from gatewright.explore.cleanup import clean_up
from gatewright.explore.explorer import Explorer
from gatewright.explore.ledger import Ledger
from gatewright.lab.app import application
from gatewright.lab.edge import Edge
from gatewright.lab.endpoint import Clinic
from gatewright.lab.serve import Options, accounts, dressed
from gatewright.lab.tables import COLUMNS
from gatewright.model.account import Account
from gatewright.model.finding import Leftover
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import Knowledge
from gatewright.model.secret import Keyring, Secret
from gatewright.model.settings import Settings
from gatewright.sources.openapi import parse
from gatewright.wire.gate import Gate

ROLES = ("patient", "staff", "admin")


@dataclass
class Explored:
    """What one exploration of the clinic showed."""

    knowledge: Knowledge
    sent: list[Exchange]
    left: list[Leftover]
    new: dict[str, int]
    """Table → rows that clean-up left."""


def _rows(state: Clinic) -> dict[str, set[str]]:
    return {table: {str(row) for row in state.tables.find(table)} for table in COLUMNS}


@pytest.fixture
def explored(request: pytest.FixtureRequest) -> Iterator[Explored]:
    options = Options(weak=frozenset(), scramble=request.param)
    dialect = dressed(options, time.time)  # noqa: TID251 - the clinic is a server with a clock of its own
    state = dialect.clinic
    app = Edge(application(dialect), weak=options.weak, log=None)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        before = _rows(state)
        knowledge, sent, left = asyncio.run(_explore(f"http://127.0.0.1:{listener.getsockname()[1]}", options))
        after = _rows(state)
        new = {table: len(rows - before[table]) for table, rows in after.items() if rows - before[table]}
        yield Explored(knowledge, sent, left, new)
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


async def _explore(origin: str, options: Options) -> tuple[Knowledge, list[Exchange], list[Leftover]]:
    given = tuple(
        Account(name=name, role=one["role"], username=one["username"], password=Secret(one["password"]))
        for name, one in accounts(options).items()
    )
    settings = Settings(target=(origin,), roles=ROLES, accounts=given)
    keyring = Keyring(b"k" * 32, "r1")
    sent: list[Exchange] = []
    gate = Gate(settings, run="r1", targets=[origin], record=lambda exchange, cell: sent.append(exchange))
    try:
        document = await gate.send(Request("GET", origin, "/openapi.json"))
        assert document.response is not None
        bare = parse(document.response.body, source=f"{origin}/openapi.json")
        specification = msgspec.structs.replace(
            bare, endpoints=tuple(msgspec.structs.replace(e, origin=origin, base="") for e in bare.endpoints)
        )
        sessions = Sessions(gate, specification, settings, keyring=keyring)
        await sessions.open()
        sent.clear()
        ledger = Ledger()
        explorer = Explorer(sessions, specification, settings, keyring=keyring, emit=lambda event: None, ledger=ledger)
        knowledge = await explorer.explore()
        explored = list(sent)
        return knowledge, explored, await clean_up(sessions, knowledge.endpoints, ledger)
    finally:
        await gate.close()


def _reached(out: Explored) -> set[str]:
    return {sample.endpoint for sample in out.knowledge.samples}


@pytest.mark.parametrize("explored", [None], indirect=True)
def test_it_reaches_the_clinic_cheaply_and_leaves_it_clean(explored: Explored) -> None:
    endpoints = explored.knowledge.endpoints
    missed = {endpoints[id_].name for id_ in explored.knowledge.unreached}
    ways_in = {name for name in missed if "/auth/" in name}
    assert len(missed - ways_in) <= 8, missed
    assert len(explored.sent) <= 12 * len(endpoints)
    made = {(o.owner, o.resource) for o in explored.knowledge.objects if o.origin == "created"}
    for owner in ("alice", "bob"):
        assert len({resource for who, resource in made if who == owner}) >= 10
    # the throw-away accounts and what the clinic notes of an administrator; a refund cannot be taken back
    assert set(explored.new) <= {"users", "refreshes", "audit_log", "refunds", "orders"}
    (left,) = explored.left  # not `POST /contact/check`: it makes nothing, and its answer shows nothing new
    assert re.fullmatch(
        r"refund of root \(POST /admin/refunds\), with gw\w+ in it: the API offers no way .*", left.what
    )


@pytest.mark.slow
@pytest.mark.parametrize("explored", [1], indirect=True)
def test_made_up_words_cost_it_little(explored: Explored) -> None:
    ways_in = [why for why in explored.knowledge.unreached.values() if why.startswith("a way in")]
    assert len(explored.knowledge.unreached) - len(ways_in) <= 6
    assert len(_reached(explored)) >= 0.88 * len(explored.knowledge.endpoints)
