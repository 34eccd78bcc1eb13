"""Whether log-in or reset tells who has an account: by what it answers, else by how long it takes.

Both work with two accounts made for it and with missing names of the same shape. What the content tells is asked once
per endpoint; the time is measured only where the content is equal.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from msgspec import Struct

from gatewright.access.tokens import garbage, set_cookies
from gatewright.checks.account_forms import name_keys, naming, takes
from gatewright.checks.log_in_edits import Edit, twin, with_values
from gatewright.checks.own_account import went_to
from gatewright.explore.schemas import body_of, fields
from gatewright.model.account import ANON, Account
from gatewright.model.call import Call
from gatewright.model.http import Exchange, Request
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.compare import substitute
from gatewright.proof.leaves import as_text, read
from gatewright.proof.timing import PAIRS, Batch, apart, batch, judge

ROUNDS = 3
_EACH = 4
"""Wrong passwords on one account before a right one forgives them: no limit in use begins below five."""
_TRIFLE = 0.003
"""Seconds between the medians of the first half of a batch, below which the second half is not asked for."""
_CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"
_STEP = frozenset({"code", "otp", "pin", "totp"})


class Tries(Struct, frozen=True):
    """Answers to names that exist and to names that do not, with the values that named them."""

    existing: tuple[tuple[Exchange, frozenset[str]], ...]
    missing: tuple[tuple[Exchange, frozenset[str]], ...]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them."""
        return tuple(exchange for exchange, _ in (*self.existing, *self.missing))


class Content(Struct, frozen=True):
    """What the content of one endpoint's answers came to."""

    tries: Tries
    difference: str
    """What tells existing names from missing ones; empty: nothing."""
    stop: Verdict | None
    """Why nothing can be said."""


@check(
    "user-enumeration",
    threat="API2:2023",
    title="Answers tell which user names exist",
    severity="medium",
    cwe=(204, 203),
    attacker=Attacker.AUTH,
    classes=("login", "reset", "otp", "register"),
    needs=(Need.THROWAWAY,),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=30,
    tags=("login", "enumeration"),
)
async def user_enumeration(probe: Probe) -> Verdict:
    """Compare the answers for names that exist with those for names that do not.

    ## What it does
    Signs two accounts up. At the log-in it sends a wrong password for each of them and for two missing names of the
    same shape, in random order, three times. At a password reset, or where a code is asked for, each account is named
    once (one mail each; three times in mode full) among missing names.

    ## Why it matters
    Who knows which names exist tries passwords on those alone, and learns who is a customer of what.

    ## How it is proved
    Status, names of headers or cookies, or a value of the body is the same for all that exist, the same for all that do
    not, and different between the two, in every round; the submitted name is taken out first.

    ## When it is wrong
    When the names that we take for missing exist. A sign-up tells by its nature that a name is taken: that is an
    observation and never a finding.

    ## Remedy
    Answer every failed log-in, and every request for a reset or a code, with the same status and the same words.

    ## References
    - https://cwe.mitre.org/data/definitions/204.html
    - https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
    """
    content = await _content(probe)
    if content.stop is not None:
        return content.stop
    count = len(content.tries.existing)
    if not content.difference:
        return conclude("denied", f"{count} answers to names that exist and as many to missing ones do not differ")
    return proved(
        summary=f"{probe.endpoint.name} tells anybody which names have an account: {content.difference}.",
        proof=(
            "two accounts were signed up; the missing names have the same shape and nobody has them",
            f"{count} requests named an account, {len(content.tries.missing)} a missing name, in random order",
            f"every time: {content.difference}; the submitted name was taken out before",
        ),
        attacks=(content.tries.existing[-1][0].number, content.tries.missing[-1][0].number),
        cvss=_CVSS,
    )


@check(
    "user-enumeration-timing",
    threat="API2:2023",
    title="The time of answers tells which user names exist",
    severity="medium",
    cwe=(208,),
    attacker=Attacker.AUTH,
    classes=("login",),
    needs=(Need.THROWAWAY,),
    phase=Phase.BURSTS,
    effect=Effect.THROWAWAY,
    requests=110,
    tags=("login", "enumeration", "burst"),
)
async def user_enumeration_timing(probe: Probe) -> Verdict:
    """Compare how long the log-in takes for names that exist and for names that do not.

    ## What it does
    Where the answers are equal: sends wrong passwords for two accounts made for it and for missing names, in pairs of
    random order on one connection, 15 pairs, and 15 more if those are apart. A right password now and then keeps a
    limit of failed log-ins away.

    ## Why it matters
    A password is hashed slowly on purpose. A server that hashes only for names that exist tells by its time who they are.

    ## How it is proved
    In both batches, in the same direction: the rank test of Mann and Whitney gives a chance below 0.001 that both take
    equally long, and the medians are apart by 10 ms, a quarter of the smaller one and half of the missing names' spread.
    The missing names split in two do not differ.

    ## When it is wrong
    When something between us and the API delays by name. Two batches are never apart by chance alone.

    ## Remedy
    Hash the submitted password for missing names as well, against a fixed hash of the same cost.

    ## References
    - https://cwe.mitre.org/data/definitions/208.html
    """
    content = await _content(probe)
    if content.stop is not None:
        return content.stop
    if content.difference:
        return conclude("control_failed", "the answers differ in content: user-enumeration judges that")
    batches: list[Batch] = []
    sent: list[Exchange] = []
    for number in (1, 2):
        measured = await _batch(probe, number, sent)
        if isinstance(measured, Verdict):
            return measured
        batches.append(measured)
        if len(measured.tried) < PAIRS - 1 or not apart(measured):
            return conclude("denied", f"as long for both, batch {number}: {judge([measured]).why}")
    result = judge(batches)
    if not result.proved:
        return conclude("denied", f"two batches do not agree: {result.why}")
    longer = "longer" if result.gap > 0 else "less long"
    return proved(
        summary=f"{probe.endpoint.name} takes {longer} for names that have an account: {abs(result.gap) * 1000:.0f} ms.",
        proof=(
            "the answers to names that exist and to missing ones do not differ",
            f"two batches of {PAIRS} pairs, in random order within each: {result.why}",
            "the missing names split in two do not differ",
        ),
        attacks=(sent[-1].number,),
        cvss=_CVSS,
    )


async def _content(probe: Probe) -> Content:
    found = await probe.once(f"enumeration {probe.endpoint.id}", lambda: _look(probe))
    probe.cite(*found.tries.exchanges)
    return found


async def _look(probe: Probe) -> Content:
    kind = probe.auth_endpoints.get(probe.endpoint.id, "")
    nothing = Tries((), ())
    if kind == "register":
        why = "a sign-up tells by its nature whether a name is taken: an observation, never a finding"
        return Content(nothing, "", conclude("auth_endpoint", why))
    form = takes(probe, probe.endpoint)
    if kind != "login" and (not (form.email or form.name) or form.secret or form.token or _asks_for_code(probe)):
        return Content(nothing, "", conclude("no_such_function", "it takes no name alone: nothing to ask it about"))
    accounts = await known(probe)
    if isinstance(accounts, Verdict):
        return Content(nothing, "", accounts)
    tries = await (_log_ins(probe, accounts) if kind == "login" else _requests(probe, accounts))
    if isinstance(tries, Verdict):
        return Content(nothing, "", tries)
    limited = [e for e in tries.exchanges if e.response is None or e.response.status == 429]
    if limited:
        return Content(
            tries, "", conclude("blocked", "the API answered 429, or not at all: give --rate a smaller number")
        )
    return Content(tries, difference(tries), None)


async def known(probe: Probe) -> list[tuple[str, Account]] | Verdict:
    """Two accounts whose names exist: made once for all that ask, else the throw-away ones."""

    async def make() -> list[tuple[str, Account]]:
        made: list[tuple[str, Account]] = []
        for _ in range(2):
            one = await probe.register({})
            if one.logged_in and one.account is not None:
                made.append((one.name, one.account))
                call = probe.whoami(one.name)
                endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
                if call is not None and endpoint is not None:
                    what = f"the account {one.account.username} ({one.name}), asked about among missing names"
                    probe.leave(what, call, endpoint=endpoint)
        return made or [(name, a) for name, a in probe.accounts.items() if a.origin == "throw-away"]

    found = await probe.once("names that exist", make)
    return found or conclude("needs_configuration", "needs accounts of its own, and no sign-up worked")


def _asks_for_code(probe: Probe) -> bool:
    body = body_of(probe.endpoint)
    told = fields(body.schema, probe.specification) if body is not None else []
    return any(_STEP & set(one.key.lower().replace("-", "_").split("_")) for one in told)


def _missing(account: Account, source: random.Random) -> tuple[Edit, frozenset[str]]:
    """The change of a request that names the account into one that names nobody, and the values it then carries."""
    values = {account.username, *(as_text(account.registered[key]) for key in name_keys(account.registered))}
    changes = {value: twin(value, source) for value in sorted(values) if value}
    return with_values(dict(changes)), frozenset(changes.values())


def _names(account: Account) -> frozenset[str]:
    return frozenset({account.username, *(as_text(account.registered[key]) for key in name_keys(account.registered))})


async def _log_ins(probe: Probe, accounts: Sequence[tuple[str, Account]]) -> Tries | Verdict:
    """Three rounds of wrong passwords: for each account and for a missing name in its shape, in random order."""
    existing: list[tuple[Exchange, frozenset[str]]] = []
    missing: list[tuple[Exchange, frozenset[str]]] = []
    for _ in range(ROUNDS):
        row = [(one, there) for one in accounts for there in (True, False)]
        probe.random.shuffle(row)
        for (name, account), there in row:
            sent = await _wrong(probe, name, account, there=there)
            if sent is None:
                return conclude("baseline_broken", "a wrong password was accepted, or got no answer")
            if not went_to(sent[0], probe.endpoint):
                return conclude("no_such_function", "the accounts of this run do not log in here")
            (existing if there else missing).append(sent)
    return Tries(tuple(existing), tuple(missing))


async def _wrong(
    probe: Probe, name: str, account: Account, *, there: bool, burst: bool = False
) -> tuple[Exchange, frozenset[str]] | None:
    """One wrong password, for the account or for a missing name; None where that is accepted."""
    edit, values = (None, _names(account)) if there else _missing(account, probe.random)
    word = garbage(account.password.reveal(), probe.random) if account.password else "wrong"
    purpose = "attack: a name that exists" if there else "control: a missing name"
    tried = await probe.try_log_in(name, word, purpose=purpose, edit=edit, burst=burst)
    if tried.accepted or tried.exchange is None:
        return None
    return tried.exchange, values | {word}


async def _requests(probe: Probe, accounts: Sequence[tuple[str, Account]]) -> Tries | Verdict:
    """Requests for a reset or a code: each account among missing names, once (three times in mode full)."""
    existing: list[tuple[Exchange, frozenset[str]]] = []
    missing: list[tuple[Exchange, frozenset[str]]] = []
    rounds = ROUNDS if probe.settings.limits.mode == "full" else 1
    for turn in range(ROUNDS):
        unwell = any(e.response is not None and e.response.status >= 500 for e, _ in existing)
        if turn >= rounds and not unwell:  # a server that was unwell by chance is asked again
            break
        for _, account in accounts:
            call = _named(probe, account)
            if call is None:
                return conclude("no_reference", "none of its places takes a name that the accounts signed up with")
            edit, values = _missing(account, probe.random)
            missing.append((await _ask(probe, call, edit, "control: a missing name"), values))
            existing.append((await _ask(probe, call, None, "attack: a name that exists"), _names(account)))
            edit, values = _missing(account, probe.random)
            missing.append((await _ask(probe, call, edit, "control: a missing name"), values))
    return Tries(tuple(existing), tuple(missing))


async def _ask(probe: Probe, call: Call, edit: Edit | None, purpose: str) -> Exchange:
    return await probe.send(call, as_=ANON, purpose=purpose, credentials=(), edit=edit or _as_is)


def _as_is(request: Request) -> Request:
    return request


def _named(probe: Probe, account: Account) -> Call | None:
    """The request that names an account where the endpoint wants it named."""
    mails = [as_text(v) for v in account.registered.values() if "@" in as_text(v)] or [account.username]
    return naming(probe, mail=mails[0], name=account.username)


def difference(tries: Tries) -> str:
    """What is the same for all existing names, the same for all missing ones, and different between them; else empty."""
    there = [_features(exchange, names) for exchange, names in tries.existing]
    absent = [_features(exchange, names) for exchange, names in tries.missing]
    if len(there) < 2 or len(absent) < 2:
        return ""
    for name in dict.fromkeys(key for row in (*there, *absent) for key in row):
        one, other = {row.get(name, "") for row in there}, {row.get(name, "") for row in absent}
        if len(one) == 1 and len(other) == 1 and one != other:
            return f"{name} is {_shown(one.pop())} for names that exist and {_shown(other.pop())} for missing ones"
    return ""


def _features(exchange: Exchange, names: frozenset[str]) -> dict[str, str]:
    """What of an answer may tell, by name; the submitted name is taken out."""
    response = exchange.response
    if response is None:
        return {}
    answer = read(response)
    found = {
        "the status": str(response.status),
        "the list of headers": " ".join(sorted({name.lower() for name, _ in response.headers})),
        "the list of cookies": " ".join(sorted(set_cookies(response))),
        "the list of values": " ".join(sorted(answer.paths())),
    }
    for leaf in answer.leaves:
        text = substitute(leaf.value, names)
        found[leaf.path] = f"{found[leaf.path]} {text}" if leaf.path in found else text
    return found


def _shown(value: str) -> str:
    text = value.replace("\0", "NAME")
    return f'"{text[:120]}"' if text else "absent"


async def _batch(probe: Probe, number: int, sent: list[Exchange]) -> Batch | Verdict:
    """15 pairs in random order; half of them where those are no trifle apart. A verdict where the log-in changes its answer."""
    accounts = await known(probe)
    if isinstance(accounts, Verdict):
        return accounts
    first: dict[str, str] = {}
    pairs: list[tuple[float, float]] = []
    used = dict.fromkeys((name for name, _ in accounts), ROUNDS if number == 1 else _EACH)
    for turn in range(PAIRS):
        name, account = accounts[turn % len(accounts)]
        if used[name] >= _EACH:
            await probe.try_log_in(name, purpose="control: the right password, so that nothing is counted", burst=True)
            used[name] = 0
        used[name] += 1
        times: dict[bool, float] = {}
        for there in probe.random.sample([True, False], 2):
            tried = await _wrong(probe, name, account, there=there, burst=True)
            response = tried[0].response if tried is not None else None
            if tried is None or response is None:
                return conclude("unstable", "a wrong password was accepted, or got no answer, while the time was taken")
            features = _features(*tried)
            first = first or features
            if response.status == 429 or features.get("the status") != first.get("the status"):
                return conclude(
                    "blocked", f"a limit began after {len(sent)} measured answers: status {response.status}"
                )
            times[there] = response.timing.first_byte or response.timing.total
            sent.append(tried[0])
        pairs.append((times[True], times[False]))
        if turn == PAIRS // 2 and abs(batch(pairs).gap) < _TRIFLE:
            break
    return batch(pairs)
