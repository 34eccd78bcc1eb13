"""`function-access`: a function meant for a higher role serves a lower one, or nobody in particular."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.account_functions import Aim, acts_on
from gatewright.checks.controls import baseline, call_of, documented_values, random_like
from gatewright.checks.effects import Effect, acts, changes, creates, deletes, refused, strike, turned_away
from gatewright.checks.evidence import open_lists, ordinary
from gatewright.checks.expectations import expects
from gatewright.checks.kept_values import kept_value
from gatewright.checks.meant import EVIDENCE, stated
from gatewright.checks.ranks import enough, higher, neighbours_refuse, shows_others
from gatewright.checks.unranked import unranked
from gatewright.checks.values import sets
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved, strongest
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, read
from gatewright.proof.witness import Witness, longest, sent_text, shown, witnesses

_FOR_ALL = ("contact", "feedback", "webhook", "subscribe", "newsletter", "callback")


class Case(Struct, frozen=True):
    """Who may, with what, and what says that the attacker may not."""

    able: str
    call: Call
    codes: frozenset[str]
    neighbour: str

    def told(self) -> str:
        """The signs in words."""
        words = [EVIDENCE[code] for code in sorted(self.codes)]
        return "; ".join(words) + (f" ({self.neighbour})" if self.neighbour else "")


@check(
    "function-access",
    threat="API5:2023",
    title="A function of a higher role can be used by a lower one",
    severity="high",
    cwe=(285, 862),
    attacker=Attacker.LOWER,
    needs=(Need.ORDINARY, Need.HIGHER, Need.SAMPLE),
    phase=Phase.CHANGES,
    requests=36,
)
async def function_access(probe: Probe) -> Verdict:
    """Replay the accepted request of a higher account with the credential of a lower one, or with none.

    ## What it does
    Takes a request that works for an account of a higher role and changes nothing but the credential. What is read is
    compared with all that the lower account may see; what is written, changed or deleted is looked for by the higher
    account, on objects made for the purpose. What acts on accounts (suspend, verify, delete) is sent by an account
    signed up for it about two others, and looked for in what they see of themselves and the higher account of them.
    Where a sentence of the specification keeps one value of a choice (`status: approved`) for a higher role, that
    value is sent in the attacker's own accepted request.

    ## Why it matters
    Hiding the administrators' buttons protects nothing: whoever knows the request can send it, and the functions of
    higher roles are those that reach everybody's data.

    ## How it is proved
    Something must say that the function is meant for the higher role: the specification (scopes, roles, the text of
    its 403, an admin tag), or two of: neighbours that refuse the lower account and not the higher, a path of
    administration, an answer with several other accounts' data. A read shows the lower account one strong or
    two weak values that stand in none of its own answers, twice; where each caller gets its own items (another lower
    account sees others), nothing is claimed. A write counts when the higher account sees its effect, twice.

    Where no account of a higher role is known, the same signs are asked for, and the function must show data of at
    least two other accounts, or set a value of an account that this run made, as that account reads it itself.

    ## When it is wrong
    When the lower role is meant to use the function although the specification asks for another.

    ## Remedy
    Decide by role on the server, at one place that denies by default, for every endpoint and method. Generate the
    table of roles and endpoints, and test each cell of it.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
    - https://cwe.mitre.org/data/definitions/285.html
    """
    part = await kept_value(probe)
    if part is not None and part.outcome == "vulnerable":
        return part
    whole = await _whole(probe)
    return part if part is not None and whole.reason == "no_such_function" else whole


async def _whole(probe: Probe) -> Verdict:
    """The endpoint as a whole, as a function of a higher role."""
    if probe.account != ANON and all(probe.rank(n) <= probe.rank(probe.account) for n in probe.accounts):
        return await unranked(probe)
    able = higher(probe) or (higher(probe, untried=True) if stated(probe) else "")
    call = call_of(probe, able) if able else None
    if call is None:
        call = Call(endpoint=probe.endpoint.id)
        able = _owner_above(probe)
        if not able or probe.endpoint.method != "DELETE":
            return conclude("no_such_function", "no account of a higher role has an accepted request there")
    if probe.account == ANON and probe.endpoint.security == ():
        return conclude("no_such_function", "the specification leaves it open to everybody")
    word = expects(probe, probe.account, whose="others" if probe.knowledge.named_by(probe.endpoint.id) else "own")
    if word == "allow":
        return conclude("public", f"access.yaml lets {probe.account} in")
    codes = stated(probe) | ({"F4"} if word == "deny" else set())
    possible = probe.account != ANON and enough(probe, {*codes, "F2", "F5"})  # what requests may add to what is said
    neighbour = await neighbours_refuse(probe, able) if possible and not enough(probe, codes) else ""
    case = Case(able, call, frozenset(codes | ({"F2"} if neighbour else set())), neighbour)
    if probe.endpoint.method in ("GET", "HEAD"):
        return await _read(probe, case)
    return await _write(probe, case)


def _owner_above(probe: Probe) -> str:
    """An account of a higher rank that may delete, where no sample can be had: who owns an object of the endpoint.

    Where it names accounts, any of the lowest such rank.
    """
    own = probe.rank(probe.account)
    named = probe.knowledge.named_by(probe.endpoint.id)
    owners = {o.owner for o in named if o.origin == "created"}
    if any(_ours(probe, o) for o in named if o.origin == "identity"):
        owners |= set(probe.accounts)
    above = [n for n in owners if n in probe.accounts and probe.rank(n) > own]
    return min(above, key=lambda n: (probe.rank(n), n), default="")


async def _read(probe: Probe, case: Case) -> Verdict:
    if not case.codes or not enough(
        probe, {*case.codes, "F5"}
    ):  # what the answer shows of others can be one sign, never the only one
        return conclude("no_such_function", "nothing says that it is meant for a higher role")
    attack = await strike(probe, case.call, as_=probe.account, purpose="attack")
    if turned_away(attack):
        return refused(attack, probe.account, "what it reads")
    first = await baseline(probe, case.call, case.able, key="function")
    if not (first.answers and 200 <= first.answers[0].status < 300):
        return conclude("baseline_broken", f"{case.able} was refused: status {first.answers[0].status}")
    if not first.holds:
        return conclude("unstable", f"{case.able}'s own answers differ in status or kind")
    answer = read(attack.response)
    if attack.response is None:
        return conclude("control_failed", f"no answer to the attempt: {attack.error}")
    may = await (open_lists(probe) if probe.account == ANON else ordinary(probe, _nothing(probe)))
    found = foreign(probe, witnesses(first.answers, may, known=documented_values(probe)), answer)
    leak = _leak(probe, found, attack, case.call)
    if not leak:
        if DeniedFamily().denied(answer):
            return conclude("denied", f"{probe.account} was refused: status {answer.status}")
        return conclude("no_effect", f"{probe.account} got nothing that only {case.able} may see")
    codes = case.codes | ({"F5"} if shows_others(probe, answer, may) else frozenset())
    case = Case(case.able, case.call, codes, case.neighbour)
    if not enough(probe, codes):
        return conclude(
            "no_such_function", f"too little says that it is meant for a higher role: {case.told() or 'nothing'}"
        )
    return await _controls(probe, case, found, attack)


def _nothing(probe: Probe) -> OwnedObject:
    return OwnedObject(key="", resource="", owner=probe.account, origin="learned")


def foreign(probe: Probe, found: Sequence[Witness], answer: Answer) -> tuple[Witness, ...]:
    """Without what stands in an item of the attacker's own: that it may see wherever it stands."""
    own = probe.identity(probe.account)
    marks = {m for o in probe.knowledge.objects if o.owner == probe.account for m in o.markers}
    mine = {
        leaf.item
        for leaf in answer.leaves
        if leaf.item and (leaf.value in own or any(mark in leaf.value for mark in marks))
    }
    owned = {leaf.value for leaf in answer.leaves if leaf.item in mine and leaf.item}
    return tuple(w for w in found if w.value not in owned and w.value not in own)


def _leak(probe: Probe, found: Sequence[Witness], exchange: Exchange, call: Call) -> tuple[Witness, ...]:
    """The witnesses that an answer shows; of a list also three weak ones at one place (a column of values)."""
    guard = "" if "echo" in probe.settings.disabled_controls else sent_text(render(probe.endpoint, call))
    answer = read(exchange.response)
    leak = shown(found, answer, sent=guard)
    if leak:
        return leak
    listed = {(leaf.path, leaf.value) for leaf in answer.leaves if leaf.item}
    column = tuple(w for w in found if (w.path, w.value) in listed and w.value not in guard)
    return column if len({w.value for w in column}) >= 3 else ()


async def _controls(probe: Probe, case: Case, found: tuple[Witness, ...], attack: Exchange) -> Verdict:
    """The lower account saw what is the higher one's: what must hold before that counts."""
    other = beside(probe)
    if other:
        theirs = await strike(probe, case.call, as_=other, purpose="control: another of that rank")
        kept = tuple(w for w in found if any(w.value in leaf.value for leaf in read(theirs.response).leaves))
        same = bool(_leak(probe, kept, attack, case.call))
        if not probe.control(
            "own",
            f"{other}, of equal rank, asks for the same",
            expected="the same values",
            observed="the same" if same else "others, or none",
            holds=same,
        ):
            return conclude("own_object", f"{other} gets other values there: each caller sees its own")
        found = kept if "own" not in probe.settings.disabled_controls else found
    if probe.account != ANON:
        nobody = await strike(probe, case.call, as_=ANON, purpose="control: no credential")
        public = bool(_leak(probe, found, nobody, case.call))
        if not probe.control(
            "C5",
            "without a credential",
            expected="refused",
            observed="shown" if public else "not shown",
            holds=not public,
        ):
            return conclude("public", "it is shown without any credential as well: the cell of nobody judges that")
    wrong = await _random(probe, case, found)
    if wrong is not None:
        return wrong
    again = await strike(probe, case.call, as_=probe.account, purpose="attack: again")
    confirmed = _leak(probe, found, again, case.call)
    if not confirmed:
        return conclude("unstable", "it was shown once, and not again")
    if again.response is not None and cached(again):
        return conclude("cache", "a cache says that it answered, and not the server")
    leak = _leak(probe, found, attack, case.call)
    return _proved(
        probe,
        case,
        done="read",
        facts=(
            f"{case.able} asked three times; the answers agree",
            f"{probe.account} sent the same request with {_credential(probe)} and got {longest(leak)}",
            f"a second time it got {longest(confirmed)}",
            "none of these values stands in what it may see elsewhere",
        ),
        attacks=(again.number, attack.number),
        impact="VC:H/VI:N",
    )


def beside(probe: Probe) -> str:
    """Another account of the attacker's rank; empty when there is none."""
    if probe.account == ANON:
        return ""
    rank = probe.rank(probe.account)
    return min((n for n in probe.accounts if n != probe.account and probe.rank(n) == rank), default="")


async def _random(probe: Probe, case: Case, found: tuple[Witness, ...]) -> Verdict | None:
    """C4, where the request names something: a random reference shows nothing of it."""
    place = next((p for p in case.call.places() if p.within == "path"), None)
    if place is None:
        return None
    call = case.call.with_value(place, random_like(probe, case.call.get(place)))
    nothing = await strike(probe, call, as_=probe.account, purpose="control: random id")
    clean = not _leak(probe, found, nothing, call)
    if probe.control(
        "C4",
        "a random reference",
        expected="shows nothing of it",
        observed="nothing" if clean else "the same",
        holds=clean,
    ):
        return None
    return conclude("parameter_ignored", "a random reference shows the same")


def cached(exchange: Exchange) -> bool:
    """Whether the answer says of itself that a cache gave it."""
    response = exchange.response
    if response is None:
        return False
    told = " ".join(response.header(name) or "" for name in ("x-cache", "cf-cache-status", "x-cache-status"))
    return "hit" in told.lower() or (response.header("age") or "0").strip() not in ("", "0")


async def _write(probe: Probe, case: Case) -> Verdict:
    path = probe.endpoint.path.lower()
    if probe.account == ANON and any(word in path for word in _FOR_ALL):
        return conclude("no_such_function", "contact forms, feedback and the like are open to everybody")
    targets = _targets(probe, case)
    unbound = probe.account == ANON and probe.endpoint.secured and not targets
    if not enough(probe, case.codes) and not unbound:
        return conclude(
            "no_such_function", f"too little says that it is meant for a higher role: {case.told() or 'nothing'}"
        )
    if probe.account == ANON and targets:
        return conclude("no_such_function", "it names an object of an account: auth-missing judges that")
    if not targets and probe.endpoint.method != "POST":
        return conclude("no_reference", "no value of it names an object that this run made")
    verdicts = []
    if not targets and case.codes and _tells(probe):
        verdicts.append(await _read(probe, case))
        if verdicts[0].outcome == "vulnerable":
            return verdicts[0]
    if not targets or _creates(probe):
        made = await creates(probe, case.call, able=case.able, attacker=probe.account)
        if isinstance(made, Effect):
            return _written(probe, case, made, None, "create")
        verdicts.append(made)
        if not targets or made.reason != "not_visible":
            return strongest(verdicts)
    for owned, reference in targets:
        effect, done = await _on(probe, case, owned, reference)
        if isinstance(effect, Effect):
            return _written(probe, case, effect, reference.place, done)
        verdicts.append(effect)
    return strongest(verdicts)


def _tells(probe: Probe) -> bool:
    """Whether an accepted request was answered with something of several other accounts: a POST that reads (a report, a search)."""
    return any(
        shows_others(probe, read(s.exchange.response), ()) for s in probe.knowledge.samples_of(probe.endpoint.id)
    )


def _ours(probe: Probe, owned: OwnedObject) -> bool:
    """Made by this run: an object, or the user that a throw-away account is."""
    account = probe.accounts.get(owned.owner)
    thrown = account is not None and account.origin == "throw-away"
    return owned.origin == "created" or (owned.origin == "identity" and thrown)


def _creates(probe: Probe) -> bool:
    return any(p.get("create") == probe.endpoint.id for p in probe.knowledge.resources.values())


def _targets(probe: Probe, case: Case) -> list[tuple[OwnedObject, Reference]]:
    """One object per place, made by this run; the higher account's first, users after those.

    The attacker's own come last, and only where the specification or access.yaml keeps the function from it: whoever
    owns an order need not be who approves it.
    """
    own = [o for o in probe.knowledge.objects if o.owner == probe.account and o.origin == "created"]
    rows = _per_place(probe, case, [o for o in probe.knowledge.objects if o.owner != probe.account])
    if probe.account != ANON and case.codes & {"F1", "F4"}:
        rows += [row for row in _per_place(probe, case, own) if row[1].place.within == "path"]
    return rows


def _per_place(probe: Probe, case: Case, objects: Sequence[OwnedObject]) -> list[tuple[OwnedObject, Reference]]:
    rows: dict[Place, tuple[OwnedObject, Reference]] = {}
    objects = [o for o in objects if _ours(probe, o)]
    order = sorted(objects, key=lambda o: (o.origin == "identity", o.owner != case.able, o.slot == "delete", o.key))
    for owned in order:
        for reference in owned.references:
            if reference.endpoint == probe.endpoint.id:
                rows.setdefault(reference.place, (owned, reference))
    return list(rows.values())


async def _on(probe: Probe, case: Case, owned: OwnedObject, reference: Reference) -> tuple[Effect | Verdict, str]:
    """Delete, change or act upon one object as the attacker; the higher account looks."""
    who = probe.account
    viewer = "" if owned.owner == who else case.able
    done = "delete" if probe.endpoint.method == "DELETE" else "change"
    if owned.origin == "identity":
        return await acts_on(probe, Aim(like=owned, reference=reference, call=case.call, able=case.able)), done
    if done == "delete":
        return await deletes(probe, owned, reference, case.call, attacker=who, viewer=viewer), done
    if any(p.within == "body" and isinstance(case.call.get(p), str) for p in case.call.places()):
        effect = await changes(probe, owned, reference, case.call, able=case.able, attacker=who, viewer=viewer)
        if isinstance(effect, Effect) or effect.reason != "not_visible":
            return effect, "change"
    effect = await sets(probe, owned, reference, case.call, able=case.able, attacker=who)
    if isinstance(effect, Effect) or effect.reason == "denied":
        return effect, "change"
    return await acts(probe, owned, reference, case.call, attacker=who, viewer=viewer), "change"


def _written(probe: Probe, case: Case, effect: Effect, place: Place | None, done: str) -> Verdict:
    return _proved(
        probe,
        case,
        done=done,
        facts=effect.facts,
        attacks=effect.attacks,
        impact="VC:N/VI:H",
        place=place,
        by=effect.by or probe.account,
    )


def _credential(probe: Probe) -> str:
    return "no credential" if probe.account == ANON else "its own credential"


def _proved(
    probe: Probe,
    case: Case,
    *,
    done: str,
    facts: tuple[str, ...],
    attacks: tuple[int, ...],
    impact: str,
    place: Place | None = None,
    by: str = "",
) -> Verdict:
    """`by`: who did it, where that was another than the attacker."""
    nobody = probe.account == ANON
    who = "Anybody" if nobody else f"Any {probe.accounts[probe.account].role or 'account'}"
    role = probe.accounts[case.able].role or case.able
    severity: Severity = "critical" if nobody and case.codes else "high"
    told = case.told() or "the specification asks for a credential there"
    return proved(
        title=f"{who} can {done} what is meant for {role}",
        summary=f"{by or probe.account} could {done} at {probe.endpoint.name}, which is meant for {role}, with {_credential(probe)}.",
        proof=(*facts, f"meant for {role}: {told}"),
        attacks=attacks,
        place=place,
        severity=severity,
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:N/PR:{'N' if nobody else 'L'}/UI:N/{impact}/VA:N/SC:N/SI:N/SA:N",
        victim=case.able,
    )
