"""The id of a session: whether it is chosen by somebody else before the log-in, and whether it can be computed."""

from __future__ import annotations

from msgspec.structs import replace

from gatewright.access.tokens import claims, garbage, is_csrf, set_cookies
from gatewright.checks.log_in_edits import Edit
from gatewright.checks.own_account import Own, ask, is_shown, newcomer, strong
from gatewright.model.account import Credential
from gatewright.model.http import Exchange, Request
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.leaves import as_text
from gatewright.proof.session_guess import Guess, Seen, explain

_CVSS_FIXED = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
_CVSS_GUESSED = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
_MOST_GUESSES = 32
_CROWDED = 3
"""Tries at two log-ins that have few others between them."""


@check(
    "session-fixed",
    threat="API2:2023",
    title="A session id from before the log-in is logged in by it",
    severity="medium",
    cwe=(384,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=28,
    tags=("session", "cookie"),
)
async def session_fixed(probe: Probe) -> Verdict:
    """Log in with a session cookie that was there before, and use that cookie alone.

    ## What it does
    Signs an account up. It logs in with the session cookie that a visitor is given, or else with one of our own making;
    then it sends the account's probe with that old cookie and nothing else.

    ## Why it matters
    Who can put a cookie into somebody's browser (by a link, another subdomain, a shared machine) is logged in together
    with them.

    ## How it is proved
    The old cookie alone is shown the account, twice, each time with another cookie; before the log-in it was not, and a
    cookie of the same shape that no log-in saw is not. A value of our own making is worse (high) than one that
    the API gave out (medium).

    ## When it is wrong
    When the API gives every client one cookie for life and binds it to something else that we also sent. No case is known.

    ## Remedy
    Make a new session id at every log-in, and refuse ids that the server did not make.

    ## References
    - https://cwe.mitre.org/data/definitions/384.html
    """
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    held = await probe.credentials(own.name)
    cookies = [c for c in held if c.within == "cookie" and not is_csrf(c.name)]
    if not cookies:
        return conclude("not_cookie_auth", f"{own.name}'s session is no cookie: nobody's browser can be given one")
    main = max(cookies, key=lambda c: len(c.value.reveal()))
    given = await ask(probe, own, (), purpose="a visitor")
    theirs = set_cookies(given.response).get(main.name, ("", None))[0] if given.response is not None else ""
    stray = replace(main, value=Secret(garbage(main.value.reveal(), probe.random)))
    if is_shown(own, await ask(probe, own, (stray,), purpose="control: a cookie that no log-in saw")):
        return conclude("not_protected", f"{own.endpoint.name} names {own.name} with any cookie at all")
    for planted, what in ((theirs, "that a visitor is given"), ("", "of our own making")):
        if planted == "" and what.startswith("that"):
            continue
        found = await _fixed(probe, own, main, planted, what)
        if found is not None:
            return found
    return conclude("denied", "a session cookie from before the log-in is not logged in by it")


async def _fixed(probe: Probe, own: Own, main: Credential, planted: str, what: str) -> Verdict | None:
    """Twice: a log-in with a planted cookie, then that cookie alone. A given one is fetched anew for the second time."""
    seen: list[Exchange] = []
    for again in ("", ", again"):
        if planted and again:
            visitor = await ask(probe, own, (), purpose="another visitor")
            planted = set_cookies(visitor.response).get(main.name, ("", None))[0] if visitor.response else ""
        value = planted or garbage(main.value.reveal(), probe.random)
        old = replace(main, value=Secret(value))
        if is_shown(own, await ask(probe, own, (old,), purpose="control: the cookie before the log-in")):
            return None
        tried = await probe.try_log_in(
            own.name, purpose=f"log-in with a cookie {what}{again}", edit=_with_cookie(main.name, value)
        )
        if tried.exchange is None or tried.exchange.response is None or tried.exchange.response.status >= 400:
            return None
        answer = await ask(probe, own, (old,), purpose=f"attack: the old cookie alone{again}")
        if not is_shown(own, answer):
            return None
        seen.append(answer)
    severity: Severity = "medium" if what.startswith("that") else "high"
    return proved(
        summary=f"A session cookie {what} is logged in by whoever logs in with it: its maker is then logged in too.",
        proof=(
            f"{own.name} logged in with a cookie `{main.name}` {what}",
            f"that cookie alone is then shown {own.name} at {own.endpoint.name}; it was not before, and another one is not",
            "the same with a second cookie",
        ),
        attacks=tuple(exchange.number for exchange in seen),
        severity=severity,
        cvss=_CVSS_FIXED,
    )


def _with_cookie(name: str, value: str) -> Edit:
    def edit(request: Request) -> Request:
        kept = [pair.strip() for pair in (request.header("cookie") or "").split(";") if pair.strip()]
        others = [pair for pair in kept if pair.partition("=")[0] != name]
        return request.with_headers(("Cookie", "; ".join([*others, f"{name}={value}"])))

    return edit


@check(
    "session-predictable",
    threat="API2:2023",
    title="Session ids can be computed",
    severity="high",
    cwe=(330, 340),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=100,
    tags=("session",),
)
async def session_predictable(probe: Probe) -> Verdict:
    """Look for a counter, the clock or the account's name in session ids, and compute another account's.

    ## What it does
    Logs an account made for it in three times and looks, in the ids and under Base64 and hexadecimal, for a number that goes
    up, for the account's name and for the time of the log-in, plain or hashed. Only where one of these explains all
    three, a second account logs in, and at most 32 values are computed and tried.

    ## Why it matters
    Who can compute session ids needs no password: everybody's session is open, one after another.

    ## How it is proved
    A computed value (never one that was seen) is shown the second account at the account's own probe, for two log-ins of it;
    a garbled value is not.

    ## When it is wrong
    No case is known: a value that opens an account was computed from what anybody can know.

    ## Remedy
    Take session ids from the operating system's source of randomness, 128 bits or more, and keep nothing in them.

    ## References
    - https://cwe.mitre.org/data/definitions/340.html
    - https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
    """
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    held = [c for c in await probe.credentials(own.name) if not is_csrf(c.name)]
    main = max(held, key=lambda c: len(c.value.reveal()), default=None)
    if main is None or claims(main.value.reveal()):
        return conclude("no_such_function", "sessions are signed tokens: what is in them opens nothing without the key")
    names = await _names(probe, own)
    sample: list[Seen] = []
    for _ in range(3):
        seen = await _session(probe, own, main, names)
        if seen is None:
            return conclude("baseline_broken", f"{own.name} could not log in three times more")
        sample.append(seen)
    guesses = explain(sample)
    if not guesses:
        return conclude("denied", "three ids in a row hold no counter, and neither the clock nor the account's name")
    other = await newcomer(probe)
    if isinstance(other, Verdict):
        return other
    other = strong(other, own.account)
    theirs = await _names(probe, other)
    most = _MOST_GUESSES // min(len(guesses), 2)
    for guess in guesses[:2]:
        hits: list[Exchange] = []
        while len(hits) < 2:
            hit = await _computed(probe, own, other, main, guess, (names, theirs), most=most)
            if hit is None:
                break
            hits.append(hit)
        if len(hits) == 2:
            return _finding(guess, own, other, hits)
    what = " or ".join(dict.fromkeys(guess.what for guess in guesses))
    return conclude("denied", f"ids look like {what}, but no value computed so was shown {other.name}")


def _finding(guess: Guess, own: Own, other: Own, hits: list[Exchange]) -> Verdict:
    return proved(
        summary=f"Session ids are {guess.what}: whoever knows that computes the session of another account.",
        proof=(
            f"three ids of {own.name} are explained by {guess.what}",
            f"{other.name} logged in twice, each time elsewhere; its ids were computed, not looked at",
            f"the computed values are shown {other.name} at {other.endpoint.name}; a garbled one is not",
        ),
        attacks=tuple(exchange.number for exchange in hits),
        severity="high",
        cvss=_CVSS_GUESSED,
        victim=other.name,
    )


async def _names(probe: Probe, own: Own) -> tuple[str, ...]:
    """Values that name an account, in an order that is the same for every account."""
    registered = own.account.registered if own.account is not None else {}
    given = [as_text(registered[key]) for key in sorted(registered) if isinstance(registered[key], str)]
    shown = [value for _, value in sorted(own.witness) if value not in given]
    return (own.account.username if own.account else own.name, *given, *shown)[:10]


async def _session(probe: Probe, own: Own, main: Credential, names: tuple[str, ...]) -> Seen | None:
    """The id that one more log-in gives."""
    session = await probe.try_log_in(own.name)
    found = next((c for c in session.credentials if (c.within, c.name) == (main.within, main.name)), None)
    if found is None or session.exchange is None:
        return None
    return Seen(found.value.reveal(), names, session.exchange.at)


async def _computed(
    probe: Probe,
    own: Own,
    other: Own,
    main: Credential,
    guess: Guess,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    most: int,
) -> Exchange | None:
    """The answer that shows the other account to a computed id; its own id was not looked at.

    Other log-ins of a busy moment move a counter: where more than `most` values are possible, all log in once more.
    """
    values: list[str] = []
    for _ in range(_CROWDED):
        before = await _session(probe, own, main, names[0])
        theirs = await probe.try_log_in(other.name, purpose="log-in of the account whose id is computed")
        after = await _session(probe, own, main, names[0])
        if before is None or after is None or theirs.exchange is None:
            return None
        values = guess.values(before, after, names[1], theirs.exchange.at)
        if not guess.between or len(values) <= most:
            break
    for value in values[:most]:
        answer = await ask(probe, other, (replace(main, value=Secret(value)),), purpose="attack: a computed id")
        if is_shown(other, answer):
            return answer
    return None
