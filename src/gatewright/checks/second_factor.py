"""The step after the password: whether it can be left out, and whether its codes can be tried without end.

Works on an account that was signed up for it and then turned its second factor on, where the API offers that; codes come
from `hooks.mail`. Codes of a password reset are judged by the same rule.
"""

from __future__ import annotations

from gatewright.checks.account_forms import form, of_class, takes
from gatewright.checks.codes import HalfWay, codes_of, half_credentials, opens, step_with, worked, wrong_code
from gatewright.checks.login_lockout import limit_sign
from gatewright.checks.own_account import Own, accepted, ask, is_shown, new_password, newcomer, told
from gatewright.explore.words import is_version
from gatewright.model.account import Credential
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import read

WRONG = 20
"""Wrong codes in a row; a limit above that many is taken for none."""
_EMPTY: tuple[tuple[str, Json], ...] = (("null", None), ("an empty list", []), ("an empty text", ""))
_CVSS = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"


@check(
    "mfa-skipped",
    threat="API2:2023",
    title="The second factor can be left out",
    severity="high",
    cwe=(308, 287),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.THROWAWAY),
    phase=Phase.LIFE_CYCLE,
    effect=Effect.THROWAWAY,
    requests=40,
    tags=("mfa",),
)
async def mfa_skipped(probe: Probe) -> Verdict:
    """Use what a log-in gives before the second factor has come.

    ## What it does
    Signs an account up, turns its second factor on, and logs in with the password alone. What the answer gives is sent in
    the place of the session; then the second step is sent without a code, with null, an empty list and an empty text.

    ## Why it matters
    A second factor that can be left out protects nobody whose password is known.

    ## How it is proved
    With the second factor on, the log-in gives no session, and a wrong code is refused. What it gives is shown the account
    at its own probe all the same, twice, and is let in at a second endpoint that refuses nobody's and a garbled credential;
    or the second step gives a session without a code.

    ## When it is wrong
    When the API means a trusted device, which it recognised.

    ## Remedy
    Give out a token before the second step that is good for that step alone, and check so at every endpoint.

    ## References
    - https://cwe.mitre.org/data/definitions/308.html
    """
    if not of_class(probe, "otp"):
        return conclude("no_such_function", "no endpoint of a second factor is known")
    half = await _half_way(probe)
    if isinstance(half, Verdict):
        return half
    own = half.own
    for candidate in half_credentials(half, await probe.credentials(own.name)):
        seen = [await ask(probe, own, candidate, purpose="attack: before the second factor") for _ in range(2)]
        if all(is_shown(own, answer) for answer in seen):
            elsewhere = await _elsewhere(probe, own, candidate)
            if elsewhere:
                return _skipped(own, seen, f"it is also let in at {elsewhere}, where nobody is")
    for endpoint in _steps(probe):
        for what, value in (("no code", ...), *_EMPTY):
            call = step_with(probe, endpoint, half, value)
            if call is None:
                continue
            sent = await probe.send(call, as_=own.name, purpose=f"attack: {what}", endpoint=endpoint, credentials=())
            shown = await opens(probe, half, sent) if accepted(sent) else None
            if shown is not None:
                return _skipped(own, [sent, shown], f"the second step was sent with {what}, and gave a session")
    return conclude(
        "denied", "what the log-in gives before the second factor opens nothing, and the second step wants its code"
    )


def _skipped(own: Own, seen: list[Exchange], how: str) -> Verdict:
    return proved(
        summary=f"Who knows the password of an account needs no second factor at {own.endpoint.name}.",
        proof=(
            f"{own.name} turned its second factor on: its password alone gives no session, and a wrong code is refused",
            f"what it gives is shown {own.name} at {own.endpoint.name} all the same",
            how,
        ),
        attacks=tuple(exchange.number for exchange in seen),
        severity="high",
        cvss=_CVSS,
    )


@check(
    "otp-no-lockout",
    threat="API2:2023",
    title="Codes can be tried without limit",
    severity="medium",
    cwe=(307,),
    attacker=Attacker.AUTH,
    classes=("otp", "reset"),
    needs=(Need.THROWAWAY,),
    phase=Phase.BURSTS,
    effect=Effect.THROWAWAY,
    requests=60,
    tags=("mfa", "burst"),
)
async def otp_no_lockout(probe: Probe) -> Verdict:
    """Try wrong codes, then the right one.

    ## What it does
    On an account made for it: has one code mailed (for a log-in with a second factor, or to reset the password), sends 20
    wrong codes at full speed, and then the right one, read by `hooks.mail`. Without that hook it can only compare: where the
    API has the same endpoint in another version, wrong codes are sent to that one first and then to this one.

    ## Why it matters
    A code of six digits is guessed in a million tries: in minutes, where nothing counts them.

    ## How it is proved
    No answer to a wrong code tells of a limit, and the right code still works after 20 wrong ones: the log-in is finished, or
    the new password logs in. Without the right code: the other version refuses wrong codes in the same form and shows a
    limit within 20 of them, and this one, asked afterwards, shows none.

    ## When it is wrong
    When a limit begins above 20 tries of one code. When this version ends a code silently where the other says so.

    ## Remedy
    End a code after five wrong tries, and count codes that are asked for per account as well.

    ## References
    - https://cwe.mitre.org/data/definitions/307.html
    """
    if not codes_of(probe, probe.endpoint):
        return conclude("no_such_function", "it takes no code")
    if "mail" not in probe.settings.hooks:
        return await _beside_sibling(probe)
    reset = bool(takes(probe, probe.endpoint).secret)
    half = await (_reset_begun(probe) if reset else _half_way(probe))
    if isinstance(half, Verdict):
        return half
    own, word = half.own, new_password(probe)
    right = await probe.mail(own.name)
    if right is None:
        return conclude("not_visible", "no code came by mail")
    answers: list[Exchange] = []
    while len(answers) < WRONG:
        sent = await _try(probe, half, wrong_code(right, probe), word, purpose=f"attack: wrong code {len(answers) + 1}")
        if sent is None or accepted(sent):
            return conclude("baseline_broken", "what it wants is not known, or a wrong code was accepted")
        answers.append(sent)
        sign = limit_sign(answers, {right})
        if sign:
            return conclude("protected", f"a limit shows after {len(answers)} wrong codes: {sign}")
    last = await _try(probe, half, right, word, purpose="attack: the right code")
    if last is None or not accepted(last) or not await worked(probe, half, last, word, reset=reset):
        return conclude("protected", f"after {WRONG} wrong codes the right one is refused ({told(last)})")
    effect = "the new password logs in" if reset else f"what it gave is shown {own.name} at {own.endpoint.name}"
    return proved(
        summary=f"Codes can be tried on at {probe.endpoint.name}: {WRONG} wrong ones changed nothing.",
        proof=(
            f"{WRONG} wrong codes for one account were each answered alike ({told(answers[0])})",
            f"the right code was accepted after them: {effect}",
        ),
        attacks=(answers[-1].number,),
        cvss=_CVSS,
    )


async def _beside_sibling(probe: Probe) -> Verdict:
    """The verdict without a right code: another version of the endpoint shows a limit, and this one does not."""
    none = conclude("not_visible", "only the right code shows a limit, and none can be read: configure `hooks.mail`")
    other = _sibling(probe)
    if other is None:
        return none
    limited = await _wrong_codes(probe, other)
    if isinstance(limited, Verdict) or not limited[1]:
        return none
    free = await _wrong_codes(probe, probe.endpoint)
    if isinstance(free, Verdict):
        return free
    (first, *_), sign = limited
    answers, shown = free
    if shown:
        return conclude("protected", f"a limit shows after {len(answers)} wrong codes: {shown}")
    one, this = read(first.response), read(answers[0].response)
    alike = (one.status, one.paths()) == (this.status, this.paths())
    if not probe.control(
        "sibling",
        "a wrong code in both versions",
        expected="refused in the same form",
        observed=f"{told(first)} and {told(answers[0])}{'' if alike else ', of another form'}",
        holds=alike,
    ):
        return none
    return proved(
        summary=f"Codes can be tried on at {probe.endpoint.name}, which {other.name} limits.",
        proof=(
            f"{other.name} shows a limit within {len(limited[0])} wrong codes: {sign}",
            f"{WRONG} wrong codes at {probe.endpoint.name} afterwards were each answered alike ({told(answers[0])})",
            "both refuse a wrong code in the same form",
        ),
        attacks=(answers[-1].number,),
        cvss=_CVSS,
    )


def _sibling(probe: Probe) -> Endpoint | None:
    """The endpoint of the same path in another version, which takes a code as well."""

    def bare(endpoint: Endpoint) -> tuple[str, ...]:
        return tuple(part for part in (endpoint.base + endpoint.path).split("/") if part and not is_version(part))

    for endpoint in (*of_class(probe, "otp"), *of_class(probe, "reset")):
        if endpoint.id != probe.endpoint.id and bare(endpoint) == bare(probe.endpoint) and codes_of(probe, endpoint):
            return endpoint
    return None


async def _wrong_codes(probe: Probe, endpoint: Endpoint) -> tuple[list[Exchange], str] | Verdict:
    """Wrong codes for an account of its own until a limit shows: the answers, and what told of it (empty: nothing)."""
    half = await (_reset_begun(probe) if takes(probe, endpoint).secret else _half_way(probe))
    if isinstance(half, Verdict):
        return half
    answers: list[Exchange] = []
    word = new_password(probe)
    while len(answers) < WRONG:
        call = step_with(probe, endpoint, half, wrong_code("100000", probe), word)
        if call is None:
            return conclude("not_visible", "what else the step requires is not known")
        purpose = f"attack: wrong code {len(answers) + 1}"
        sent = await probe.send(call, as_=half.own.name, purpose=purpose, endpoint=endpoint, credentials=(), burst=True)
        if accepted(sent) or sent.response is None:
            return conclude("not_visible", f"a wrong code was answered with {told(sent)}")
        answers.append(sent)
        sign = limit_sign(answers, set())
        if sign:
            return answers, sign
    return answers, ""


async def _half_way(probe: Probe) -> HalfWay | Verdict:
    """An account whose second factor is on, and its log-in with the password alone."""
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    held = await probe.credentials(own.name)
    for endpoint in of_class(probe, "otp"):
        if codes_of(probe, endpoint) or endpoint.method not in ("POST", "PUT", "PATCH"):
            continue
        filled = await form(probe, endpoint, own, held=held)
        if filled is None:
            continue
        call = filled.with_values((*filled.present, *filled.secret), own.password).call
        sent = await probe.send(call, as_=own.name, purpose="second factor on", endpoint=endpoint, credentials=held)
        if not accepted(sent):
            continue
        begun = await probe.try_log_in(own.name, purpose="the password alone")
        if begun.exchange is not None and accepted(begun.exchange) and not begun.accepted:
            return HalfWay(own, begun.exchange)
    return conclude(
        "no_such_function", "no account of ours could turn a second factor on, so that its log-in waits for a code"
    )


async def _reset_begun(probe: Probe) -> HalfWay | Verdict:
    """An account that has asked for a code which resets its password."""
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    for endpoint in (*of_class(probe, "reset"), *of_class(probe, "otp")):
        named = takes(probe, endpoint)
        if codes_of(probe, endpoint) or named.secret or not (named.email or named.name):
            continue
        filled = await form(probe, endpoint, own, held=())
        if filled is None:
            continue
        sent = await probe.send(
            filled.call, as_=own.name, purpose="a code is asked for", endpoint=endpoint, credentials=()
        )
        if accepted(sent):
            return HalfWay(own, sent)
    return conclude("no_such_function", "no endpoint that mails such a code is known")


def _steps(probe: Probe) -> list[Endpoint]:
    """Endpoints that finish a log-in by a code."""
    found = [endpoint for endpoint in of_class(probe, "otp") if codes_of(probe, endpoint)]
    return [endpoint for endpoint in found if not takes(probe, endpoint).secret][:2]


async def _try(probe: Probe, half: HalfWay, code: str, word: str, *, purpose: str) -> Exchange | None:
    call = step_with(probe, probe.endpoint, half, code, word)
    if call is None:
        return None
    return await probe.send(call, as_=half.own.name, purpose=purpose, credentials=(), burst=True)


async def _elsewhere(probe: Probe, own: Own, candidate: tuple[Credential, ...]) -> str:
    """Another endpoint that lets the half-way credential in and nobody else; empty when there is none among five."""
    tried = 0
    for sample in probe.knowledge.samples:
        endpoint = probe.knowledge.endpoints.get(sample.endpoint)
        if endpoint is None or endpoint.method != "GET" or "{" in endpoint.path or endpoint.id == own.endpoint.id:
            continue
        if not endpoint.secured or endpoint.id in probe.auth_endpoints or tried == 5:
            continue
        tried += 1
        call = sample.call
        inside = await probe.send(
            call, as_=own.name, purpose="attack: elsewhere", endpoint=endpoint, credentials=candidate
        )
        nobody = await probe.send(call, as_="anon", purpose="control: nobody", endpoint=endpoint, credentials=())
        if accepted(inside) and not accepted(nobody):
            return endpoint.name
    return ""
