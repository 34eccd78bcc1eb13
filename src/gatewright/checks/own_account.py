"""An account that a test signed up for itself: known by its probe, and told apart from nobody and from garbage.

Tests of sessions and passwords log it out, change its password or rename it; nobody else uses it, so none of them
disturbs another.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from gatewright.checks.controls import corrupted
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call, sends
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import as_text, read


class Own(Struct, frozen=True, kw_only=True):
    """An account that may be broken, with what shows that a credential is its own."""

    name: str
    account: Account | None
    """None for an account that this test did not make."""
    sign_up: Exchange | None = None
    """The answer to its sign-up."""
    endpoint: Endpoint
    call: Call
    """Its probe."""
    witness: frozenset[tuple[str, str]]
    """Path and value of the leaves that name it, which neither nobody nor a garbled credential is shown."""

    @property
    def password(self) -> str:
        """Its password, in plain; empty when it is not known."""
        return self.account.password.reveal() if self.account is not None and self.account.password else ""


async def newcomer(probe: Probe) -> Own | Verdict:
    """One more account, for this test alone; what stays of it is listed. Five requests beside sign-up and log-in."""
    made = await probe.register({})
    if not made.logged_in or made.account is None:
        why = made.why or "the sign-up was refused"
        return conclude("needs_configuration", f"needs an account that it may break, and none could be made: {why}")
    own = await recognised(probe, made.name, account=made.account)
    if isinstance(own, Own):
        own = replace(own, sign_up=made.exchange)
        what = f"the account {made.account.username} ({made.name}), signed up for this test"
        probe.leave(what, own.call, endpoint=own.endpoint)
    return own


async def recognised(probe: Probe, name: str, *, account: Account | None = None) -> Own | Verdict:
    """What names an account to itself, and to nobody else: its own session, none, and a garbled one are looked at."""
    call = probe.whoami(name)
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is None or endpoint is None:
        return conclude("needs_configuration", f"no answer names {name}: configure `probe` in the log-in")
    own = Own(name=name, account=account, endpoint=endpoint, call=call, witness=frozenset())
    held = await probe.credentials(name)
    identity = probe.identity(name)
    shown = _leaves(await ask(probe, own, held, purpose="baseline"))
    nobody = _leaves(await ask(probe, own, (), purpose="control: no credential"))
    garbled = _leaves(await ask(probe, own, corrupted(held), purpose="control: garbled credential"))
    named = frozenset(pair for pair in shown if pair[1] in identity)
    hidden = named - nobody
    if not named:
        return conclude("baseline_broken", f"{endpoint.name} did not name {name} when it asked with its own session")
    if not hidden:
        return conclude("not_protected", f"{endpoint.name} names {name} without a credential as well")
    if not probe.control(
        "garbage",
        f"{endpoint.name} with a garbled credential",
        expected="does not name the account",
        observed="names it" if hidden <= garbled else "does not",
        holds=not hidden <= garbled,
    ):
        return conclude("not_protected", f"{endpoint.name} names {name} whatever stands in the credential")
    return replace(own, witness=hidden - garbled or hidden)


async def ask(probe: Probe, own: Own, credentials: Sequence[Credential], *, purpose: str) -> Exchange:
    """The account's probe with these credentials and no others."""
    as_ = own.name if credentials else ANON
    return await probe.send(own.call, as_=as_, purpose=purpose, endpoint=own.endpoint, credentials=tuple(credentials))


def is_shown(own: Own, exchange: Exchange | None) -> bool:
    """Whether an answer names the account as its own session's does."""
    return exchange is not None and bool(own.witness) and own.witness <= _leaves(exchange)


def strong(own: Own, *others: Account | None) -> Own:
    """The account as it is known by what none of these accounts was signed up with: a name that two share tells nothing."""
    shared = {
        as_text(value)
        for account in others
        if account is not None
        for value in (account.username, *account.registered.values())
        if not isinstance(value, (dict, list))
    }
    return replace(own, witness=frozenset(pair for pair in own.witness if pair[1] not in shared))


def accepted(exchange: Exchange | None) -> bool:
    """Whether an answer says yes: no error status, and no body that says no."""
    response = exchange.response if exchange is not None else None
    return response is not None and response.status < 400 and not says_no(read(response))


def went_to(exchange: Exchange | None, endpoint: Endpoint) -> bool:
    """Whether a request was one to an endpoint."""
    return exchange is not None and sends(endpoint, exchange.request)


def told(exchange: Exchange | None) -> str:
    """An answer's status, for people."""
    if exchange is None:
        return "nothing"
    return f"status {exchange.response.status}" if exchange.response is not None else exchange.error or "no answer"


def new_password(probe: Probe) -> str:
    """A password that nobody has used, of every kind of character."""
    return f"Gw!{probe.marker()}9aZ"


def _leaves(exchange: Exchange) -> frozenset[tuple[str, str]]:
    return frozenset((leaf.path, leaf.value) for leaf in read(exchange.response).leaves)
