"""What ends a session and what does not: log-out, a changed password, a refresh token used a second time.

Each works on an account that was signed up for it. A session is alive when the account's probe names the account with
its credential alone; nobody and a garbled credential are not shown that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gatewright.access.tokens import lifetime
from gatewright.checks.account_forms import form, of_class
from gatewright.checks.own_account import Own, accepted, ask, is_shown, new_password, newcomer, told, went_to
from gatewright.model.account import Credential
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, Effect, LogIn, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved

CVSS = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
"""Somebody must have got hold of the credential before: AT:P."""
ALLOWANCE = 11.0
"""Seconds after which no API takes a used refresh token again for a client that lost the answer."""
_LATER = (2.0, 8.0)
"""Seconds between one look at an ended session and the next: what takes a while to end is not alive."""
_WITHIN = 0.5
"""Share of what is left of a session's own life within which it is looked at: afterwards it would be refused anyway."""
SHORT = 15 * 60
"""Seconds of life left from which a signed token that outlives its log-out is more than a small matter."""


@check(
    "session-after-logout",
    threat="API2:2023",
    title="A session works on after its log-out",
    severity="medium",
    cwe=(613,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=16,
    tags=("session",),
    patient=True,
)
async def session_after_logout(probe: Probe) -> Verdict:
    """Use a session after it was logged out.

    ## What it does
    Signs an account up, logs it in, logs that session out, and asks the account's own probe with the old credential:
    at once, after 2 and after 10 seconds, or sooner where the session would end by itself meanwhile. Where the log-in
    gave a refresh token, that is tried as well.

    ## Why it matters
    People log out because a device is shared or a token leaked. A session that lives on cannot be ended by its owner.

    ## How it is proved
    Before the log-out, which is accepted, the probe names the account only with its credential. That is then shown the
    account every time, or its refresh token gives a session that is. A token that ends within 15 minutes is low.

    ## When it is wrong
    When the log-out that the specification names is meant for something else than this kind of session.

    ## Remedy
    Keep sessions on the server, or a list of ended ones that is looked at on each request; end the refresh token with
    them.

    ## References
    - https://cwe.mitre.org/data/definitions/613.html
    - https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
    """
    ways = of_class(probe, "logout")
    if not ways:
        return conclude("no_such_function", "no endpoint that logs out is known")
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    session = await _session(probe, own)
    if isinstance(session, Verdict):
        return session
    ended, way = await _log_out(probe, own, session, ways)
    if not accepted(ended):
        return conclude("baseline_broken", f"no log-out was accepted: {told(ended)}; what it wants is not known")
    alive, renewed = await _after(probe, own, session)
    if not alive and renewed is None:
        return conclude("denied", "the session is refused after its log-out, and its refresh token as well")
    left = _left(session.credentials) if alive else None
    severity: Severity = "low" if left is not None and left <= SHORT else "medium"
    how = _how("the old credential", own, alive)
    return proved(
        summary=f"Whoever has a credential of an account goes on using it after the log-out at {way.name}.",
        proof=(
            f"{own.endpoint.name} names {own.name} with its session, and neither without one nor with a garbled one",
            f"the log-out was accepted ({told(ended)})",
            how + (f"; the token ends by itself in {left:.0f} s" if left is not None else ""),
        ),
        attacks=tuple(e.number for e in alive) or ((renewed.number,) if renewed else ()),
        also=(way.name,),
        severity=severity,
        cvss="" if severity == "low" else CVSS,
    )


@check(
    "session-after-password-change",
    threat="API2:2023",
    title="Other sessions work on after the password was changed",
    severity="medium",
    cwe=(613,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=22,
    tags=("session", "password"),
    patient=True,
)
async def session_after_password_change(probe: Probe) -> Verdict:
    """Use an older session after the account's password was changed.

    ## What it does
    Signs an account up, logs it in twice, changes the password with the first session, and asks the account's probe with
    the second, or tries its refresh token: at once, after 2 and 10 seconds, or sooner where it would end by itself.

    ## Why it matters
    A password is changed because somebody else may know it. If that somebody stays logged in, the change helps nothing.

    ## How it is proved
    The change is real: the new password logs in and the old one does not. The second session, and no garbled one, is
    shown the account every time, or its refresh token gives a session that is.

    ## When it is wrong
    When the API asks, at the change, whether other sessions are to stay.

    ## Remedy
    When a password changes, end every other session and refresh token of the account.

    ## References
    - https://cwe.mitre.org/data/definitions/613.html
    """
    ways = of_class(probe, "change_password")
    if not ways:
        return conclude("no_such_function", "no endpoint that changes a password is known")
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    first, second = await _session(probe, own), await _session(probe, own)
    if isinstance(first, Verdict) or isinstance(second, Verdict):
        return first if isinstance(first, Verdict) else second  # type: ignore[return-value]  # one of them is
    word = new_password(probe)
    sent, way = await _change_password(probe, own, first.credentials, word, ways=ways)
    if not accepted(sent):
        return conclude("baseline_broken", f"no change of the password was accepted: {told(sent)}")
    void = await _void(probe, own, word)
    if void:
        return conclude("no_effect", f"the change was answered with {told(sent)}, and {void}: nothing to judge")
    alive, renewed = await _after(probe, own, second)
    if not alive and renewed is None:
        return conclude(
            "denied", "the other session is refused once the password is changed, its refresh token as well"
        )
    how = _how("the other session", own, alive)
    return proved(
        summary=f"Whoever is logged in to an account stays so after its owner changed the password at {way.name}.",
        proof=(
            f"{own.endpoint.name} named {own.name} with each of two sessions, and not with a garbled one",
            f"with the first the password was changed ({told(sent)}): the new one logs in, the old one does not",
            how,
        ),
        attacks=tuple(e.number for e in alive) or ((renewed.number,) if renewed else ()),
        also=(way.name,),
        cvss=CVSS,
    )


@check(
    "session-refresh-reuse",
    threat="API2:2023",
    title="A refresh token that was used already gives another session",
    severity="medium",
    cwe=(613, 294),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=20,
    tags=("session",),
    patient=True,
)
async def session_refresh_reuse(probe: Probe) -> Verdict:
    """Use a refresh token twice.

    ## What it does
    Signs an account up, logs it in, renews the session by its refresh token, and uses the same refresh token again, at
    once. Where that is not refused, it waits 11 seconds, whatever the patience, and uses it twice more.

    ## Why it matters
    Refresh tokens live long. They are changed at each use so that a stolen one is noticed: the thief's or the
    owner's use is then the second, and ends both. A server that accepts the second use notices nothing.

    ## How it is proved
    The first use gives a new refresh token: the API means to change them. The second use, later than any allowance for
    a repeated request, gives a session that is shown the account; and once more. A garbled token does not.

    ## When it is wrong
    When the API allows the same token again for longer than 11 seconds on purpose, for clients that lose answers.

    ## Remedy
    Mark a refresh token as used; when it comes again, refuse it and end every session that descends from it.

    ## References
    - https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
    - https://cwe.mitre.org/data/definitions/294.html
    """
    ways = of_class(probe, "refresh")
    if not ways:
        return conclude("no_such_function", "no endpoint that takes a refresh token is known")
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    session = await _session(probe, own)
    if isinstance(session, Verdict):
        return session
    token = session.refresh
    first = await _refresh(probe, own, session, token, purpose="control: first use") if token is not None else None
    if token is None or first is None:
        return conclude("no_such_function", "the log-in gives no refresh token")
    if not first.accepted:
        return conclude("baseline_broken", f"the refresh token gave no session: {told(first.exchange)}")
    if first.refresh is None or first.refresh.reveal() == token.reveal():
        return conclude("no_such_function", "refresh tokens stay the same at each use: no second use is noticed")
    garbled = await _refresh(probe, own, session, Secret(token.reveal().swapcase()[::-1]), purpose="control: garbled")
    if garbled is not None and garbled.accepted:
        return conclude("not_protected", "a garbled refresh token gives a session as well")
    attacks = await _again(probe, own, session, token)
    if isinstance(attacks, Verdict):
        return attacks
    return proved(
        summary="Whoever gets an old refresh token of an account makes sessions of it, and nobody notices.",
        proof=(
            f"{own.name} used its refresh token and got another one: they are changed at each use",
            "a garbled refresh token is refused",
            f"after 11 s the old one was accepted twice, and what it gave was shown {own.name} at {own.endpoint.name}",
        ),
        attacks=tuple(e.number for e in attacks),
        also=tuple(way.name for way in ways if went_to(attacks[0], way)),
        cvss=CVSS,
    )


async def _session(probe: Probe, own: Own) -> LogIn | Verdict:
    """A further session of the account that its probe accepts."""
    session = await probe.try_log_in(own.name)
    if not session.accepted:
        return conclude("baseline_broken", f"{own.name} could not log in once more: {told(session.exchange)}")
    if not is_shown(own, await ask(probe, own, session.credentials, purpose="baseline: this session")):
        return conclude("baseline_broken", f"{own.endpoint.name} does not name {own.name} with a further session")
    return session


async def _log_out(
    probe: Probe, own: Own, session: LogIn, ways: Sequence[Endpoint]
) -> tuple[Exchange | None, Endpoint]:
    """A log-out that was accepted, else the last try, and where."""
    ended: Exchange | None = None
    endpoint = ways[0]
    for endpoint in ways[:2]:
        filled = await form(probe, endpoint, own, held=session.credentials)
        if filled is None or (filled.token and session.refresh is None):
            continue
        token = session.refresh.reveal() if session.refresh is not None else ""
        call = filled.with_values(filled.token, token).call
        ended = await probe.send(
            call, as_=own.name, purpose="log-out", endpoint=endpoint, credentials=session.credentials
        )
        if accepted(ended):
            break
    return ended, endpoint


async def _after(probe: Probe, own: Own, session: LogIn) -> tuple[tuple[Exchange, ...], Exchange | None]:
    """What an ended session still opens: the answers that show its account, else the use of its refresh token."""
    alive = await _outlives(probe, own, session)
    return alive, None if alive else await _renews(probe, own, session)


async def _outlives(probe: Probe, own: Own, session: LogIn) -> tuple[Exchange, ...]:
    """The answers that show the account to an ended session, at once and later; empty when one of them does not."""
    seen: list[Exchange] = []
    for pause in (0.0, *_later(probe, session)):
        if pause:
            await probe.wait(pause)
        seen.append(await ask(probe, own, session.credentials, purpose="attack: the ended session"))
        if not is_shown(own, seen[-1]):
            return ()
    return tuple(seen)


def _later(probe: Probe, session: LogIn) -> tuple[float, ...]:
    """The pauses between looks, within the session's own life: what ends by itself was not ended by anybody."""
    if session.lives is None or session.exchange is None:
        return _LATER
    age = datetime.now(UTC).timestamp() - session.exchange.at if session.exchange.at else 0.0
    room = max(session.lives - age, 0.0) * _WITHIN
    if probe.settings.limits.patience == "short":
        room *= 4  # waits are a quarter as long there
    return tuple(pause * min(1.0, room / sum(_LATER)) for pause in _LATER)


def _how(what: str, own: Own, alive: tuple[Exchange, ...]) -> str:
    """In which way an ended session lives on, for people."""
    if alive:
        return f"{what} was shown {own.name} {_times(alive)}"
    return f"{what} is refused, but its refresh token gave a new session"


def _times(looks: tuple[Exchange, ...]) -> str:
    """When an ended session was looked at, for people."""
    later = [f"{max(look.at - looks[0].at, 0.0):.1f}" for look in looks[1:]]
    return f"at once and after {' and '.join(later)} s"


async def _renews(probe: Probe, own: Own, session: LogIn) -> Exchange | None:
    """The use of an ended session's refresh token, where it gives a session that is shown the account."""
    if session.refresh is None:
        return None
    renewed = await probe.try_refresh(
        own.name, session.refresh, held=session.credentials, purpose="attack: its refresh token"
    )
    if renewed is None or not renewed.accepted:
        return None
    shown = await ask(probe, own, renewed.credentials, purpose="read-back")
    return renewed.exchange if is_shown(own, shown) else None


async def _again(probe: Probe, own: Own, session: LogIn, token: Secret) -> list[Exchange] | Verdict:
    """A used refresh token, used at once, and twice more where that is not refused: what gave sessions of the account."""
    at_once = await _refresh(probe, own, session, token, purpose="control: second use at once")
    if at_once is not None and not at_once.accepted and _refused(at_once.exchange):
        return conclude("denied", f"the second use was answered with {told(at_once.exchange)}, and gave no session")
    short = probe.settings.limits.patience == "short"
    await probe.wait(ALLOWANCE * (4 if short else 1))  # which is never shortened
    attacks: list[Exchange] = []
    for again in ("", ", once more"):
        used = await _used(probe, own, session, token, purpose=f"attack: second use{again}")
        if isinstance(used, Verdict):
            if attacks:
                return conclude("unstable", used.why)
            return conclude(
                "denied", f"it is accepted at once, for clients that lost the answer, and no more later: {used.why}"
            )
        attacks.append(used)
    return attacks


async def _used(probe: Probe, own: Own, session: LogIn, token: Secret, *, purpose: str) -> Exchange | Verdict:
    """A used refresh token, used once more: what gave a session that is shown the account."""
    second = await _refresh(probe, own, session, token, purpose=purpose)
    shown = await ask(probe, own, second.credentials, purpose="read-back") if second and second.accepted else None
    if second is None or second.exchange is None or not is_shown(own, shown):
        why = f"the second use was answered with {told(second.exchange if second else None)}, and gave no session"
        return conclude("denied", why)
    return second.exchange


def _refused(exchange: Exchange | None) -> bool:
    """Whether a used token was refused for good: what is only asked to wait may be accepted later."""
    return exchange is not None and exchange.response is not None and exchange.response.meaning in (400, 401, 403, 404)


async def _refresh(probe: Probe, own: Own, session: LogIn, token: Secret, *, purpose: str) -> LogIn | None:
    return await probe.try_refresh(own.name, token, held=session.credentials, purpose=purpose)


async def _change_password(
    probe: Probe, own: Own, held: tuple[Credential, ...], word: str, *, ways: Sequence[Endpoint]
) -> tuple[Exchange | None, Endpoint]:
    """A change of the password that was accepted, else the last try, and where."""
    sent: Exchange | None = None
    endpoint = ways[0]
    for endpoint in ways[:2]:
        filled = await form(probe, endpoint, own, held=held)
        if filled is None or not filled.secret:
            continue
        call = filled.with_values(filled.present, own.password).with_values(filled.secret, word).call
        sent = await probe.send(call, as_=own.name, purpose="change of password", endpoint=endpoint, credentials=held)
        if accepted(sent):
            break
    return sent, endpoint


async def _void(probe: Probe, own: Own, word: str) -> str:
    """Why a change of the password did not happen; empty when it did."""
    works = (await probe.try_log_in(own.name, word, purpose="control: the new password")).accepted
    old = (await probe.try_log_in(own.name, own.password, purpose="control: the old password")).accepted
    if not works:
        return "the new password does not log in"
    return "the old password still logs in" if old else ""


def _left(credentials: tuple[Credential, ...]) -> float | None:
    """Seconds until a signed token ends by itself; None for anything else, and for one that does not end."""
    for credential in credentials:
        known = lifetime(credential.value.reveal())
        if known is not None:
            return max(known[0] - datetime.now(UTC).timestamp(), 0.0)
    return None
