"""The store: runs with all they found, numbered findings, and what `runs resume` and clean-up need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, select
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from gatewright.explore.ledger import Entry
from gatewright.model.account import Account
from gatewright.model.collect import Collector, cost_group
from gatewright.model.errors import StoreError, UsageError
from gatewright.model.events import (
    AccountReady,
    Asked,
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
from gatewright.model.finding import Cell, Finding, Leftover, Report
from gatewright.model.http import Exchange
from gatewright.model.knowledge import Knowledge
from gatewright.model.mask import Mask
from gatewright.model.settings import Settings
from gatewright.store import schema
from gatewright.store.files import located, prepare, read_key
from gatewright.store.journal import (
    Journal,
    judged,
    masked_entry,
    masked_knowledge,
    settings_without_secrets,
    usable,
    usable_entry,
    without_secrets,
)
from gatewright.store.migrate import PRAGMAS, connect
from gatewright.store.turns import Turns
from gatewright.store.writer import Writer

_LEDGER = (
    "INSERT INTO ledger (run, number, state, data) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (run, number) DO UPDATE SET state = excluded.state, data = excluded.data"
)
Note = Asked | Left | Warned | BudgetSpent
T = TypeVar("T")


class RunLine(Struct, frozen=True, kw_only=True):
    """One run as `runs list` shows it."""

    number: int
    id: str
    started: str
    target: tuple[str, ...]
    mode: str
    finished: bool
    """False: running, or its process died; `runs resume` goes on with it."""
    complete: bool
    seconds: float
    requests: int
    findings: int


class Store:
    """One open store. Its methods may be called from any thread; each is one transaction."""

    def __init__(self, where: str) -> None:
        self.path: Path = located(where)
        prepare(self.path)
        self.key: bytes = read_key(self.path)
        self._engine = connect(self.path)
        self._turns = Turns()
        self._direct: sqlite3.Connection | None = None
        """The ledger's own connection: it is written to before and after each request that may make something."""

    def close(self) -> None:
        """Lets the file go."""
        if self._direct is not None:
            self._direct.close()
        self._engine.dispose()

    def consumer(self, run: str, *, mask: Mask | None = None) -> Writer:
        """What writes the events of a run. Give it the run's one mask, which knows the secrets of the settings."""
        return Writer(self._raw, run, mask=mask or Mask(self.key), made=self._creations(run), turns=self._turns)

    def runs(self) -> list[RunLine]:
        """Every run, newest first."""
        found = schema.findings
        counted = select(func.count()).where(found.c.run == schema.runs.c.id).scalar_subquery()
        sent = select(func.count()).where(schema.exchanges.c.run == schema.runs.c.id).scalar_subquery()
        query = select(schema.runs, counted.label("found"), sent.label("sent")).order_by(schema.runs.c.number.desc())
        return [_line(row) for row in self._rows(query)]

    def run_id(self, name: str) -> str:
        """The id of a run by its id, the beginning of it, its number, or `last`. Raises UsageError."""
        runs = self.runs()
        found = [run.id for run in runs if name in (run.id, str(run.number))]
        if not found and name == "last":
            found = [run.id for run in runs[:1]]
        if not found:
            found = [run.id for run in runs if len(name) >= 4 and run.id.startswith(name)]
        if len(found) != 1:
            said = "several runs begin" if found else "there is no run that begins"
            raise UsageError(f"{said} with `{name}`", code="GW-D007", help="gatewright runs list")
        return found[0]

    def run(self, run: str) -> Report:
        """The report of a run, as its collector would give it, with numbers and states of its findings."""
        collector, table = Collector(), schema
        with self._reading() as connection:
            begun = self._begun(connection, run)
            collector.on(msgspec.json.decode(begun["begun"], type=RunStarted))
            for data in self._data(connection, table.endpoints, run):
                collector.on(msgspec.json.decode(data, type=EndpointLearnt))
            for data in self._data(connection, table.accounts, run):
                collector.on(msgspec.json.decode(data, type=AccountReady))
            for row in self._cells(connection, run):
                if row["data"] is None:
                    collector.on(JobPlanned(cell=Cell(row["endpoint"], row["test"], row["account"]), phase=""))
                else:
                    collector.on(msgspec.json.decode(row["data"], type=VerdictReached))
            for finding in self._findings(connection, run):
                collector.on(FindingProved(finding=finding))
            for data in self._data(connection, table.notes, run):
                collector.on(msgspec.json.decode(data, type=Note))
            if begun["finished"] is not None:
                collector.on(msgspec.json.decode(begun["finished"], type=RunFinished))
            cost = self._cost(connection, run)
            report = msgspec.structs.replace(collector.report(), cost=cost, cost_of=self._cost_of(connection, run))
        if begun["finished"] is None:
            unfinished = msgspec.structs.replace(report.run, seconds=begun["last"], requests=int(sum(cost.values())))
            report = msgspec.structs.replace(report, run=unfinished)
        return report

    def findings(self, run: str | None = None) -> list[Finding]:
        """The findings of a run; without one, each finding of the store as it was proved last, by number."""
        with self._reading() as connection:
            if run is not None:
                return self._findings(connection, run)
            latest = select(func.max(schema.findings.c.seq)).group_by(schema.findings.c.fingerprint)
            query = _finding_query().where(schema.findings.c.seq.in_(latest)).order_by(schema.numbers.c.number)
            return [_finding(row) for row in connection.execute(query).mappings()]

    def finding(self, name: str) -> Finding:
        """A finding by number (`F-12`, `12`), id, or the beginning of its id. Raises UsageError."""
        findings = self.findings()
        digits = name.upper().removeprefix("F-")
        found = [f for f in findings if f.id == name or (digits.isdigit() and f.number == int(digits))]
        if not found:
            found = [f for f in findings if len(name) >= 4 and f.id.startswith(name.lower())]
        if len(found) != 1:
            said = "several findings begin" if found else "there is no finding that begins"
            raise UsageError(f"{said} with `{name}`", code="GW-D008", help="gatewright findings list")
        return found[0]

    def numbered(self, finding: Finding) -> Finding:
        """The finding with its short number, the same in every run, and its state; a new one gets the next number at once."""
        table = schema.numbers
        with self._writing() as connection:
            connection.execute(insert(table).values(fingerprint=finding.id).on_conflict_do_nothing())
            row = connection.execute(select(table).where(table.c.fingerprint == finding.id)).mappings().one()
        return msgspec.structs.replace(finding, number=row["number"], status=row["status"])

    def exchanges(self, run: str, cell: Cell | None = None) -> Iterator[Exchange]:
        """The exchanges of a run (or of one cell), bodies included, in the order of sending."""
        table, body = schema.exchanges, schema.bodies
        query = (
            select(table.c.data, body.c.request, body.c.response, body.c.sent, body.c.received)
            .outerjoin(body, body.c.exchange == table.c.seq)
            .where(table.c.run == run)
            .order_by(table.c.seq)
        )
        if cell is not None:
            query = query.where(
                table.c.endpoint == cell.endpoint, table.c.test == cell.test, table.c.attacker == cell.account
            )
        with self._reading() as connection:
            for row in connection.execute(query).mappings():
                yield _exchange(row)

    def journal(self, run: str) -> Journal:
        """What a resumed run must know. Raises UsageError when there is no such run."""
        with self._reading() as connection:
            begun = self._begun(connection, run)
            cells = self._cells(connection, run)
            verdicts = [
                msgspec.json.decode(row["data"], type=VerdictReached) for row in cells if row["data"] is not None
            ]
            tried = self._attempted(connection, run)
            ended = begun["finished"]
            numbers = select(func.max(schema.exchanges.c.number), func.count()).where(schema.exchanges.c.run == run)
            last, requests = connection.execute(numbers).one()
            table = schema.explorations
            explored = connection.execute(select(table.c.data).where(table.c.run == run)).scalar()
            knowledge = msgspec.json.decode(explored, type=Knowledge) if explored else None
            return Journal(
                started=msgspec.json.decode(begun["begun"], type=RunStarted),
                verdicts={e.cell: e.verdict for e in verdicts if judged(e, attempted=e.cell in tried)},
                planned=tuple(Cell(row["endpoint"], row["test"], row["account"]) for row in cells),
                reasons=frozenset(row["reason"] for row in cells),
                findings=tuple(self._findings(connection, run)),
                knowledge=usable(knowledge) if knowledge else None,
                accounts=tuple(_decode(data, Account) for data in self._data(connection, schema.made_accounts, run)),
                ledger=tuple(usable_entry(_decode(data, Entry)) for data in self._data(connection, schema.ledger, run)),
                settings=_decode(begun["settings"], Settings) if begun["settings"] else None,
                stopped=(_decode(ended, RunFinished).run.stopped_because or "") if ended else "",
                last_exchange=last or 0,
                seconds=begun["last"],
                requests=requests,
            )

    def begin(self, started: RunStarted, settings: Settings, *, mask: Mask | None = None) -> None:
        """Writes a run down before its first event, with its settings, secrets apart."""
        kept = msgspec.json.encode(settings_without_secrets(settings, mask or Mask(self.key)))
        values = {
            "id": started.run,
            "started": started.started,
            "begun": msgspec.json.encode(started),
            "settings": kept,
        }
        with self._writing() as connection:
            statement = insert(schema.runs).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"settings": kept}))

    def save_knowledge(self, run: str, knowledge: Knowledge, *, mask: Mask | None = None) -> None:
        """Replaces what is kept of the exploration. The run must have begun."""
        data = msgspec.json.encode(masked_knowledge(knowledge, mask or Mask(self.key)))
        self._upsert(insert(schema.explorations).values(run=run, data=data), ["run"], {"data": data})

    def save_account(self, run: str, account: Account) -> None:
        """Writes down an account that the run made. Its password is not stored: it derives from the key."""
        values = {"run": run, "name": account.name, "data": msgspec.json.encode(without_secrets(account))}
        self._upsert(insert(schema.made_accounts).values(values), ["run", "name"], {"data": values["data"]})

    def save_object(self, run: str, entry: Entry, *, mask: Mask | None = None) -> None:
        """Writes down a ledger entry; on the disk when this returns. Made for `Ledger(save=…)`."""
        data = msgspec.json.encode(masked_entry(entry, mask or Mask(self.key)))
        with self._failing(), self._turns:
            if self._direct is None:
                self._direct = self._raw()
            with self._direct:
                self._direct.execute(_LEDGER, (run, entry.number, entry.state, data))

    def remove_object(self, run: str, number: int) -> None:
        """Forgets a ledger entry."""
        table = schema.ledger
        with self._writing() as connection:
            connection.execute(delete(table).where(table.c.run == run, table.c.number == number))

    def replan(self, run: str, kept: Iterable[Cell]) -> None:
        """Forgets the planned cells of a run that are not `kept`: it is planned anew."""
        table, keep = schema.cells, set(kept)
        with self._writing() as connection:
            for row in self._cells(connection, run):
                if Cell(row["endpoint"], row["test"], row["account"]) not in keep:
                    connection.execute(delete(table).where(table.c.seq == row["seq"]))

    def withdraw(self, run: str, leftovers: Iterable[Leftover]) -> None:
        """What was reported as left behind, and is gone now, is no longer reported."""
        gone, table = set(leftovers), schema.notes
        with self._writing() as connection:
            for row in connection.execute(select(table.c.seq, table.c.data).where(table.c.run == run)).mappings().all():
                note = msgspec.json.decode(row["data"], type=Note)
                if isinstance(note, Left) and note.leftover in gone:
                    connection.execute(delete(table).where(table.c.seq == row["seq"]))

    def _upsert(self, statement: Insert, keys: list[str], changes: dict[str, object]) -> None:
        with self._writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))

    def _raw(self) -> sqlite3.Connection:
        """A connection of the driver itself, for the writer."""
        connection = sqlite3.connect(self.path, check_same_thread=False)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _rows(self, query: Select[Any]) -> list[RowMapping]:
        with self._reading() as connection:
            return list(connection.execute(query).mappings())

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._failing(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._failing(), self._turns, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, msgspec.DecodeError) as error:
            what = str(getattr(error, "orig", error))
            raise StoreError(f"the store cannot be used: {what}", code="GW-D004", where=str(self.path)) from None

    def _begun(self, connection: Connection, run: str) -> RowMapping:
        row = connection.execute(select(schema.runs).where(schema.runs.c.id == run)).mappings().first()
        if row is None:
            raise UsageError(f"there is no run `{run}` in this store", code="GW-D007", help="gatewright runs list")
        return row

    def _data(self, connection: Connection, table: Table, run: str) -> list[bytes]:
        return list(connection.execute(select(table.c.data).where(table.c.run == run).order_by(table.c.seq)).scalars())

    def _cells(self, connection: Connection, run: str) -> list[RowMapping]:
        query = select(schema.cells).where(schema.cells.c.run == run).order_by(schema.cells.c.seq)
        return list(connection.execute(query).mappings())

    def _attempted(self, connection: Connection, run: str) -> set[Cell]:
        """Cells for which something was sent."""
        table = schema.exchanges
        query = select(table.c.endpoint, table.c.test, table.c.attacker).where(table.c.run == run).distinct()
        return {Cell(*row) for row in connection.execute(query) if row[0] is not None}

    def _findings(self, connection: Connection, run: str) -> list[Finding]:
        query = _finding_query().where(schema.findings.c.run == run).order_by(schema.findings.c.seq)
        return [_finding(row) for row in connection.execute(query).mappings()]

    def _cost(self, connection: Connection, run: str) -> dict[str, float]:
        table = schema.exchanges
        cost: dict[str, float] = {}
        tested = table.c.test.is_not(None)
        query = (
            select(table.c.purpose, tested, func.count()).where(table.c.run == run).group_by(table.c.purpose, tested)
        )
        for purpose, of_cell, number in connection.execute(query):
            group = cost_group(purpose, tested=bool(of_cell))
            cost[group] = cost.get(group, 0.0) + number
        return dict(sorted(cost.items()))

    def _cost_of(self, connection: Connection, run: str) -> dict[str, int]:
        table = schema.exchanges
        wanted = (table.c.run == run, table.c.test.is_not(None))
        query = select(table.c.test, func.count()).where(*wanted).group_by(table.c.test).order_by(table.c.test)
        return {row[0]: row[1] for row in connection.execute(query)}

    def _creations(self, run: str) -> list[Exchange]:
        """Exchanges of an earlier part of the run that may have made objects."""
        table, body = schema.exchanges, schema.bodies
        query = (
            select(table.c.data, body.c.request, body.c.response, body.c.sent, body.c.received)
            .outerjoin(body, body.c.exchange == table.c.seq)
            .where(table.c.run == run, table.c.method.in_(("POST", "PUT")), table.c.status.between(200, 299))
            .order_by(table.c.seq)
        )
        return [_exchange(row) for row in self._rows(query)]


def _finding_query() -> Select[Any]:
    found, numbers = schema.findings, schema.numbers
    return select(found.c.data, numbers.c.number, numbers.c.status).join(
        numbers, numbers.c.fingerprint == found.c.fingerprint
    )


def _finding(row: RowMapping) -> Finding:
    finding = _decode(row["data"], Finding)
    return msgspec.structs.replace(finding, number=row["number"], status=row["status"])


def _exchange(row: RowMapping) -> Exchange:
    exchange = _decode(row["data"], Exchange)
    response = exchange.response
    return msgspec.structs.replace(
        exchange,
        request=msgspec.structs.replace(exchange.request, body=row["request"] or b""),
        response=msgspec.structs.replace(response, body=row["response"] or b"") if response else None,
        sent=row["sent"] or b"",
        received=row["received"] or b"",
    )


def _line(row: RowMapping) -> RunLine:
    started = _decode(row["begun"], RunStarted)
    finished = _decode(row["finished"], RunFinished).run if row["finished"] is not None else None
    return RunLine(
        number=row["number"],
        id=row["id"],
        started=row["started"],
        target=started.target,
        mode=started.mode,
        finished=finished is not None,
        complete=finished.complete if finished else False,
        seconds=finished.seconds if finished else row["last"],
        requests=finished.requests if finished else row["sent"],
        findings=row["found"],
    )


def _decode(data: bytes, kind: type[T]) -> T:
    return msgspec.json.decode(data, type=kind, dec_hook=_no_secret)


def _no_secret(kind: type[object], value: object) -> object:
    """Secrets are never stored, so none can be read."""
    raise NotImplementedError(f"{kind.__name__} cannot be stored")
