"""Whether a sign-up accepts passwords that are guessed first."""

from __future__ import annotations

from gatewright.checks.account_forms import name_keys
from gatewright.checks.log_in_edits import twin
from gatewright.checks.own_account import went_to
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, Registration, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import as_text

_WORDS = ("123456", "password", "aaaaaaaa")
_ENOUGH = 2
"""Weak passwords that are proved before the rest is left alone."""


@check(
    "password-weak",
    threat="API2:2023",
    title="Weak passwords are accepted",
    severity="medium",
    cwe=(521,),
    attacker=Attacker.AUTH,
    classes=("register",),
    needs=(Need.THROWAWAY,),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=45,
    tags=("password",),
)
async def password_weak(probe: Probe) -> Verdict:
    """Sign up with passwords that everybody tries first.

    ## What it does
    Signs fresh accounts up with 123456, password, aaaaaaaa, the account's own user name, and one character, until two
    of them are proved to be in use. Everything else in the sign-up is good.

    ## Why it matters
    Guessing begins with a short list. Accounts with such a password fall at the first tries, whatever limit there is.

    ## How it is proved
    The sign-up is accepted, the weak password logs in, and another one of the same length does not: it was stored
    as it was sent, not cut or replaced.

    ## When it is wrong
    When the API makes people change the password at once, before they can do anything.

    ## Remedy
    Ask for at least 8 characters, and refuse what stands in a list of common or leaked passwords, repeats one
    character, or is the name of the account.

    ## References
    - https://cwe.mitre.org/data/definitions/521.html
    - https://pages.nist.gov/800-63-4/sp800-63b.html
    """
    first = await probe.register({})
    if not first.name or first.account is None:
        return conclude("needs_configuration", f"no account could be signed up: {first.why}")
    if not went_to(first.exchange, probe.endpoint):
        return conclude("no_such_function", "the accounts of this run are signed up elsewhere")
    _leave(probe, first)
    accepted: list[str] = []
    attacks: list[int] = []
    for what, extra, word in _weak(probe, first):
        made = await probe.register(extra, password=word)
        state = await _in_use(probe, made, word)
        if not state or made.exchange is None:
            continue
        what_else = f"another password than {what}"
        if not probe.control("other", what_else, expected="refused", observed=state, holds=state == "refused"):
            return conclude("control_failed", "another password logs in as well: passwords are cut or not looked at")
        accepted.append(what)
        attacks.append(made.exchange.number)
        if len(accepted) == _ENOUGH:
            break
    if not accepted:
        return conclude(
            "denied", "123456, password, aaaaaaaa, the user name and one character are refused, or do not log in"
        )
    return proved(
        summary=f"{probe.endpoint.name} lets people choose {' or '.join(accepted)} as their password.",
        proof=tuple(
            f"an account was signed up with {what}; it logs in, and another password does not" for what in accepted
        ),
        attacks=tuple(attacks),
        cvss="CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
    )


async def _in_use(probe: Probe, made: Registration, word: str) -> str:
    """What another password of an account that logs in with a weak one gets; empty where the weak one is not in use."""
    if not made.name:
        return ""
    _leave(probe, made)
    right = await probe.try_log_in(made.name, word, purpose="read-back: the weak password") if made.logged_in else None
    if right is None or not right.accepted:
        return ""
    other = await probe.try_log_in(made.name, _unlike(word), purpose="control: another of its length")
    return "accepted" if other.accepted else "refused"


def _weak(probe: Probe, like: Registration) -> list[tuple[str, dict[str, Json], str]]:
    """What it is, what else goes into the sign-up, the password."""
    found: list[tuple[str, dict[str, Json], str]] = [(f'"{word}"', {}, word) for word in _WORDS]
    registered = like.account.registered if like.account is not None else {}
    for key in name_keys(registered)[:1]:
        name = twin(as_text(registered[key]), probe.random)
        found.append(("the user name", {key: name}, name))
    return [*found, ("one character", {}, "a")]


def _unlike(word: str) -> str:
    """Another password of the same length."""
    return word[:-1] + ("b" if word[-1] != "b" else "c")


def _leave(probe: Probe, made: Registration) -> None:
    call = probe.whoami(made.name) if made.logged_in else None
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is not None and endpoint is not None and made.account is not None:
        probe.leave(
            f"the account {made.account.username} ({made.name}), signed up for this test", call, endpoint=endpoint
        )
