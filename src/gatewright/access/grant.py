"""One try at logging in: what every way of logging in gives back, and how two tries are compared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gatewright.access.tokens import Found, credentials_in, expires_in, set_cookies
from gatewright.model.account import Account, Credential
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.secret import Secret
from gatewright.proof.compare import same, substitute
from gatewright.proof.leaves import Answer, Leaf, read

_WORDS = frozenset({"message", "error", "detail", "msg", "error_description", "reason", "title"})


class Ask(Protocol):
    """Sends one request for an account; a request that may not be sent comes back as an exchange with its error."""

    async def __call__(self, request: Request, account: str, purpose: str) -> Exchange:
        """The exchange."""


@dataclass(frozen=True)
class Grant:
    """What one try gave. `found` are candidates to be placed; `fixed` (when not None) is already complete."""

    exchange: Exchange | None = None
    found: tuple[Found, ...] = ()
    fixed: tuple[Credential, ...] | None = None
    extra: tuple[Credential, ...] = ()
    """Go out as well, although no probe tells whether they must: CSRF tokens and their cookies."""
    sent: frozenset[str] = frozenset()
    """Values that the try sent: echoes of them are nothing."""
    lives: float | None = None
    """Seconds that it lives, when the answer or the configuration says so."""
    why: str = ""
    """Why there is nothing, in one sentence."""

    @property
    def empty(self) -> bool:
        """Nothing that could be a credential."""
        return not self.found and not self.fixed


class Way(Protocol):
    """One way of logging in."""

    @property
    def name(self) -> str:
        """`POST /login`, `HTTP Basic`: for reports."""

    @property
    def renewable(self) -> bool:
        """Whether it can be gone again when a session ends."""

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try, with this password instead of the account's own (a wrong one is the control)."""


@runtime_checkable
class Refreshes(Protocol):
    """A way that renews a session by its refresh token, without the password."""

    async def refresh(self, account: Account, token: Secret) -> Grant:
        """One try."""


@dataclass(frozen=True)
class Ready:
    """Credentials that the user gave; nothing is sent to get them."""

    credentials: tuple[Credential, ...]
    name: str = "given credential"
    renewable: bool = False

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """The credentials as they are."""
        return Grant(fixed=self.credentials)


def granted(exchange: Exchange, sent: Collection[str], jar: dict[str, str] | None = None) -> Grant:
    """The grant of a log-in answer: candidates in it (echoes of the request apart), and the cookies collected on the way."""
    response = exchange.response
    if response is None:
        return Grant(exchange=exchange, sent=frozenset(sent), why=exchange.error or "no answer")
    request = exchange.request
    asked = f"{request.target}\n{request.headers}\n{request.body.decode('latin-1')}"
    found = [item for item in credentials_in(response, sent) if item.value.reveal() not in asked]
    have = {item.source for item in found}
    for name, value in (jar or {}).items():
        if f"cookie:{name}" not in have and value:
            found.append(Found(source=f"cookie:{name}", name=name, value=Secret(value), order=35))
    ages = [age for value, age in set_cookies(response).values() if value and age]
    lives = expires_in(response) or (min(ages) if ages and not any(f.order < 30 for f in found) else None)
    return Grant(exchange=exchange, found=tuple(found), sent=frozenset(sent), lives=lives, why=told(exchange))


def told(exchange: Exchange) -> str:
    """What an answer says, for people: status and the beginning of its words."""
    if exchange.response is None:
        return exchange.error or "no answer"
    leaves = [leaf for leaf in read(exchange.response).leaves if 3 < len(leaf.value) < 200]
    named = [leaf for leaf in leaves if leaf.path.rpartition(".")[2].lower() in _WORDS]
    text = f" ({named[0].value})" if named else ""
    return f"{exchange.response.status}{text}"


def alike(a: Response | None, b: Response | None, hidden: Collection[str]) -> bool:
    """Whether two answers are the same once the values in `hidden` are taken out, headers that matter included."""
    if a is None or b is None:
        return a is b
    if set(set_cookies(a)) != set(set_cookies(b)) or bool(a.header("location")) != bool(b.header("location")):
        return False
    if substitute(a.header("location") or "", hidden) != substitute(b.header("location") or "", hidden):
        return False
    return same(_masked(read(a), hidden), _masked(read(b), hidden))


def _masked(answer: Answer, hidden: Collection[str]) -> Answer:
    leaves = tuple(Leaf(leaf.path, substitute(leaf.value, hidden), leaf.item) for leaf in answer.leaves)
    return Answer(answer.status, answer.kind, leaves, answer.text, answer.headers)
