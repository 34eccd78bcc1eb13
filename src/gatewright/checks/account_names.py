"""What hangs on a name that was thought to be one account's: a second sign-up under it, a token that was bound to it."""

from __future__ import annotations

import re

from gatewright.access.words import words
from gatewright.checks.account_forms import Form, form, name_keys, of_class, takes
from gatewright.checks.log_in_edits import twin
from gatewright.checks.own_account import Own, accepted, ask, is_shown, newcomer, recognised, strong, told, went_to
from gatewright.model.account import Credential
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.test import Attacker, Effect, LogIn, Need, Phase, Probe, Registration, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import as_text

_CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
_SELF = frozenset({"me", "self", "account", "profile", "user", "my", "current"})
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code).isalnum()}
"""Letters and digits → their full-width forms, which many systems take for the same."""


@check(
    "account-duplicate",
    threat="API2:2023",
    title="A name that is taken can be signed up again",
    severity="critical",
    cwe=(289, 287),
    attacker=Attacker.AUTH,
    classes=("register",),
    needs=(Need.THROWAWAY,),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=70,
    tags=("account",),
)
async def account_duplicate(probe: Probe) -> Verdict:
    """Sign up again under the name or e-mail address of an account that exists.

    ## What it does
    Signs an account up, then others with its user name and with its e-mail address: the same, in other letters, with a
    blank after it, in full width; each with another password. Then both log in.

    ## Why it matters
    A system that looks names up more loosely than it compares them at sign-up gives a second person the first one's
    account, or shuts the first one out.

    ## How it is proved
    The second sign-up is accepted, and then its log-in is shown what only the first account has (its id, not the name
    that both were given), twice; or the first account's password, which worked before, does not work any more, twice,
    while the second one's does.

    ## When it is wrong
    When the first account was locked by something else in the same seconds.

    ## Remedy
    Bring names to one form (Unicode NFKC, case, blanks) before they are stored, and make that form unique in the database.

    ## References
    - https://cwe.mitre.org/data/definitions/289.html
    - https://www.rfc-editor.org/rfc/rfc8265
    """
    victim = await newcomer(probe)
    if isinstance(victim, Verdict):
        return victim
    registered = victim.account.registered if victim.account is not None else {}
    if not went_to(victim.sign_up, probe.endpoint):
        return conclude("no_such_function", "the accounts of this run are signed up elsewhere")
    keys = name_keys(registered)
    if not keys:
        return conclude("no_reference", "the sign-up takes neither a user name nor an e-mail address")
    if not (await probe.try_log_in(victim.name, purpose="control: before")).accepted:
        return conclude("baseline_broken", f"{victim.name} could not log in before there was a second account")
    separate: list[str] = []
    for key in keys[:2]:
        value = as_text(registered[key])
        for what, other in _spellings(value):
            made = await probe.register({key: other})
            if not made.name:
                continue
            _leave(probe, made)
            found = await _takes_over(probe, victim, made, f"its {key} {what}")
            if found is not None:
                return found
            separate.append(f"{key} {what}")
    if separate:
        return conclude("no_effect", f"accepted with {' and '.join(separate[:3])}, as an account of its own")
    return conclude("denied", f"a second sign-up with the same {' or '.join(keys[:2])}, in four spellings, is refused")


def _spellings(value: str) -> list[tuple[str, str]]:
    local, at, domain = value.partition("@")
    other = local.upper() if local != local.upper() else local.lower()
    return [
        ("as it is", value),
        ("in other letters", other + at + domain),
        ("with a blank after it", f"{value} "),
        ("in full width", local.translate(_WIDE) + at + domain),
    ]


async def _takes_over(probe: Probe, victim: Own, made: Registration, how: str) -> Verdict | None:
    """Whether the second account is the first one, or has put it out."""
    first = strong(victim, made.account)
    seen: list[Exchange] = []
    for _ in range(2):
        session = await probe.try_log_in(made.name, purpose="attack: the second account logs in")
        answer = (
            await ask(probe, first, session.credentials, purpose="attack: whose account it is shown")
            if session.accepted
            else None
        )
        if answer is None or not is_shown(first, answer):
            break
        seen.append(answer)
    if len(seen) == 2:
        return proved(
            title="Signing up under a name that is taken opens its account",
            summary=f"Whoever signs up at {probe.endpoint.name} with {how} is then logged in to the account that had it.",
            proof=(
                f"{victim.name} was signed up, and is shown what names it at {victim.endpoint.name}",
                f"a second sign-up with {how} and another password was accepted",
                f"its log-in is shown {', '.join(sorted(v for _, v in first.witness)[:2])}, which is {victim.name}'s, twice",
            ),
            attacks=(seen[0].number, seen[1].number),
            severity="critical",
            cvss=_CVSS,
            victim=victim.name,
        )
    shut = [await probe.try_log_in(victim.name, purpose="read-back: the first account's password") for _ in range(2)]
    works = (await probe.try_log_in(made.name, purpose="control: the second one's password")).accepted
    unwell = [s for s in shut if s.exchange is None or s.exchange.response is None or s.exchange.response.status >= 500]
    if any(session.accepted for session in shut) or unwell or not works or made.exchange is None:
        return None
    return proved(
        title="Signing up under a name that is taken shuts its owner out",
        summary=f"Whoever signs up at {probe.endpoint.name} with {how} puts the account that had it out of use.",
        proof=(
            f"{victim.name} logged in with its password before",
            f"a second sign-up with {how} and another password was accepted",
            f"since then {victim.name}'s password is refused ({told(shut[-1].exchange)}), twice; the second one's works",
        ),
        attacks=(made.exchange.number,),
        severity="critical",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N",
        victim=victim.name,
    )


@check(
    "token-subject-reuse",
    threat="API2:2023",
    title="An old token opens the account of whoever has its name now",
    severity="high",
    cwe=(289, 613),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=40,
    tags=("account", "session"),
)
async def token_subject_reuse(probe: Probe) -> Verdict:
    """Keep the token of an account that gave up its name, and let another account take that name.

    ## What it does
    Signs an account up and logs it in. It gives its user name or e-mail address up, by a change of it, else by removing
    itself. Another account is signed up under the free name; then the first one's old token is used.

    ## Why it matters
    Names are given up and taken again. A token that holds a name instead of an id then speaks for somebody else, who never
    logged in with it.

    ## How it is proved
    With the old token the first account's own probe shows what only the new account has (not the name that both had), twice;
    a garbled token is not shown it.

    ## When it is wrong
    When an API keeps tokens by name on purpose and never gives a name out twice; then the second sign-up is refused, and
    nothing is reported.

    ## Remedy
    Put an id into tokens that is never given out again, and end the tokens of an account that is removed or renamed.

    ## References
    - https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability
    """
    first = await newcomer(probe)
    if isinstance(first, Verdict):
        return first
    session = await probe.try_log_in(first.name)
    registered = first.account.registered if first.account is not None else {}
    if not session.accepted or not is_shown(first, await ask(probe, first, session.credentials, purpose="baseline")):
        return conclude("baseline_broken", f"{first.name} could not log in once more: {told(session.exchange)}")
    given_up = await _give_up(probe, first, session.credentials)
    if given_up is None:
        return conclude("no_such_function", "nothing is known by which an account changes its name or removes itself")
    key, how = given_up
    made = await probe.register({key: registered[key]})
    if not made.name:
        return conclude("denied", f"after {how} nobody else can take the name: {made.why}")
    _leave(probe, made)
    if not made.logged_in:
        return conclude("not_visible", f"the account that took the name cannot log in: {made.why}")
    successor = await recognised(probe, made.name, account=made.account)
    if isinstance(successor, Verdict):
        return successor
    return await _old_token(probe, session, first, strong(successor, first.account), key, how)


async def _old_token(probe: Probe, session: LogIn, first: Own, only: Own, key: str, how: str) -> Verdict:
    """What the old token is shown, now that `only` has the name."""
    seen = [await ask(probe, only, session.credentials, purpose="attack: the old token") for _ in range(2)]
    if not only.witness:
        return conclude("no_witness", "nothing that it is shown tells the new account from the old one")
    if not all(is_shown(only, answer) for answer in seen):
        return conclude(
            "denied", f"after {how} the old token is answered with {told(seen[-1])}, without the new account"
        )
    return proved(
        summary=f"An old token of an account opens the account of whoever has its name now, at {only.endpoint.name}.",
        proof=(
            f"{first.name} logged in and kept the token; then it gave its {key} up ({how})",
            f"{only.name} was signed up under that {key}",
            f"the old token is shown {', '.join(sorted(v for _, v in only.witness)[:2])}, which is {only.name}'s, twice",
            "a garbled token is not shown it",
        ),
        attacks=tuple(answer.number for answer in seen),
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=only.name,
    )


async def _give_up(probe: Probe, own: Own, held: tuple[Credential, ...]) -> tuple[str, str] | None:
    """The key of the name that the account has given up, and how; None when it could not."""
    registered = own.account.registered if own.account is not None else {}
    for key in name_keys(registered)[:2]:
        mail = "@" in as_text(registered[key])
        for endpoint in _renaming(probe, mail=mail)[:3]:
            places = takes(probe, endpoint).email if mail else takes(probe, endpoint).name
            filled = await form(probe, endpoint, own, held=held, keep=frozenset(places))
            if filled is None:
                continue
            ready = filled.with_values(filled.present, own.password)
            name = twin(as_text(registered[key]), probe.random)
            ready = ready.with_values(places, name)
            if accepted(await _send(probe, own, ready, held, "the name is changed")):
                probe.leave(f"the account {name} ({own.name}), renamed by this test", own.call, endpoint=own.endpoint)
                return key, f"a change at {endpoint.name}"
    for endpoint in _removing(probe)[:2]:
        filled = await form(probe, endpoint, own, held=held)
        if filled is None:
            continue
        ready = filled.with_values((*filled.present, *filled.secret), own.password)
        keys = name_keys(registered)
        if keys and accepted(await _send(probe, own, ready, held, "the account is removed")):
            return keys[0], f"its removal at {endpoint.name}"
    return None


async def _send(probe: Probe, own: Own, ready: Form, held: tuple[Credential, ...], purpose: str) -> Exchange:
    return await probe.send(ready.call, as_=own.name, purpose=purpose, endpoint=ready.endpoint, credentials=held)


def _renaming(probe: Probe, *, mail: bool) -> list[Endpoint]:
    """Endpoints by which an account may change its name: of the credentials first, then of its own profile."""
    ordinary = [e for e in probe.knowledge.endpoints.values() if e.id not in probe.auth_endpoints]
    changing = [e for e in ordinary if e.method in ("PUT", "PATCH") and _SELF & set(words(e.path))]
    found = [*of_class(probe, "change_password"), *changing]
    return [e for e in found if (takes(probe, e).email if mail else takes(probe, e).name)]


def _removing(probe: Probe) -> list[Endpoint]:
    """Endpoints by which an account removes itself, or is removed by its name."""
    found = []
    for endpoint in probe.knowledge.endpoints.values():
        last = endpoint.path.rstrip("/").rpartition("/")[2]
        alone = "{" not in endpoint.path and _SELF & set(words(last))
        named = last.startswith("{") and any(
            o.origin == "identity" and o.reference(endpoint.id, Place("path", last.strip("{}")))
            for o in probe.knowledge.named_by(endpoint.id)
        )
        if endpoint.method == "DELETE" and (alone or named) and not re.search(r"session|token", endpoint.path):
            found.append(endpoint)
    return sorted(found, key=lambda e: "{" in e.path)


def _leave(probe: Probe, made: Registration) -> None:
    call = probe.whoami(made.name) if made.logged_in else None
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is not None and endpoint is not None and made.account is not None:
        probe.leave(
            f"the account {made.account.username} ({made.name}), signed up for this test", call, endpoint=endpoint
        )
