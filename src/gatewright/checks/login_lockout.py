"""Whether passwords can be tried without end at the log-in, and whether a limit there can be walked around."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Mapping
from statistics import median

from msgspec import Struct

from gatewright.access.tokens import garbage
from gatewright.checks.log_in_edits import ADDRESSES, Edit, from_address, with_values
from gatewright.checks.own_account import told, went_to
from gatewright.checks.together import Together, in_one_request
from gatewright.model.account import Account
from gatewright.model.http import Exchange
from gatewright.model.test import Attacker, Effect, LogIn, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.compare import substitute
from gatewright.proof.leaves import read

MOST = 30
"""Wrong passwords in a row. A limit above that many is taken for none."""
_TURNS = 3
"""Times that a bypass must work while the plain request does not."""
_FEW = 100
"""A counter above that is a quota of requests, not a limit of tries."""
_SLOWER = 3.0
"""How many times slower the last answers are than the first where a server delays; and by seconds:"""
_DELAY = 0.1
_CVSS = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"


class Burst(Struct, frozen=True, kw_only=True):
    """What wrong passwords in a row came to."""

    answers: tuple[Exchange, ...]
    sign: str
    """What told of a limit; empty: nothing did."""
    good: LogIn
    """The right password after them."""

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return max(self.answers[-1].at - self.answers[0].at, 0.0)


@check(
    "login-no-lockout",
    threat="API2:2023",
    title="Passwords can be tried without limit",
    severity="medium",
    cwe=(307,),
    attacker=Attacker.AUTH,
    classes=("login",),
    needs=(Need.THROWAWAY,),
    phase=Phase.BURSTS,
    effect=Effect.THROWAWAY,
    requests=190,
    tags=("login", "burst"),
)
async def login_no_lockout(probe: Probe) -> Verdict:
    """Try wrong passwords at full speed, then the right one.

    ## What it does
    On an account made for it: the right password, up to 30 wrong ones in a row, the right one. Where a limit shows, it
    sends the right password with another address in X-Forwarded-For and its likes, with the user name in other
    letters or with a blank after it, and with passwords in a list; a GraphQL log-in is called many times in one request,
    for a new account.

    ## Why it matters
    Passwords are guessed, and those that leaked elsewhere are tried, by the million. Only a limit per account stops that.

    ## How it is proved
    No answer to a wrong password tells of a limit: same form, no Retry-After, no challenge, no falling counter, no
    growing delay; and the right password works right after them. A bypass is proved by alternation: the plain right
    password is refused, the changed request is accepted, three times.

    ## When it is wrong
    When a limit begins above 30 tries, or counts by something that one client does not trip.

    ## Remedy
    Count failed log-ins per account (the name as it is looked up, not as it is spelled) as well as per address; answer
    429 with Retry-After or ask for a second factor after some ten, and believe forwarding headers only from your own proxy.

    ## References
    - https://cwe.mitre.org/data/definitions/307.html
    - https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
    """
    found = await _account(probe)
    if isinstance(found, Verdict):
        return found
    name, account = found
    first = await probe.try_log_in(name, purpose="control: the right password", burst=True)
    if not went_to(first.exchange, probe.endpoint):
        return conclude("no_such_function", "the accounts of this run do not log in here")
    if not first.accepted:
        return conclude(
            "baseline_broken", f"the right password was refused before any wrong one: {told(first.exchange)}"
        )
    burst = await _burst(probe, name, account)
    if burst is None:
        return conclude("baseline_broken", "a wrong password got no answer, or a session")
    count = len(burst.answers)
    if not burst.sign and burst.good.accepted:
        return proved(
            summary=f"{count} wrong passwords in {burst.seconds:.1f} s changed nothing: the next guess is as good as the first.",
            proof=(
                f"{count} wrong passwords for one account were sent in {burst.seconds:.1f} s",
                f"each was answered alike ({told(burst.answers[0])}): no Retry-After, challenge, falling counter or delay",
                "the right password was accepted right after them",
            ),
            attacks=(burst.answers[-1].number,),
            cvss=_CVSS,
        )
    sign = burst.sign or f"the right password is refused after {count} wrong ones ({told(burst.good.exchange)})"
    if burst.good.accepted:
        return conclude("protected", f"a limit shows after {count} wrong passwords: {sign}")
    return await _walk_around(probe, name, account, count, sign)


async def _account(probe: Probe) -> tuple[str, Account] | Verdict:
    """An account that may be locked: one made for this, else the last of the throw-away ones."""
    made = await probe.register({})
    if made.logged_in and made.account is not None:
        call = probe.whoami(made.name)
        endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
        if call is not None and endpoint is not None:
            probe.leave(
                f"the account {made.account.username} ({made.name}), tried wrong passwords on", call, endpoint=endpoint
            )
        return made.name, made.account
    thrown = [(name, a) for name, a in probe.accounts.items() if a.origin == "throw-away"]
    return (
        thrown[0] if thrown else conclude("needs_configuration", "needs an account that may be locked; none was made")
    )


async def _burst(probe: Probe, name: str, account: Account, most: int = MOST) -> Burst | None:
    """Wrong passwords until a limit shows, then the right one; None where a wrong one is not simply refused."""
    secret = account.password.reveal() if account.password else "wrong"
    answers: list[Exchange] = []
    sign = ""
    while len(answers) < most and not sign:
        purpose = f"attack: wrong password {len(answers) + 1}"
        tried = await _well(probe, name, garbage(secret, probe.random), purpose=purpose)
        if tried.accepted or tried.exchange is None or tried.exchange.response is None:
            return None
        answers.append(tried.exchange)
        sign = limit_sign(answers, {account.username, secret})
    good = await _well(probe, name, purpose="attack: the right password")
    return Burst(answers=tuple(answers), sign=sign, good=good)


def limit_sign(answers: list[Exchange], hidden: set[str]) -> str:
    """What in the latest of some answers tells of a limit, compared with the first; empty: nothing."""
    first, last = answers[0].response, answers[-1].response
    if first is None or last is None:
        return "no answer came"
    if last.status in (423, 429) or last.header("retry-after") is not None:
        return f"status {last.status}, Retry-After {last.header('retry-after') or 'absent'}"
    one, other = read(first), read(last)
    if last.status != first.status or one.kind != other.kind or (one.kind == "json" and one.paths() != other.paths()):
        return f"answer {len(answers)} has another form: {told(answers[-1])}"
    before, after = _texts(answers[0], hidden), _texts(answers[-1], hidden)
    if len(answers) > 2:
        still = {path for path, text in _texts(answers[1], hidden).items() if before.get(path) == text}
        moved = [path for path in still if after.get(path) != before[path]]
        if moved:
            return f"{moved[0]} of answer {len(answers)} says something else"
    if len(answers) >= 4 and (falling := _falling(answers[-4:])):
        return f"{falling} falls from answer to answer"
    return _slower(answers)


def _texts(exchange: Exchange, hidden: set[str]) -> dict[str, str]:
    """Words of an answer by path; what was sent and numbers are taken out: clocks move, and counters are looked at apart."""
    found: dict[str, str] = {}
    for leaf in read(exchange.response).leaves:
        found[leaf.path] = f"{found.get(leaf.path, '')} {re.sub(r'[0-9]+', '', substitute(leaf.value, hidden))}"
    return found


def _falling(answers: list[Exchange]) -> str:
    """A number in body or headers that goes down at every one of these answers and is small; its name."""
    rows = [_numbers(exchange) for exchange in answers]
    for name in rows[0]:
        values = [row.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if len(known) == len(rows) and known[-1] < _FEW and all(a > b for a, b in itertools.pairwise(known)):
            return name
    return ""


def _numbers(exchange: Exchange) -> dict[str, int]:
    found: dict[str, int] = {}
    lines = exchange.response.headers if exchange.response is not None else ()
    texts = [(f"header {name}", value) for name, value in lines if "reset" not in name.lower()]
    texts += [(leaf.path, leaf.value) for leaf in read(exchange.response).leaves]
    for name, value in texts:
        number = re.search(r"(?<![\w.-])\d{1,6}(?![\w.-])", value)
        if number and name not in found:
            found[name] = int(number.group())
    return found


def _slower(answers: list[Exchange]) -> str:
    times = [e.response.timing.total for e in answers if e.response is not None]
    if len(times) < 8:
        return ""
    early, middle, late = (
        median(times[:3]),
        median(times[len(times) // 2 - 1 : len(times) // 2 + 2]),
        median(times[-3:]),
    )
    rising = early <= middle <= late
    return (
        f"answers take {late:.1f} s, the first took {early:.1f} s"
        if rising and late >= _SLOWER * early and late - early >= _DELAY
        else ""
    )


def _ways(account: Account, source: random.Random) -> Mapping[str, Edit]:
    """Ways round a limit: what is changed → the change."""
    name = account.username
    secret = account.password.reveal() if account.password else ""
    other = name.upper() if name != name.upper() else name.lower()
    return {
        f"another address in {', '.join(ADDRESSES[:2])} and their likes": from_address(source),
        "the user name in other letters": with_values({name: other}),
        "a blank after the user name": with_values({name: f"{name} "}),
        "passwords in a list": with_values({secret: [garbage(secret, source), secret]}),
    }


async def _walk_around(probe: Probe, name: str, account: Account, count: int, sign: str) -> Verdict:
    """Whether a changed request gets in while the plain one is refused, three times in turn.

    A limit that fills up again by itself is so not mistaken for one that is walked around.
    """
    for what in _ways(account, probe.random):
        hits: list[Exchange] = []
        while len(hits) < _TURNS:
            edit = _ways(account, probe.random)[what]  # another address each time
            tried = await _well(probe, name, purpose=f"attack: {what}", edit=edit)
            if not tried.accepted or tried.exchange is None:
                break
            hits.append(tried.exchange)
            plain = await _well(probe, name, purpose="control: the plain request")
            if plain.accepted:  # the success forgave what was counted: once more to the limit
                again = await _burst(probe, name, account, count + 1)
                if again is None or again.good.accepted:
                    break
        if len(hits) == _TURNS:
            return proved(
                title="A limit of log-ins can be walked around",
                summary=f"The limit at {probe.endpoint.name} does not hold: with {what} passwords can be tried on.",
                proof=(
                    f"after {count} wrong passwords the right one is refused: {sign}",
                    f"with {what} it is accepted at once",
                    "plain and changed in turn, three times: the plain one is refused, the changed one accepted",
                ),
                attacks=tuple(exchange.number for exchange in reversed(hits)),
                severity="high",
                cvss=_CVSS,
            )
    return await _all_at_once(probe, count, sign)


async def _all_at_once(probe: Probe, count: int, sign: str) -> Verdict:
    """Whether more passwords than the limit lets through are tried in one request of GraphQL, for two new accounts."""
    done: list[Together] = []
    while len(done) < 2:
        tried = await in_one_request(probe, count)
        if tried is None or not tried.accepted:
            why = "no other address or spelling walks around it"
            more = "" if tried is None else ", nor do many log-ins in one request"
            return conclude("protected", f"after {count} wrong passwords: {sign}; {why}{more}")
        done.append(tried)
    return proved(
        title="A limit of log-ins can be walked around",
        summary=f"The limit at {probe.endpoint.name} counts requests: {done[0].wrong + 1} passwords are tried in one.",
        proof=(
            f"one by one, after {count} wrong passwords: {sign}",
            f"under aliases in one request {done[0].wrong} wrong passwords were tried, and the right one after them got in",
            "the same with a second new account",
        ),
        attacks=tuple(one.exchange.number for one in reversed(done)),
        severity="high",
        cvss=_CVSS,
    )


async def _well(
    probe: Probe, name: str, password: str | None = None, *, purpose: str, edit: Edit | None = None
) -> LogIn:
    """One log-in in a burst; an answer that only says that the server is unwell is asked for again, twice at most."""
    tried = await probe.try_log_in(name, password, purpose=purpose, edit=edit, burst=True)
    for _ in range(2):
        response = tried.exchange.response if tried.exchange is not None else None
        if response is not None and (response.status < 500 or response.status == 503):
            break
        tried = await probe.try_log_in(name, password, purpose=purpose, edit=edit, burst=True)
    return tried
