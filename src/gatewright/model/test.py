"""What a test is, and all that it can touch.

A native check is metadata, an explanation (its docstring, with fixed headings) and one coroutine that receives a
`Probe` and returns a `Verdict`. A template will satisfy the same `Test`: the engine cannot tell them apart.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import ClassVar, Protocol, TypeVar

from msgspec import Struct

from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Headers, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, OwnedObject
from gatewright.model.secret import Secret
from gatewright.model.settings import Settings
from gatewright.model.verdict import Severity, Verdict

T = TypeVar("T")

THREATS = {
    "API1:2023": "Broken object level authorization",
    "API2:2023": "Broken authentication",
    "API3:2023": "Broken object property level authorization",
    "API4:2023": "Unrestricted resource consumption",
    "API5:2023": "Broken function level authorization",
    "API6:2023": "Unrestricted access to sensitive business flows",
    "API7:2023": "Server side request forgery",
    "API8:2023": "Security misconfiguration",
    "API9:2023": "Improper inventory management",
    "API10:2023": "Unsafe consumption of APIs",
}

HEADINGS = ("What it does", "Why it matters", "How it is proved", "When it is wrong", "Remedy")
"""Sections of every check's docstring, in order; `References` may follow."""


class Phase(Enum):
    """When a test runs: some spoil others (checks-1-5.md 1.2)."""

    READS = "P2"
    CHANGES = "P3"
    DELETIONS = "P4"
    LIFE_CYCLE = "P5"
    LADDERS = "P6"
    BURSTS = "P7"
    DEFERRED = "P8"


class Need(Enum):
    """What a cell must have before anything is sent. The plan settles a cell whose needs are not met, with the reason."""

    SAMPLE = "an accepted sample of the endpoint by the attacker (or, for REFERENCE, by a neighbour)"
    PEER = "two accounts of equal rank, each logged in"
    READS = "a method that reads: GET, HEAD, or POST with a reference in its body"
    CHANGES = "a method that changes an object: PUT, PATCH, or POST with a reference to an object that is there"
    DELETES = "DELETE"
    METHODS = "a path of its own, and a method that says what is done there: no field of a GraphQL schema"
    REFERENCE = "a place of the endpoint that names an object of the peer"
    SELF = "an endpoint that changes or reads the caller's own data, with an identity field in its body or a learnt one"
    OWNED = "an object of the attacker or the peer that this run created, named by the endpoint"
    HIGHER = "an account of a higher role, logged in, or an accepted sample by the attacker although there is none"
    ORDINARY = "an endpoint that is none of the log-in, health or documentation, which answer to all"
    PROTECTED = "an endpoint that refuses requests without a credential, is secured by the specification, or shows what belongs to an account"
    SESSION = "one account, logged in"
    JWT = "an account whose credential is a JSON Web Token"
    RECIPE = "an endpoint that creates or changes an object, with a body that was accepted"
    THROWAWAY = "accounts V and S, made by this run"
    HOST = "one cell for the whole host, at its representative endpoint"
    BODY = "an answer with a body to look at"


class Effect(Enum):
    """What a test may leave changed; decides the modes that it runs in."""

    NONE = "sends safe methods only"
    OWN = "creates, changes or deletes objects that this run made"
    THROWAWAY = "may lock or break the throw-away accounts"


class Attacker(Enum):
    """Who attacks: it decides how many cells a test has on one endpoint."""

    PEER = "one account of each rank that has an equal"
    LOWER = "one account of each rank below the highest (of the only rank, where there is one), and anon"
    ANON = "nobody: a request without a credential"
    OWNER = "the lowest account with an accepted sample"
    HOST = "one account, at one endpoint of the host"
    BELOW = "one account of each rank below the highest (of the only rank, where there is one), at a few endpoints that refuse one of them"
    AUTH = "nobody, at each endpoint of the log-in that has one of the test's classes"


class Test(Struct, frozen=True, kw_only=True):
    """One test: its metadata and the coroutine that judges one cell."""

    __test__: ClassVar[bool] = False
    """It is no test class of pytest's, which goes by the name."""
    id: str
    threat: str
    """`API1:2023`."""
    title: str
    severity: Severity
    cwe: tuple[int, ...]
    attacker: Attacker
    needs: tuple[Need, ...]
    phase: Phase
    effect: Effect
    requests: int
    """Most requests per cell, read-backs included."""
    tags: tuple[str, ...]
    doc: str
    run: Callable[[Probe], Awaitable[Verdict]]
    classes: tuple[str, ...] = ()
    """For `Attacker.AUTH`: `login`, `register`, `reset`, `otp`, `refresh`, `logout`, `change_password`. For others with
    Need.BODY: endpoints of the log-in that it asks itself, without a sample."""
    source: str = ""
    """Module or file."""
    streams: bool = False
    """It listens: it has cells of endpoints that are streams. The others ask for whole answers."""
    patient: bool = False
    """It works on accounts that it signs up itself and mostly waits: it begins with the first phase that changes anything
    and goes on beside the others."""


class LogIn(Struct, frozen=True, kw_only=True):
    """One try at logging in. Without credentials it was refused; the account's own session stays as it is."""

    exchange: Exchange | None = None
    """The answer; None for a way that sends nothing."""
    credentials: tuple[Credential, ...] = ()
    """A further session of the account, in the places where its credentials go."""
    refresh: Secret | None = None
    lives: float | None = None
    """Seconds from the log-in until the session ends by itself, as far as the API says so or it was seen; None: unknown."""

    @property
    def accepted(self) -> bool:
        """Whether it gave a session."""
        return bool(self.credentials)


class Registration(Struct, frozen=True, kw_only=True):
    """One try at signing up."""

    name: str = ""
    """The account, by which `send`, `whoami`, `identity` and `try_log_in` know it; empty when the sign-up was refused."""
    logged_in: bool = False
    exchange: Exchange | None = None
    why: str = ""
    """Why there is no account, or why it cannot log in."""
    account: Account | None = None
    """The account as it was made: user name, password, and what was registered."""


class Kept(Struct, frozen=True):
    """Credentials kept apart, and how old they are."""

    credentials: tuple[Credential, ...]
    age: float
    """Seconds since they were got."""


class Visit(Struct, frozen=True):
    """One call of the target at an address of our listener."""

    method: str
    target: str
    headers: Headers
    peer: str
    """Address and port of who called."""
    at: float
    """Monotonic seconds."""


class Listener(Protocol):
    """Our own HTTP listener, which the target is asked to call. Our own client never connects to it."""

    def offer(self, content: bytes, content_type: str = "application/json") -> str:
        """A new address, unguessable, at which this content is given."""

    def visits(self, url: str) -> tuple[Visit, ...]:
        """Who has called an address so far."""


class Sender(Protocol):
    """Sends one request through scope, budget, pace and record. `wire.gate.Gate` is the one that reaches the network."""

    async def send(
        self,
        request: Request,
        *,
        account: str = ANON,
        purpose: str = "",
        cell: Cell | None = None,
        burst: bool = False,
    ) -> Exchange:
        """The exchange; a failure on the wire is its `error`. Raises ScopeError or BudgetError, then nothing was sent.

        In a `burst` a 429 or 503 is an answer like others: nothing is held back or sent again.
        """


class Probe(Protocol):
    """All that a test can touch. Scope, budget, pace, renewal and recording happen inside `send`."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the cell."""

    @property
    def account(self) -> str:
        """The attacker; `anon` for nobody."""

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Every account that is logged in, by name, throw-away ones included."""

    @property
    def knowledge(self) -> Knowledge:
        """What exploration learnt, with objects made since."""

    @property
    def specification(self) -> Specification:
        """The specification, for schemas and schemes."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""

    @property
    def random(self) -> random.Random:
        """The cell's own seeded source of choices."""

    @property
    def auth_endpoints(self) -> Mapping[str, str]:
        """Endpoint id → its class, for the endpoints of the log-in, such as `login` or `register`."""

    def rank(self, account: str) -> int:
        """Height of an account's role; equal roles are equal, anon is lowest (-1)."""

    def identity(self, account: str) -> frozenset[str]:
        """Values that name an account: user name, id, e-mail, JWT subject, as text."""

    def marker(self) -> str:
        """A new marker, registered with the cell."""

    async def send(
        self,
        call: Call,
        *,
        as_: str | None = None,
        purpose: str = "attack",
        endpoint: Endpoint | None = None,
        credentials: tuple[Credential, ...] | None = None,
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> Exchange:
        """Sends a call as an account (default: the attacker) and records it.

        `endpoint` when it is another than the cell's; `credentials` replaces those of the account (empty: none);
        `edit` changes the finished request just before it goes out; `burst` takes a 429 or 503 as it is. Raises
        BudgetError, ScopeError.
        """

    async def listen(
        self,
        call: Call,
        *,
        meanwhile: Callable[[], Awaitable[None]],
        enough: Callable[[str], bool],
        as_: str | None = None,
        purpose: str = "attack",
        credentials: tuple[Credential, ...] | None = None,
    ) -> Exchange:
        """Opens the cell's stream as an account and records what is heard on it, as one exchange.

        `meanwhile` runs once when it is open, and not when it is refused; `enough` is asked of all that was heard, and
        ends it. Raises BudgetError, ScopeError.
        """

    async def credentials(self, account: str) -> tuple[Credential, ...]:
        """The account's present credentials, renewed where they are about to end."""

    async def alive(self, account: str) -> bool:
        """Whether the account's session answers its probe now."""

    def whoami(self, account: str) -> Call | None:
        """The account's own liveness probe: a call whose answer names it. None when there is none."""

    async def fresh(
        self, like: OwnedObject, *, owner: str | None = None, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """Makes another object of the same kind (for the same owner by default); None when that fails.

        `extra` properties are added to the body as they are (dotted names are nested).
        """

    async def sign_up(self, extra: Mapping[str, Json]) -> tuple[str, Exchange] | None:
        """Signs one more account up, for this test alone: its name and the answer; None when that fails.

        `extra` properties go into its body as they are.
        """

    async def register(self, extra: Mapping[str, Json], *, password: str | None = None) -> Registration:
        """As `sign_up`, with what became of it; `extra` properties are never repaired, `password` instead of a good one."""

    async def try_log_in(
        self,
        account: str,
        password: str | None = None,
        *,
        purpose: str = "log-in",
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> LogIn:
        """One fresh log-in of an account, with its own password or another, recorded; its session stays.

        `edit` changes the request that carries the password just before it goes out.
        """

    async def log_in(self, account: str, password: str | None = None) -> bool:
        """Whether a fresh log-in of an account works now, with its own password or another; its session stays."""

    async def try_refresh(
        self, account: str, token: Secret, *, held: tuple[Credential, ...] = (), purpose: str = "refresh"
    ) -> LogIn | None:
        """One recorded use of a refresh token; the account's session stays. None: no endpoint takes one.

        `held` goes along: some APIs want the old credentials too.
        """

    async def mail(self, account: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The newest code or link that the API mailed to an account, read by `hooks.mail` of the settings.

        `other_than`: the one seen before; a newer one is waited for, a bounded time. `wait` False looks once. None
        when none came, and always without that hook: then the test needs configuration.
        """

    def leave(self, what: str, call: Call, *, endpoint: Endpoint) -> None:
        """Says that something of ours stays behind, with the call that made it."""

    def undo(self, what: str, call: Call, *, as_: str, endpoint: Endpoint) -> None:
        """Registers a call that takes a change back; run newest first when the cell ends."""

    async def once(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Runs `make` once per run and key, and gives its result to every cell that asks."""

    def cite(self, *exchanges: Exchange) -> None:
        """Adds exchanges that another cell sent (through `once`) to the evidence of this one."""

    def control(self, name: str, what: str, *, expected: str, observed: str, holds: bool) -> bool:
        """Records a control and says whether the proof may go on."""

    async def listener(self) -> Listener | None:
        """Our listener, begun by the first who asks; None where the target cannot reach one (only loopback is listened on)."""

    def certificate(self, origin: str) -> bytes:
        """The TLS certificate that an origin of the target showed, DER; empty for one without TLS."""

    def first_credentials(self, account: str) -> Kept | None:
        """The credentials of an account's first log-in in this run, kept apart when they were renewed; None without a log-in."""

    async def wait(self, seconds: float) -> None:
        """Waits; scaled by `limits.patience`, not holding a worker."""


def sections(doc: str) -> dict[str, str]:
    """The sections of a check's docstring: heading (`## …`) → text, in order."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in inspect.cleandoc(doc).splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
            found[heading] = []
        elif heading:
            found[heading].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


REGISTRY: dict[str, Test] = {}
"""Native checks by id, filled once by `@check`."""


def check(
    id: str,  # noqa: A002
    *,
    threat: str,
    title: str,
    severity: Severity,
    cwe: tuple[int, ...],
    attacker: Attacker,
    needs: tuple[Need, ...],
    phase: Phase,
    requests: int,
    effect: Effect = Effect.NONE,
    tags: tuple[str, ...] = (),
    classes: tuple[str, ...] = (),
    streams: bool = False,
    patient: bool = False,
) -> Callable[[Callable[[Probe], Awaitable[Verdict]]], Callable[[Probe], Awaitable[Verdict]]]:
    """Registers a native check. Raises LookupError for an id that is taken or a threat that does not exist."""
    if threat not in THREATS:
        raise LookupError(f"check {id!r}: no threat {threat!r}")

    def register(run: Callable[[Probe], Awaitable[Verdict]]) -> Callable[[Probe], Awaitable[Verdict]]:
        if id in REGISTRY:
            raise LookupError(f"check {id!r} is registered twice: {REGISTRY[id].source} and {run.__module__}")
        REGISTRY[id] = Test(
            id=id,
            threat=threat,
            title=title,
            severity=severity,
            cwe=cwe,
            attacker=attacker,
            needs=needs,
            phase=phase,
            effect=effect,
            requests=requests,
            tags=tags,
            doc=run.__doc__ or "",
            run=run,
            classes=classes,
            source=run.__module__,
            streams=streams,
            patient=patient,
        )
        return run

    return register
