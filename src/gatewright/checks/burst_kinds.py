"""Kinds of functions that cost something, and how one of each is called again and again without harm (checks-1-5.md 5.1).

What a burst does must not pile up: sign-ups repeat one whose name is taken, a reset is asked for a name that nobody has
(so that nothing is mailed), an upload is removed again. A kind that cannot be called so is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from gatewright.checks.account_forms import naming, takes
from gatewright.checks.controls import call_of
from gatewright.checks.files import accepted, field_of
from gatewright.checks.ladders import creates
from gatewright.checks.own_account import went_to
from gatewright.checks.stored import removable, store
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Response
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.burst import left
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import read

SEARCH, EXPORT, PLAIN, SIGN_UP, RESET, UPLOAD = "search", "export", "plain read", "sign-up", "reset", "upload"
_SEARCH = {"search", "find", "lookup", "query", "autocomplete", "suggest", "suggestion", "suggestions", "typeahead"}
_EXPORT = {"export", "exports", "download", "downloads", "dump", "csv", "xlsx", "zip"}
_REPORT = {"report", "reports", "statement", "statements", "summary", "analytics"}
"""Words of what may be costly, and may be a list like others."""
_QUERY = {"q", "search", "query", "term", "keyword", "keywords", "searchterm", "searchtext"}
_FEW, _MANY = (56,), (56, 54)
"""Requests of a burst, in parts. The second part is for what showed no limit in the first: many limits are 60 or 100 a minute."""


class Kind(Struct, frozen=True, kw_only=True):
    """One kind at one endpoint, ready to be called."""

    name: str
    call: Call
    """What stands for it in the report."""
    send: Callable[[str], Awaitable[Exchange]]
    """Sends one more, for a purpose."""
    parts: tuple[int, ...] = _MANY
    usual: Callable[[Response], str]
    """Why an answer is not that of such a call; empty when it is."""
    told: str = ""
    """What the report says of the call beyond its endpoint."""
    silent: str = ""
    """Why a limit of it might not show: then it is proved only where the API announces limits nearly everywhere else."""
    count: Callable[[], Awaitable[str]] | None = None
    """What shows, after a burst of a `silent` kind, that it still has its effect; empty when nothing does."""


def kind_of(probe: Probe) -> str:
    """Which kind the cell's endpoint is; empty for one that stands for nothing."""
    endpoint, account = probe.endpoint, probe.account
    class_ = probe.auth_endpoints.get(endpoint.id, "")
    if class_ in ("register", "reset", "otp"):
        return SIGN_UP if class_ == "register" else RESET
    if class_:
        return ""
    call = call_of(probe, account)
    if call is not None and field_of(probe, call) is not None:
        return UPLOAD
    named = {word for part in endpoint.path.split("/") if "{" not in part for word in words(part)}
    if _asks(probe, endpoint):
        if named & _SEARCH or _by_query(probe, endpoint):
            return SEARCH
        if named & _EXPORT or (named & _REPORT and endpoint.id != _plain(probe) and announced_elsewhere(probe)):
            return EXPORT
    return PLAIN if endpoint.id == _plain(probe) else ""


def _asks(probe: Probe, endpoint: Endpoint) -> bool:
    """Whether it reads: a GET, or a POST whose accepted request made nothing and began nothing."""
    if endpoint.method == "GET":
        return True
    sample = probe.knowledge.sample(endpoint.id, probe.account)
    response = sample.exchange.response if sample is not None else None
    asked = endpoint.method == "POST" and response is not None and response.status == 200
    return asked and sample is not None and not creates(probe, endpoint, sample)


def _by_query(probe: Probe, endpoint: Endpoint) -> bool:
    """Whether it is asked in words: it must be, or the API announces limits nearly everywhere and so would for a mere list."""
    for one in endpoint.parameters:
        if one.within == "query" and re.sub(r"[^a-z]", "", one.name.lower()) in _QUERY:
            return one.required or announced_elsewhere(probe)
    return False


def _plain(probe: Probe) -> str:
    """The read that stands for all others of the host: the one that names the account, else the shortest."""
    for name in probe.accounts:
        call = probe.whoami(name)
        if call is not None:
            return call.endpoint
    reads = [
        (len(s.exchange.response.body) if s.exchange.response else 0, s.endpoint)
        for s in probe.knowledge.samples
        if s.endpoint.startswith("GET ") and "{" not in s.endpoint
    ]
    return min(reads, default=(0, ""))[1]


def announced_elsewhere(probe: Probe) -> bool:
    """Whether two in three endpoints of the host that were reached announce how many requests are left."""
    told: dict[str, bool] = {}
    for sample in probe.knowledge.samples:
        endpoint = probe.knowledge.endpoints.get(sample.endpoint)
        if endpoint is not None and endpoint.origin == probe.endpoint.origin and endpoint.id != probe.endpoint.id:
            told[endpoint.id] = told.get(endpoint.id, False) or left(sample.exchange.response) is not None
    return len(told) >= 3 and 3 * sum(told.values()) >= 2 * len(told)


async def prepared(probe: Probe, name: str) -> Kind | Verdict:
    """The kind at the cell's endpoint, ready to be called; or why it cannot be."""
    if name == SIGN_UP:
        return await _sign_up(probe)
    if name == RESET:
        return _reset(probe)
    call = call_of(probe, probe.account)
    if call is None:
        return conclude("no_such_function", "no accepted request of it is known")
    if name == UPLOAD:
        return await _upload(probe, call)

    async def send(purpose: str) -> Exchange:
        return await probe.send(call, purpose=purpose, burst=True)

    return Kind(name=name, call=call, send=send, usual=_accepted)


def _accepted(response: Response) -> str:
    return "" if response.ok and not says_no(read(response)) else f"an accepted request got status {response.meaning}"


def _asked_for(response: Response) -> str:
    """A request for a reset is accepted, or refused because nobody has the name."""
    return "" if response.meaning == 404 else _accepted(response)


async def _sign_up(probe: Probe) -> Kind | Verdict:
    """The sign-up of an account that was just made, once more: refused each time, so that nothing is made."""
    made = await probe.register({})
    if made.exchange is None or not made.name or made.account is None:
        return conclude("needs_configuration", f"needs a sign-up that works: {made.why or 'none did'}")
    if not went_to(made.exchange, probe.endpoint):
        return conclude("no_such_function", "the accounts of this run sign up elsewhere")
    request = made.exchange.request
    shown = Call(endpoint=probe.endpoint.id)
    whoami = probe.whoami(made.name)
    endpoint = probe.knowledge.endpoints.get(whoami.endpoint) if whoami else None
    if whoami is not None and endpoint is not None:
        what = f"the account {made.account.username} ({made.name}), whose sign-up was sent again and again"
        probe.leave(what, whoami, endpoint=endpoint)

    async def send(purpose: str) -> Exchange:
        return await probe.send(shown, as_=ANON, credentials=(), purpose=purpose, edit=lambda _: request, burst=True)

    def usual(response: Response) -> str:
        if response.meaning in (400, 409, 422) or (response.ok and says_no(read(response))):
            return ""
        if response.ok:
            return "a name that is taken is accepted again: more would make accounts, or mails"
        return f"a sign-up with a taken name got status {response.meaning}"

    return Kind(
        name=SIGN_UP, call=shown, send=send, usual=usual, told=", each with a name that is taken,",
        silent="only sign-ups with a taken name were sent, and a limit may count those that succeed",
    )  # fmt: skip


def _reset(probe: Probe) -> Kind | Verdict:
    """A request for a reset or a code, for a name that nobody has; in full mode for a throw-away account, where mail is read."""
    form = takes(probe, probe.endpoint)
    if not (form.email or form.name) or form.secret or form.token:
        return conclude("no_such_function", "it takes no name alone: nothing is sent to anybody there")
    name = next((n for n, a in probe.accounts.items() if a.origin == "throw-away"), "")
    full = probe.settings.limits.mode == "full" and bool(name) and "mail" in probe.settings.hooks
    account = probe.accounts[name] if full else None
    marker = probe.marker()
    mail = f"gw-{marker[2:10].lower()}@example.com"
    user = account.username if account else marker[:14]
    known = [str(v) for v in account.registered.values() if "@" in str(v)] if account else [mail]
    call = naming(probe, mail=known[0] if known else user, name=user)
    if call is None:
        return conclude("no_reference", "none of its places takes a name that an account is known by")

    async def send(purpose: str) -> Exchange:
        return await probe.send(call, as_=ANON, credentials=(), purpose=purpose, burst=True)

    async def count() -> str:
        first = await probe.mail(name)
        await send("attack: one more")
        another = await probe.mail(name, other_than=first) if first else None
        return "one more request after the burst was mailed as well" if another else ""

    whose = f"account {name}" if full else "name that nobody has"
    return Kind(
        name=RESET, call=call, send=send, parts=_FEW if full else _MANY, usual=_accepted if full else _asked_for,
        silent="a limit may be kept by mailing nothing: seen only with --mode full and hooks.mail",
        told=f", each for the {whose},", count=count if full else None,
    )  # fmt: skip


async def _upload(probe: Probe, call: Call) -> Kind | Verdict:
    """A small file that is removed again; where it takes the place of the one before, that is put back once."""
    field = field_of(probe, call)
    if field is None:
        return conclude("no_such_function", "it takes no file")
    first = await store(probe, call, field, field.file, purpose="baseline", burst=True)
    if not accepted(first):
        return conclude("baseline_broken", "the accepted file is refused now")
    if not removable(probe, call, first):
        return conclude("mode", "what it keeps cannot be removed again: more than a few files are not left behind")
    replaces = probe.endpoint.method != "POST"

    async def send(purpose: str) -> Exchange:
        if replaces:
            return await probe.send(call, purpose=purpose, burst=True)
        return await store(probe, call, field, field.file, purpose=purpose, burst=True)

    return Kind(name=UPLOAD, call=call, send=send, usual=_accepted, told=" with a small file")


def target_of(probe: Probe, kind: Kind) -> str:
    """The address of the call, as the report shows it."""
    return render(probe.endpoint, msgspec.structs.replace(kind.call, body=None, raw=None, content_type="")).target
