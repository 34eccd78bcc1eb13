"""Writes a run's events as they come, in batches, on a thread of its own.

A process that is killed loses what the last half second brought, nothing before it. Secrets are masked before
anything is queued for the disk. Statements go to the driver's own connection: exchanges come by the ten thousand.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence

import msgspec

from gatewright.model.creation import Creations
from gatewright.model.errors import StoreError
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    Asked,
    AttemptSent,
    BudgetSpent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    Left,
    RunFinished,
    RunStarted,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange
from gatewright.model.mask import Mask
from gatewright.store.backlog import Backlog
from gatewright.store.turns import Turns

WAIT = 0.25
"""Seconds that a batch may gather."""
BATCH = 500
SHORT = 25
"""Events of one transaction."""
_RUN = (
    "INSERT INTO runs (id, started, begun) VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET begun = excluded.begun, finished = NULL"
)
_ENDPOINT = "INSERT INTO endpoints (run, endpoint, data) VALUES (?, ?, ?) ON CONFLICT (run, endpoint) DO UPDATE SET data = excluded.data"
_ACCOUNT = (
    "INSERT INTO accounts (run, name, data) VALUES (?, ?, ?) ON CONFLICT (run, name) DO UPDATE SET data = excluded.data"
)
_CELL = "INSERT INTO cells (run, endpoint, test, account) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_VERDICT = (
    "INSERT INTO cells (run, endpoint, test, account, outcome, reason, data) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (run, endpoint, test, account) "
    "DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, data = excluded.data"
)
_GO_ON = """DELETE FROM notes WHERE run = ? AND CAST(data AS TEXT) LIKE '{"type":"BudgetSpent"%'"""
"""A run that goes on has a budget again."""
NUMBER = "INSERT INTO numbers (fingerprint) VALUES (?) ON CONFLICT DO NOTHING"
_FINDING = (
    "INSERT INTO findings (run, fingerprint, severity, test, data) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (run, fingerprint) DO UPDATE SET severity = excluded.severity, data = excluded.data"
)
_REPLACED = "DELETE FROM findings WHERE run = ? AND fingerprint = ?"
_EXCHANGE = (
    "INSERT INTO exchanges (run, number, endpoint, test, attacker, account, purpose, method, status, at, data) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BODY = "INSERT INTO bodies (exchange, request, response, sent, received) VALUES (?, ?, ?, ?, ?)"
_LAST = "UPDATE runs SET last = max(last, ?) WHERE id = ?"
_NOTE = "INSERT INTO notes (run, data) VALUES (?, ?)"


class Writer:
    """A consumer of events. What the disk refuses is raised by the next `on`, and by `stop`."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        run: str,
        *,
        mask: Mask,
        made: Sequence[Exchange] = (),
        turns: Turns | None = None,
    ) -> None:
        """`made`: creations of the run before it was resumed. `turns`: shared with whoever else writes."""
        self._connect, self._run, self._mask = connect, run, mask
        self._turns = turns or Turns()
        self._creations = Creations()
        for exchange in made:
            self._creations.note(exchange)
        self._queue = Backlog()
        self._thread: threading.Thread | None = None
        self._failed: sqlite3.Error | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._work, name="gatewright-store", daemon=True)
        self._thread.start()

    def on(self, event: AnyEvent) -> None:
        """Queues one event. Log-in and exploration are masked here, so that what they teach is known to all at once."""
        self._check()
        if isinstance(event, AttemptSent) and event.cell is None:
            event = self._mask.event(event)
        self._queue.put(event)

    def stop(self) -> None:
        """Writes what is left. May be called twice."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        self._check()

    def _check(self) -> None:
        if self._failed is not None:
            raise StoreError(
                f"the store cannot be written: {self._failed}",
                code="GW-D006",
                help="free some room, or give --store FILE elsewhere",
            )

    def _work(self) -> None:
        connection = self._connect()
        try:
            while self._batch(connection):
                pass
        finally:
            connection.close()

    def _batch(self, connection: sqlite3.Connection) -> bool:
        """Waits for events, writes them in one transaction; False after the last one. Goes on emptying after a failure."""
        events = self._queue.gather(BATCH, WAIT)
        if self._failed is None:
            # masked before, and written in short transactions: the ledger's own writes wait while one is open
            masked = [self._mask.event(event) for event in events if event is not None]
            try:
                for first in range(0, len(masked), SHORT):
                    with self._turns, connection:
                        for event in masked[first : first + SHORT]:
                            self._write(connection, event)
                if masked:
                    with self._turns, connection:
                        connection.execute(_LAST, (max(event.at for event in masked), self._run))
            except sqlite3.Error as error:
                self._failed = error
        return events[-1] is not None

    def _write(self, connection: sqlite3.Connection, event: AnyEvent) -> None:
        run, execute = self._run, connection.execute
        if isinstance(event, AttemptSent):
            self._creations.note(event.exchange)
            self._exchange(connection, event)
        elif isinstance(event, VerdictReached):
            verdict = event.verdict
            execute(_VERDICT, (run, *_key(event.cell), verdict.outcome, verdict.reason, _json(event)))
        elif isinstance(event, JobPlanned):
            execute(_CELL, (run, *_key(event.cell)))
        elif isinstance(event, EndpointLearnt):
            execute(_ENDPOINT, (run, event.endpoint.id, _json(event)))
        elif isinstance(event, AccountReady):
            execute(_ACCOUNT, (run, event.state.name, _json(event)))
        elif isinstance(event, FindingProved):
            finding = self._creations.complete(event.finding)
            execute(NUMBER, (finding.id,))
            execute(_FINDING, (run, finding.id, finding.severity, finding.test, _json(finding)))
            for replaced in event.replaces:
                execute(_REPLACED, (run, replaced))
        elif isinstance(event, RunStarted):
            execute(_RUN, (run, event.started, _json(event)))
            execute(_GO_ON, (run,))
        elif isinstance(event, RunFinished):
            execute("UPDATE runs SET finished = ? WHERE id = ?", (_json(event), run))
        elif isinstance(event, (Asked, Left, Warned, BudgetSpent)):
            execute(_NOTE, (run, _json(event)))

    def _exchange(self, connection: sqlite3.Connection, event: AttemptSent) -> None:
        exchange = event.exchange
        request, response = exchange.request, exchange.response
        slim = msgspec.structs.replace(
            exchange,
            request=msgspec.structs.replace(request, body=b""),
            response=msgspec.structs.replace(response, body=b"") if response else None,
            sent=b"",
            received=b"",
        )
        cell = _key(event.cell) if event.cell else (None, None, None)
        status = response.status if response else None
        row = (
            self._run,
            exchange.number,
            *cell,
            exchange.account,
            exchange.purpose,
            request.method,
            status,
            exchange.at,
        )
        written = connection.execute(_EXCHANGE, (*row, _json(slim)))
        body = response.body if response else b""
        if request.body or body or exchange.sent or exchange.received:
            connection.execute(_BODY, (written.lastrowid, request.body, body, exchange.sent, exchange.received))


def _key(cell: Cell) -> tuple[str, str, str]:
    return cell.endpoint, cell.test, cell.account


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value)
