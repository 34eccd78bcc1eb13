"""Safe mode proved harmless: every table of the lab before and after a whole default scan, and what the scan says it left.

What may differ is named in the short tables below, each line with its reason; nothing else may.
"""

from __future__ import annotations

import io
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from gatewright.lab import serve
from gatewright.lab.dialects import DIALECTS
from gatewright.lab.endpoint import Clinic
from gatewright.lab.mailbox import Mailbox, beside, hook
from gatewright.lab.serve import Options, accounts, assembled
from gatewright.lab.tables import COLUMNS, Row
from gatewright.lab.weaknesses import IDS
from scripts.detection import Lab, Scan, scan

pytestmark = pytest.mark.slow

OWN_TRACES = {
    "audit_log": "the server's own log of what its staff did",
    "refreshes": "each log-in is given a refresh token",
    "revoked": "each log-out is remembered until its token ends",
    "sessions": "each log-in opens a session",
    "codes": "a code that was asked for and not used is kept until it ends",
}
"""Tables to which the server itself adds a row for a log-in, a log-out or a code; why. Nothing older may change or go."""

Snapshot = dict[tuple[str, Any], Row]


@dataclass
class Watched:
    """A lab whose tables can be read: how it describes itself, its state and its log."""

    lab: Lab
    clinic: Clinic
    log: io.StringIO = field(default_factory=io.StringIO)

    def rows(self) -> Snapshot:
        """Every row of every table, by table and key."""
        tables = self.clinic.tables
        return {(name, row[columns.split()[0]]): row for name, columns in COLUMNS.items() for row in tables.find(name)}

    @property
    def requests(self) -> list[tuple[str, str, str]]:
        """Method, path and account of each request."""
        lines = (line.split() for line in self.log.getvalue().splitlines())
        return [(method, path, account) for method, path, _, account in lines]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, options: Options) -> Iterator[Watched]:
    """The lab as `lab up` serves it, in a thread of this process."""
    kept: list[Clinic] = []
    make = serve.clinic

    def keep(*arguments: Any) -> Clinic:
        kept.append(make(*arguments))
        return kept[-1]

    monkeypatch.setattr(serve, "clinic", keep)
    log, mailbox = io.StringIO(), Mailbox()
    front, post = (socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(2))
    port, mail_port = front.getsockname()[1], post.getsockname()[1]
    app, _ = assembled(options, log, mailbox=mailbox)
    config = uvicorn.Config(
        beside(app, mailbox.application(), mail_port), log_level="critical", access_log=False, server_header=False,
        lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [front, post]})
    thread.start()  # the sockets listen already: who connects too early waits
    url = f"http://127.0.0.1:{port}"
    spec = url + DIALECTS[options.dialect].specification
    told = Lab(url, spec, accounts(options), sorted(options.weak), hook(mail_port, secure=False))
    try:
        yield Watched(told, kept[0], log)
    finally:
        server.should_exit = True
        thread.join(20)
        front.close()
        post.close()


def unexplained(before: Snapshot, after: Snapshot, done: Scan) -> list[str]:
    """What differs and is neither listed as left behind nor a trace of the server's own."""
    told = [f"{left['what']} {left['curl']}" for left in done.report["leftovers"]]
    found = [f"gone: {key}" for key in before.keys() - after.keys()]
    for key in before.keys() & after.keys():
        changed = {name: (old, after[key][name]) for name, old in before[key].items() if after[key][name] != old}
        if changed:
            found.append(f"changed: {key} {changed}")
    for table, key in after.keys() - before.keys():
        if table not in OWN_TRACES and not any(_names(text, table, after[table, key]) for text in told):
            found.append(f"added and not listed: {table} {after[table, key]}")
    return sorted(found)


def _names(text: str, table: str, row: Row) -> bool:
    """Whether a line of what is left names a row: an account by its name or number, else by a marker or its number."""
    key = str(row[COLUMNS[table].split()[0]])
    if table == "users":
        return f"the account {row['username']} " in text or f"the account {key} " in text
    markers = {marker for value in row.values() for marker in re.findall(r"gw[a-z2-7]{16}", str(value))}
    return any(marker in text for marker in markers) or re.search(rf"[/\"]{re.escape(key)}\b", text) is not None


CASES = [("bearer", False), ("cookie", False), ("graphql", False), ("bearer", True)]


@pytest.mark.parametrize(("dialect", "weak"), CASES, ids=["bearer", "cookie", "graphql", "vulnerable"])
def test_nothing_else_changes(monkeypatch: pytest.MonkeyPatch, dialect: str, weak: bool) -> None:
    options = Options(dialect=dialect, weak=IDS if weak else frozenset())
    with watched(monkeypatch, options) as place:
        before = place.rows()
        done = scan(place.lab)
        after = place.rows()
    assert done.code == (1 if weak else 0), done.output
    assert len(place.requests) > 1000  # it was a whole scan, and the log counts
    assert Counter(table for table, _ in after)["users"] > Counter(table for table, _ in before)["users"]
    assert unexplained(before, after, done) == []
    assert len(place.requests) <= done.report["run"]["requests"] + 2  # the specification is read before a run begins


def test_read_only_sends_nothing_that_writes_but_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch, Options(weak=IDS)) as place:
        before = place.rows()
        done = scan(place.lab, "--mode", "read-only")
        after = place.rows()
    assert done.code == 1, done.output
    writes = {(method, path) for method, path, _ in place.requests if method not in ("GET", "HEAD", "OPTIONS")}
    assert writes == {("POST", "/auth/login")}
    assert unexplained(before, after, done) == []
    assert {table for table, _ in after.keys() - before.keys()} <= {*OWN_TRACES}
    assert done.report["leftovers"] == []
