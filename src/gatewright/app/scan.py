"""One run from beginning to end: settings → specification → accounts → exploration → plan → engine → clean-up → report."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from gatewright.access.classify import auth_endpoints
from gatewright.access.sessions import Sessions
from gatewright.app.brake import Brake
from gatewright.app.document import load_specification
from gatewright.app.door import Door
from gatewright.app.numbering import Numbering
from gatewright.app.patience import Patience
from gatewright.app.stream import Stream
from gatewright.app.target import Placed, place
from gatewright.app.tests import library
from gatewright.engine.execute import Executor
from gatewright.engine.plan import Job, Situation, at_least, plan
from gatewright.engine.probe import Bench
from gatewright.explore.cleanup import clean_up, listed
from gatewright.explore.explorer import Explorer
from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.errors import BudgetError, TargetError
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    AttemptSent,
    Consumer,
    Left,
    PhaseChanged,
    RunFinished,
    RunStarted,
    Warned,
)
from gatewright.model.finding import Cell, Leftover, Report, Run
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import Knowledge
from gatewright.model.mask import Mask, secrets_of
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings
from gatewright.report.collect import Collector
from gatewright.store import open_store
from gatewright.wire.budget import Spent
from gatewright.wire.gate import Gate

if TYPE_CHECKING:
    from gatewright.store.journal import Journal
    from gatewright.store.store import Store

_CLEAN = 30.0
"""Seconds that clean-up may take (interface.md section 2, Ctrl-C)."""
_GRACE = 3.0
"""Seconds that what is under way gets after an interruption."""


async def scan(
    settings: Settings,
    consumers: Sequence[Consumer] = (),
    *,
    resume: str | None = None,
    specification: Specification | None = None,
    stop: asyncio.Event | None = None,
) -> Report:
    """Scan a target and return the report. `stop`, once set, ends the run early: no new attempt, clean-up, report.

    Raises UsageError and SourceError before anything is sent to the target, TargetError when it cannot be reached.
    """
    store = open_store(settings.store)
    try:
        run = store.run_id(resume) if resume else secrets.token_hex(4)
        journal = store.journal(run) if resume else None
        document = specification or await load_specification(settings)
        placed = place(document, settings)
        mask = Mask(store.key, secrets_of(settings))
        collector = Collector()
        before = journal.seconds if journal else 0.0
        stream = Stream([collector, store.consumer(run, mask=mask), *consumers], already=before)
        work = _Scan(settings, placed, run=run, store=store, journal=journal, stream=stream, mask=mask, stop=stop)
        stream.start()
        try:
            await work.run()
        finally:
            stream.stop()
        return store.run(run) if journal else collector.report()
    finally:
        store.close()


def exit_code(report: Report, settings: Settings) -> tuple[int, str]:
    """The exit code of interface.md section 2, and the reason in words when it is 3."""
    if report.run.stopped_because == "interrupted":
        return 130, ""
    asked = [a for a in report.accounts if a.origin != "throw-away"]
    if asked and all(account.login != "ok" for account in asked):
        return 3, f"no account could log in: {asked[0].how}"
    if report.endpoints and not report.with_2xx_sample:
        why = next(iter(report.unreached.values()), "nothing was tried")
        return 3, f"not one request was accepted: {why}"
    worst = any(at_least(f.severity, settings.fail_on) for f in report.findings if f.status in ("open", "confirmed"))
    return (1 if worst else 0), ""


def _spent(budget: str) -> str:
    return f"the budget of {budget or 'requests'} was spent"


class _Scan:
    """The parts of one run while it goes on."""

    def __init__(
        self,
        settings: Settings,
        placed: Placed,
        *,
        run: str,
        store: Store,
        journal: Journal | None,
        stream: Stream,
        mask: Mask,
        stop: asyncio.Event | None,
    ) -> None:
        self.settings = settings
        self.placed = placed
        self.run_id = run
        self.store = store
        self.numbering = Numbering(store.findings())
        self.journal = journal
        self.stream = stream
        self.mask = mask
        self.stop = stop or asyncio.Event()
        self.keyring = Keyring(store.key, run)
        self.gate = Gate(
            settings,
            run=run,
            targets=placed.targets,
            record=self._record,
            already=Spent(journal.requests, journal.seconds) if journal else Spent(),
            first=journal.last_exchange + 1 if journal else 1,
        )
        self.ledger = Ledger(self._made, journal.ledger if journal else ())
        self.brake = Brake(self.gate, self.stop, self._reserve)
        self.patience = Patience(self.brake)
        self.sessions = Sessions(
            self.patience,
            placed.specification,
            settings,
            keyring=self.keyring,
            warn=self._warn,
            made=journal.accounts if journal else (),
            keep=lambda account: self.store.save_account(self.run_id, account),
        )
        self.door = Door(placed.targets, self.keyring, self.gate.refuse)
        self.knowledge: Knowledge | None = None
        self.left: set[str] = set()
        """What tests said stays behind."""
        self.auth_endpoints = auth_endpoints(placed.specification)
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.started = journal.started.started if journal else now

    def _record(self, exchange: Exchange, cell: Cell | None) -> None:
        self.stream.emit(AttemptSent(exchange=exchange, cell=cell))

    def _made(self, entry: Entry) -> None:
        self.store.save_object(self.run_id, entry, mask=self.mask)

    def _emit(self, event: AnyEvent) -> None:
        """Findings get their short number (F-12) before anybody sees them."""
        if isinstance(event, Left):
            self.left.add(event.leftover.what)
        self.stream.emit(self.numbering.event(event))

    def _warn(self, code: str, message: str) -> None:
        self.stream.emit(Warned(code=code, message=message))

    async def run(self) -> None:
        """All phases. Whatever ends it, what was made is removed and the last event is sent."""
        limits = self.settings.limits
        started = RunStarted(
            run=self.run_id,
            target=self.placed.targets,
            mode=limits.mode,
            seed=self.settings.seed,
            started=self.started,
            insecure=self.settings.tls.insecure,
            resumed=self.journal is not None,
        )
        self.store.begin(started, self.settings, mask=self.mask)
        self.stream.emit(started)
        if self.placed.note:
            self._warn("GW-R010", self.placed.note)
        because: str | None = "Gatewright failed"
        try:
            because = await self._until_stopped()
            await self._clean()
        except asyncio.CancelledError:  # the second Ctrl-C: at once
            if not self.stop.is_set():
                raise
            self._list_leftovers()
        except TargetError as error:
            because = error.what
            raise
        except Exception:
            await self._clean()
            raise
        finally:
            self._finish("interrupted" if self.stop.is_set() else because)
            await self.door.close()
            await self.gate.close()

    async def _until_stopped(self) -> str | None:
        """The phases P0 to P8, ended `_GRACE` seconds after an interruption; the reason when the run ends early."""
        main = asyncio.ensure_future(self._main())
        stopped = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({main, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({main}, timeout=_GRACE)
            main.cancel()  # changes nothing when it has ended
            return await main
        except BudgetError as error:
            return _spent(error.where)
        except asyncio.CancelledError:
            if not main.cancelled() or not self.stop.is_set():
                main.cancel()
                raise  # not the phases were cancelled, but we
            return None
        finally:
            stopped.cancel()

    async def _main(self) -> str | None:
        """The phases P0 to P8; the reason when the run ends early."""
        await self._reach()
        self.stream.emit(PhaseChanged(phase="log-in"))
        for state in await self.sessions.open():
            self.stream.emit(AccountReady(state=state))
        if self.settings.accounts and not self._anybody():
            return "no account could log in"
        if self._all_done():
            return None
        explorer = Explorer(
            self.sessions,
            self.placed.specification,
            self.settings,
            keyring=self.keyring,
            emit=self.stream.emit,
            ledger=self.ledger,
            settle=self.patience.settle,
            sign_up=self._spare,
        )
        knowledge = self.knowledge = await self._explore(explorer)
        if self.stop.is_set():
            return None  # a plan of half an exploration would only have to be made anew
        self.sessions.learn_roles(knowledge)
        jobs = self._plan(knowledge, explorer)
        return await self._execute(knowledge, jobs, explorer)

    async def _spare(self) -> str:
        """One more account, which exploration may lose."""
        made = await self.sessions.sign_up({})
        return made[0] if made is not None else ""

    def _anybody(self) -> bool:
        return any(a.origin != "throw-away" for a in self.sessions.accounts.values())

    def _all_done(self) -> bool:
        """Whether an earlier part of the run judged every cell, and only clean-up is left."""
        journal = self.journal
        if journal is None or journal.knowledge is None or not journal.knowledge.stale or not journal.planned:
            return False
        return not any(reason in ("budget", "stopped", None) for reason in journal.reasons)

    def _reserve(self) -> int:
        """Requests that clean-up may need: one to remove and one to look for each thing that stands."""
        return 2 * self.ledger.stand

    async def _reach(self) -> None:
        """Raise TargetError unless the target takes a connection."""
        endpoint = next(
            (
                e
                for e in self.placed.specification.endpoints
                if e.method == "GET" and "{" not in e.path and not e.stream
            ),
            None,
        )
        origin = endpoint.origin if endpoint else self.placed.targets[0]
        exchange = await self.gate.send(
            Request("GET", origin, (endpoint.base + endpoint.path) if endpoint else "/"), purpose="reach"
        )
        if exchange.response is None:
            raise TargetError(
                f"the target cannot be reached: {exchange.error}",
                code="GW-R001",
                where=origin,
                help="is it running, and is this its address? --target URL names another",
            )

    async def _explore(self, explorer: Explorer) -> Knowledge:
        if self.journal is not None and self.journal.knowledge is not None and not self.journal.knowledge.stale:
            knowledge = await explorer.resume(self.journal.knowledge)
        else:
            self.stream.emit(PhaseChanged(phase="explore", total=len(self.placed.specification.endpoints)))
            knowledge = await explorer.explore()
        self.store.save_knowledge(self.run_id, knowledge, mask=self.mask)
        return knowledge

    def _plan(self, knowledge: Knowledge, explorer: Explorer) -> list[Job]:
        tests = library().values()
        situation = Situation(
            knowledge=knowledge,
            identities=self.sessions,
            settings=self.settings,
            auth_endpoints=self.auth_endpoints,
            protected=explorer.protected,
        )
        return plan(tests, situation)

    async def _execute(self, knowledge: Knowledge, jobs: list[Job], explorer: Explorer) -> str | None:
        bench = Bench(
            self.sessions,
            explorer,
            self.placed.specification,
            self.settings,
            knowledge=knowledge,
            keyring=self._markers(),
            ledger=self.ledger,
            auth_endpoints=self.auth_endpoints,
            listener=self.door.open,
            certificate=self.gate.certificate,
        )
        executor = Executor(bench, self._emit, stop=self.stop)
        done = self.journal.verdicts if self.journal else {}
        if self.journal and self.journal.knowledge and self.journal.knowledge.stale and self.journal.knowledge.partial:
            done = {cell: verdict for cell, verdict in done.items() if verdict.outcome == "vulnerable"}
        if self.journal:
            self.store.replan(self.run_id, done)
        await executor.run(jobs, done=done, findings=self.journal.findings if self.journal else ())
        if executor.unwell:
            return f"the target is unwell: {executor.unwell}"
        return _spent(executor.spent) if executor.spent else None

    def _markers(self) -> Keyring:
        """Markers of this part of the run: one planted before a kill may still be there, and would prove what is not."""
        part = self.journal.last_exchange if self.journal else 0
        return Keyring(self.keyring.key, f"{self.run_id} {part}") if part else self.keyring

    async def _clean(self) -> None:
        """P9: remove what was made, then prove that every configured account still logs in."""
        self.brake.release(_CLEAN)
        if self.knowledge is not None:
            stale = msgspec.structs.replace(self.knowledge, stale=True)
            self.store.save_knowledge(self.run_id, stale, mask=self.mask)
        endpoints = self._endpoints()
        before = set(listed(endpoints, self.journal.ledger, self.sessions.ways)) if self.journal else set()
        self.stream.emit(PhaseChanged(phase="clean-up", total=self.ledger.stand))
        try:
            async with asyncio.timeout(_CLEAN):
                await clean_up(self.sessions, endpoints, self.ledger, seconds=_CLEAN, ways=self.sessions.ways)
                for name, account in self.sessions.accounts.items():
                    if account.origin == "configured" and not await self._logs_in(name):
                        self._warn("GW-R020", f"{name} does not log in any more after the run")
        except (TimeoutError, BudgetError):
            self._warn(
                "GW-R021",
                f"clean-up did not end within {_CLEAN:.0f} s; `gatewright runs resume {self.run_id} --clean` goes on",
            )
        self._list_leftovers()
        self.store.withdraw(self.run_id, before - set(listed(endpoints, self.ledger.entries, self.sessions.ways)))

    def _list_leftovers(self) -> None:
        for leftover in dict.fromkeys(listed(self._endpoints(), self.ledger.entries, self.sessions.ways)):
            self.stream.emit(Left(leftover=leftover))
        for account in self.sessions.made:
            if not any(f"the account {account.username} ({account.name})" in what for what in self.left):
                what = f"the account {account.username} ({account.name}), signed up by this run"
                self.stream.emit(Left(leftover=Leftover(what, "")))

    def _endpoints(self) -> dict[str, Endpoint]:
        return {endpoint.id: endpoint for endpoint in self.placed.specification.endpoints}

    async def _logs_in(self, name: str) -> bool:
        return await self.sessions.alive(name) or await self.sessions.renew(name)

    def _finish(self, because: str | None) -> None:
        self.stream.emit(
            RunFinished(
                run=Run(
                    id=self.run_id,
                    target=self.placed.targets,
                    started=self.started,
                    seconds=round(self.stream.seconds, 3),
                    requests=self.gate.spent.requests,
                    mode=self.settings.limits.mode,
                    seed=self.settings.seed,
                    complete=because is None,
                    stopped_because=because,
                    insecure=self.settings.tls.insecure,
                )
            )
        )
