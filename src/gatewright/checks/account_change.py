"""Whether an account's password or e-mail address is changed by a session alone, without the present password."""

from __future__ import annotations

import re

from gatewright.access.tokens import garbage
from gatewright.checks.account_forms import Form, form, takes
from gatewright.checks.own_account import Own, accepted, ask, new_password, newcomer, told
from gatewright.model.account import Credential
from gatewright.model.http import Exchange
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import as_text, read

_OWN = re.compile(
    r"(^|[/_-])(me|self|my|account|profile|password|passwd|email|mail|credentials?|settings|user)s?($|[/_-])"
)


@check(
    "account-change-without-reauth",
    threat="API2:2023",
    title="Password or e-mail address are changed without the present password",
    severity="low",
    cwe=(620, 306),
    attacker=Attacker.OWNER,
    needs=(Need.CHANGES, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=34,
    tags=("account", "password"),
)
async def account_change_without_reauth(probe: Probe) -> Verdict:
    """Change an account's password, and its e-mail address, with the session alone.

    ## What it does
    Signs an account up and sends the change that the endpoint describes: without the present password, and, where the
    endpoint has a place for that, with a wrong one.

    ## Why it matters
    Who finds an open session, or steals one, keeps the account for good: the new password shuts its owner out, the new
    address gets the mails that reset it.

    ## How it is proved
    Twice: the new password logs in and the one before does not; or the account's own probe shows the new address. The
    present password was not in the request, or a wrong one was.

    ## When it is wrong
    When the session was opened seconds ago and the API asks only in older ones. Where every request carries the password,
    as with HTTP Basic, nothing is reported.

    ## Remedy
    Ask for the present password (or a fresh log-in) when password, e-mail address or second factor change, and tell the
    old address.

    ## References
    - https://cwe.mitre.org/data/definitions/620.html
    """
    kind = probe.auth_endpoints.get(probe.endpoint.id)
    told_places = takes(probe, probe.endpoint)
    changes = kind in (None, "change_password") and (
        probe.endpoint.method != "POST" or kind or _OWN.search(probe.endpoint.path)
    )
    if not changes or not (told_places.secret or told_places.email):
        return conclude("no_such_function", "it changes neither a password nor an e-mail address")
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    session = await probe.try_log_in(own.name)
    if not session.accepted:
        return conclude("baseline_broken", f"{own.name} could not log in once more: {told(session.exchange)}")
    held = session.credentials
    if any(own.password and own.password in c.value.reveal() for c in held) or _is_basic(held):
        return conclude("no_such_function", "every request carries the password itself")
    seen = ""
    for what, places in (("password", told_places.secret), ("e-mail address", told_places.email)):
        if not places:
            continue
        filled = await form(probe, probe.endpoint, own, held=held, keep=frozenset(places))
        if filled is None:
            seen = seen or "what else it requires is not known"
            continue
        wrong = [None, garbage(own.password, probe.random)] if told_places.present else [None]
        for present in wrong:
            found = await _changed(probe, own, filled, held, what, present)
            if isinstance(found, Verdict):
                return found
            seen = seen or found
    if not seen.startswith("status"):
        return conclude("not_visible", seen or "nothing could be sent")
    return conclude("denied", f"without the present password, or with a wrong one, nothing changes: {seen}")


async def _changed(
    probe: Probe, own: Own, filled: Form, held: tuple[Credential, ...], what: str, present: str | None
) -> Verdict | str:
    """The finding, else what was seen. Twice: a second value follows the first."""
    how = "without the present password" if present is None else "with a wrong present password"
    before = own.password
    sent: list[Exchange] = []
    for again in ("", ", again"):
        word = new_password(probe)
        value = word if what == "password" else f"{probe.marker()}@example.com"
        ready = filled.with_values(filled.present, present) if present is not None else filled
        ready = ready.with_values(filled.secret if what == "password" else filled.email, value)
        exchange = await probe.send(ready.call, as_=own.name, purpose=f"attack: {how}{again}", credentials=held)
        if not accepted(exchange):
            return "unstable" if sent else told(exchange)
        works = (
            await _logs_in(probe, own, word, before)
            if what == "password"
            else _shows(await ask(probe, own, held, purpose="read-back"), value)
        )
        if not works:
            return f"{told(exchange)}, and the {what} is what it was"
        sent.append(exchange)
        before = word
        if what == "password":
            held = (await probe.try_log_in(own.name, word, purpose="a new session")).credentials or held
    return _finding(own, what, how, sent)


async def _logs_in(probe: Probe, own: Own, word: str, before: str) -> bool:
    new = await probe.try_log_in(own.name, word, purpose="read-back: the new password")
    old = await probe.try_log_in(own.name, before, purpose="read-back: the one before")
    return new.accepted and not old.accepted


def _shows(answer: Exchange, value: str) -> bool:
    return any(leaf.value == value for leaf in read(answer.response).leaves)


def _finding(own: Own, what: str, how: str, sent: list[Exchange]) -> Verdict:
    name = f"{sent[0].request.method} {sent[0].request.target.partition('?')[0]}"
    effect = (
        "the new password logs in and the one before does not"
        if what == "password"
        else f"{own.endpoint.name} then shows the new address"
    )
    return proved(
        title=f"The {what} is changed {how}",
        summary=f"Whoever holds a session of an account changes its {what} at {name} {how}.",
        proof=(
            f"{own.name}, signed up for this, sent a new {what} {how}: {told(sent[0])}",
            f"{effect}; the same with a second value",
        ),
        attacks=tuple(exchange.number for exchange in sent),
        severity="low",
    )


def _is_basic(held: tuple[Credential, ...]) -> bool:
    return any(as_text(c.prefix).strip().lower() == "basic" for c in held)
