"""`data-exposure`: answers that carry more than the caller should see."""

from __future__ import annotations

from gatewright.checks.bearing import bearers
from gatewright.checks.codes_shown import code_shown
from gatewright.checks.controls import call_of
from gatewright.checks.exposed import counted, credentials, strangers, telling, undocumented
from gatewright.checks.hidden import kept_back
from gatewright.checks.records import Seen, others_record
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.leaves import Answer, read


@check(
    "data-exposure",
    threat="API3:2023",
    title="An answer carries data that its caller should not see",
    severity="high",
    cwe=(213, 200),
    attacker=Attacker.OWNER,
    needs=(Need.BODY,),
    classes=("reset", "otp"),
    phase=Phase.READS,
    requests=34,
)
async def data_exposure(probe: Probe) -> Verdict:
    """Look for credentials, other people's personal data and internal properties in ordinary answers.

    ## What it does
    Reads every leaf of the endpoint's accepted answer by value and name, and compares with what is known of the
    accounts, with the properties that the specification lists for that answer, and with what other endpoints show to
    whom. Where an answer shows personal values, another account's record is asked for as well. Where codes are sent (to reset a password, say), one is asked for
    for an account that was signed up for it, and what the answer holds is tried as the code.

    ## Why it matters
    Pages show a part of what the API sends; whoever looks at the answers themselves gets password hashes, personal
    data of strangers and internal marks along with it.

    ## How it is proved
    One of: a password hash, password or key to anyone (a hash shown to its own user counts), or a text in another
    account's record that logs that account in; a personal value of another account that this account has no other way
    to see, in two answers, not sent along by the request; a value that another endpoint shows to a higher role and
    keeps from this one; or a property outside the documented schema whose value or name is sensitive. Masked values,
    examples of the specification and one's own data never count. Where a whole record is private,
    object-access-read judges it.

    ## When it is wrong
    When a directory is meant to show all members' addresses. When a value only looks like a hash.

    ## Remedy
    Answer with a type made for the purpose: list the properties that go out, per role, instead of serialising the
    stored object. Let the specification forbid additional properties, and test answers against it.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/
    - https://cwe.mitre.org/data/definitions/213.html
    """
    call = call_of(probe, probe.account)
    if call is None and probe.auth_endpoints.get(probe.endpoint.id) in ("reset", "otp"):
        return await code_shown(probe)
    if call is None:
        return conclude("baseline_broken", "no accepted request is known")
    if probe.endpoint.method not in ("GET", "HEAD"):
        sample = probe.knowledge.sample(probe.endpoint.id, probe.account)
        exchange = sample.exchange if sample else None
        again = exchange
    else:
        exchange, again = await probe.send(call, purpose="baseline"), None
    answer = read(exchange.response if exchange else None)
    if exchange is None or not 200 <= answer.status < 300:
        return conclude("baseline_broken", f"its accepted request is answered with status {answer.status} now")
    seen = await _exposed(probe, call, exchange, answer)
    if seen is None:
        return conclude("protected", f"none of its {len(answer.leaves)} values is sensitive, another's or undocumented")
    if again is None:
        again = await probe.send(seen.call, purpose="attack: confirmed")
    stays = {(leaf.path, leaf.value) for leaf in read(again.response).leaves}
    paths = {path for path, _ in stays}
    kept = [e for e in seen.found if (e.leaf.path, e.leaf.value) in stays or (e.rule == "E3" and e.leaf.path in paths)]
    if not probe.control(
        "R3", "asked again", expected="shown again", observed="shown" if kept else "not shown", holds=bool(kept)
    ):
        return conclude("unstable", "a second answer does not show the value again")
    return _finding(probe, Seen(seen.call, kept or seen.found, seen.facts), again)


async def _exposed(probe: Probe, call: Call, exchange: Exchange, answer: Answer) -> Seen | None:
    """What the first rule that applies finds, the gravest first."""
    leaves = telling(exchange, answer)
    found = credentials(probe, leaves) or await bearers(probe, leaves) or await strangers(probe, leaves)
    if found:
        return Seen(call, counted(found))
    other = await others_record(probe, call, answer)
    if other is not None:
        return Seen(other.call, counted(other.found), other.facts)
    contradiction = await kept_back(probe, call, leaves)
    if contradiction is not None:
        return contradiction
    found = undocumented(probe, leaves)
    return Seen(call, counted(found)) if found else None


_SEVERITY: dict[str, Severity] = {"E1": "high", "E2": "high", "E3": "low", "E4": "medium"}


def _finding(probe: Probe, seen: Seen, exchange: Exchange) -> Verdict:
    worst = min(seen.found, key=lambda e: (e.rule, e.leaf.path))
    who = "anyone" if probe.account == ANON else probe.account
    owner = f"{worst.whose}'s " if worst.whose else ""
    shown = worst.leaf.value[:6] + "…" if worst.rule != "E2" else worst.leaf.value
    rest = [f"{e.leaf.path} ({e.kind})" for e in seen.found if e is not worst]
    severity: Severity = "medium" if worst.rule == "E3" and worst.kind != "internal property" else _SEVERITY[worst.rule]
    return proved(
        title=f"{worst.kind.capitalize()} in an answer",
        summary=f"{probe.endpoint.name} shows {who} {owner}{worst.kind} in `{worst.leaf.path}`.",
        proof=(
            f"{who} sent {render(probe.endpoint, seen.call).target}",
            f"the answer holds {worst.leaf.path} = {shown}: {worst.kind} ({worst.count} in this answer)",
            "a second answer shows it again",
            {
                "E1": "no answer needs it: it is a credential",
                "E2": f"it belongs to {worst.whose}, another account",
                "E3": "the documented schema of this answer does not list it",
                "E4": "the API contradicts itself",
            }[worst.rule],
            *seen.facts,
            *([f"also: {', '.join(rest)}"] if rest else []),
        ),
        attacks=(exchange.number,),
        place=Place("body", worst.leaf.path),
        severity=severity,
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N" if severity == "high" else "",
        victim=worst.whose,
    )
