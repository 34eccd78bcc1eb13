"""The event stream of a run, collected into the one value that reports are made of."""

from __future__ import annotations

from gatewright.model.access import Access, Whose, Word, expected, seen_by
from gatewright.model.creation import Creations
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
from gatewright.model.finding import AccountState, Cell, Coverage, Finding, Leftover, Question, Report, Run


class Collector:
    """Takes the events of one run; `report()` may be asked at any time, also after an interruption."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._finished: Run | None = None
        self._budget = ""
        self._last = 0.0
        self._accounts: dict[str, AccountState] = {}
        self._endpoints: dict[str, EndpointLearnt] = {}
        self._cells: dict[Cell, Coverage | None] = {}
        self._findings: dict[str, Finding] = {}
        self._questions: dict[str, Question] = {}
        self._leftovers: dict[Leftover, None] = {}
        self._warnings: dict[str, None] = {}
        self._cost: dict[str, float] = {}
        self._cost_of: dict[str, int] = {}
        self._creations = Creations()

    def start(self) -> None:
        """Nothing to prepare."""

    def stop(self) -> None:
        """Nothing to finish."""

    def on(self, event: AnyEvent) -> None:
        """Adds one event; what comes later about the same thing replaces what came before."""
        self._last = max(self._last, event.at)
        if isinstance(event, AttemptSent):
            group = cost_group(event.exchange.purpose, tested=event.cell is not None)
            self._cost[group] = self._cost.get(group, 0) + 1
            if event.cell is not None:
                self._cost_of[event.cell.test] = self._cost_of.get(event.cell.test, 0) + 1
            self._creations.note(event.exchange)
        elif isinstance(event, VerdictReached):
            verdict = event.verdict
            self._cells[event.cell] = Coverage(
                cell=event.cell, outcome=verdict.outcome, reason=verdict.reason, why=verdict.why
            )
        elif isinstance(event, JobPlanned):
            self._cells.setdefault(event.cell, None)
        elif isinstance(event, EndpointLearnt):
            self._endpoints[event.endpoint.id] = event
        elif isinstance(event, FindingProved):
            self._findings[event.finding.id] = self._creations.complete(event.finding)
            for replaced in event.replaces:
                self._findings.pop(replaced, None)
        else:
            self._note(event)

    def _note(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, AccountReady):
            self._accounts[event.state.name] = event.state
        elif isinstance(event, Asked):
            self._questions[event.question.answer_with or event.question.ask] = event.question
        elif isinstance(event, Left):
            self._leftovers[event.leftover] = None
        elif isinstance(event, Warned):
            self._warnings[event.message] = None
        elif isinstance(event, BudgetSpent):
            self._budget = event.budget
        elif isinstance(event, RunFinished):
            self._finished = event.run

    def report(self) -> Report:
        """All that was seen. A planned cell without a verdict is `skipped`; a run without its last event is incomplete."""
        learnt = self._endpoints.values()
        return Report(
            run=self._run(),
            accounts=tuple(self._accounts.values()),
            endpoints=tuple(event.endpoint for event in learnt),
            exercised=sum(event.exercised or event.sampled for event in learnt),
            with_2xx_sample=sum(event.sampled for event in learnt),
            unreached={event.endpoint.name: event.why for event in learnt if not event.sampled},
            findings=tuple(self._findings.values()),
            questions=tuple(self._questions.values()),
            leftovers=tuple(self._leftovers),
            access=self._access(),
            coverage=tuple(coverage or _unjudged(cell, self._budget) for cell, coverage in self._cells.items()),
            warnings=tuple(self._warnings),
            cost=dict(sorted(self._cost.items())),
            cost_of=dict(sorted(self._cost_of.items())),
        )

    def _access(self) -> tuple[Access, ...]:
        """The matrix: what exploration saw, then what the verdicts of tests show, which weighs more."""
        seen: dict[tuple[str, str, Whose], Word] = {}
        for event in self._endpoints.values():
            name = event.endpoint.id
            seen.update({(name, account, "own"): word for account, word in event.access.items()})
            seen.update({(name, account, "others"): word for account, word in event.access_to_others.items()})
        shown: dict[tuple[str, str, Whose], Word] = {}
        for cell, coverage in self._cells.items():
            learnt = self._endpoints.get(cell.endpoint)
            bound = learnt is not None and learnt.bound
            found = seen_by(cell.test, cell.account, coverage.reason, bound=bound) if coverage is not None else None
            key = (cell.endpoint, cell.account, found[0]) if found else None
            if found and key and shown.get(key) != "allow":  # one test that got in is enough
                shown[key] = found[1]
        seen.update(shown)
        roles = {state.name: state.role for state in self._accounts.values()}
        extra = {state.name for state in self._accounts.values() if state.origin == "throw-away"}
        hidden = extra if len(extra) < len(roles) else set()
        return tuple(
            Access(
                endpoint=endpoint,
                account=account,
                role=roles.get(account, ""),
                whose=whose,
                happened=word,
                expected=expected(learnt.expected, account, roles.get(account, ""), whose=whose, bound=learnt.bound),
            )
            for (endpoint, account, whose), word in sorted(seen.items())
            if account not in hidden and (learnt := self._endpoints.get(endpoint)) is not None
        )

    def _run(self) -> Run:
        if self._finished is not None:
            return self._finished
        started = self._started or RunStarted(run="", target=(), mode="safe", seed=1, started="")
        return _unfinished(started, seconds=self._last, requests=int(sum(self._cost.values())), budget=self._budget)


def _unjudged(cell: Cell, budget: str) -> Coverage:
    """What becomes of a planned cell that the run never came to."""
    if budget:
        why = f"the budget of {budget} was spent first"
        return Coverage(cell=cell, outcome="skipped", reason="budget", why=why)
    return Coverage(cell=cell, outcome="skipped", reason="stopped", why="the run ended before this was tried")


def _unfinished(started: RunStarted, *, seconds: float, requests: int, budget: str) -> Run:
    """The run as far as it came, when its last event is missing."""
    return Run(
        id=started.run,
        target=started.target,
        started=started.started,
        seconds=seconds,
        requests=requests,
        mode=started.mode,
        seed=started.seed,
        complete=False,
        stopped_because=f"budget: {budget}" if budget else "interrupted",
        insecure=started.insecure,
    )


def cost_group(purpose: str, *, tested: bool) -> str:
    """What an exchange counts as in `Report.cost`: tests, login, cleanup, or explore."""
    if tested:
        return "tests"
    if purpose.startswith(("undo", "clean")):
        return "cleanup"
    if purpose.startswith(("login", "log-in", "sign-up", "renew", "probe", "logout", "log-out")):
        return "login"
    return "explore"
