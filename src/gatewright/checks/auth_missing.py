"""`auth-missing`: what belongs to an account is given, or done, to nobody."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.controls import (
    Baseline,
    anonymous,
    baseline,
    bind,
    call_of,
    documented_values,
    family,
    look,
    random_like,
    texts,
)
from gatewright.checks.effects import Effect, acts, changes, deletes, refused, strike, turned_away
from gatewright.checks.evidence import judge_privacy, open_lists
from gatewright.checks.expectations import expects
from gatewright.checks.streams import unguarded
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved, strongest
from gatewright.proof.compare import same, volatile
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.privacy import words
from gatewright.proof.witness import Witness, longest, looks_random, sent_text, shown, unechoed, witnesses

_HANDED_OUT = frozenset({"token", "link", "share", "shared", "signature", "invitation", "invite", "capability"})
"""Words of references that stand for a permission themselves."""


class Target(Struct, frozen=True):
    """Whose request is sent without a credential, and which object it names, if any."""

    owner: str
    call: Call
    owned: OwnedObject | None = None
    reference: Reference | None = None


@check(
    "auth-missing",
    threat="API2:2023",
    title="Data of an account is reached without logging in",
    severity="high",
    cwe=(306, 287),
    attacker=Attacker.ANON,
    needs=(Need.PROTECTED, Need.SAMPLE),
    phase=Phase.CHANGES,
    requests=24,
    streams=True,
)
async def auth_missing(probe: Probe) -> Verdict:
    """Send an account's accepted request without any credential.

    ## What it does
    Takes a request that works for an account, removes every credential (header, cookie, query), and looks for values
    that only this account's answer holds. For endpoints that change or delete, it does so on objects made for the
    purpose, and asks their owner what became of them.

    ## Why it matters
    Nobody has to steal or guess anything: the data of every user lies open to the whole network.

    ## How it is proved
    The owner's answer, asked for three times, and that of another account give the values that belong to the owner
    alone (witnesses). The answer to nobody must show one strong witness or two weak ones, twice, the second time on a
    fresh object that its owner has not read yet where one can be made; a random reference must not. The specification
    must ask for a credential there, or there must be strong evidence that the object is private. A change counts when
    the owner sees it, twice. Where nothing of an account is shown but the specification asks for a credential, the
    same answer to a valid, no and a corrupted credential is reported as low, if a neighbour refuses.

    ## When it is wrong
    When the specification asks for a credential where none is meant, such as on public pages. Mend the specification
    (`security: []`), or say it in `policy`.

    ## Remedy
    Deny by default: check the session in one place before any endpoint is reached, and list the few that are open.
    Test every endpoint once without a credential.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
    - https://cwe.mitre.org/data/definitions/306.html
    """
    if any(
        word == "public" and pattern in (probe.endpoint.path, probe.endpoint.shown_path)
        for pattern, word in probe.settings.policy.items()
    ):
        return conclude("public", "the policy says that it is public")
    if expects(probe, ANON) == "allow":
        return conclude("public", "access.yaml lets anybody in")
    if probe.endpoint.stream:
        return await unguarded(probe)
    verdicts = []
    for target in _targets(probe):
        verdict = await (_read(probe, target) if _reads(probe.endpoint, target) else _write(probe, target))
        if verdict.outcome == "vulnerable":
            return verdict
        verdicts.append(verdict)
    if not verdicts:
        return conclude("no_reference", "it names no object of ours, and reads nothing: function-access judges it")
    return strongest(verdicts)


def _targets(probe: Probe) -> list[Target]:
    """One object per place that names any, made by this run where possible; else the request of one account as it is."""
    rows: dict[object, Target] = {}
    if any(p.get("create") == probe.endpoint.id for p in probe.knowledge.resources.values()):
        return []  # what it creates belongs to nobody yet
    accounts = sorted(probe.accounts, key=lambda n: (probe.accounts[n].origin == "throw-away", probe.rank(n)))
    objects = [o for name in accounts for o in probe.knowledge.owned(name, probe.endpoint.id) if o.slot != "delete"]
    slot = "read" if probe.endpoint.method in ("GET", "HEAD") else "change"
    for owned in sorted(objects, key=lambda o: (o.slot != slot, o.origin != "created")):
        call = _accepted(probe, owned.owner)
        if call is None and probe.endpoint.method == "DELETE":
            call = Call(endpoint=probe.endpoint.id)
        for reference in owned.references:
            if call is not None and reference.endpoint == probe.endpoint.id and reference.place not in rows:
                rows[reference.place] = Target(owned.owner, bind(call, reference), owned, reference)
    if rows:
        return list(rows.values())
    if probe.endpoint.method not in ("GET", "HEAD"):
        return []
    name = next((n for n in accounts if probe.knowledge.sample(probe.endpoint.id, n)), None)
    call = call_of(probe, name) if name else None
    return [Target(name, call)] if name and call else []


def _accepted(probe: Probe, account: str) -> Call | None:
    """The request that works for the account or one of its rank; one that only a higher rank may send is none of its."""
    ranks = {probe.rank(s.account) for s in probe.knowledge.samples_of(probe.endpoint.id)}
    return call_of(probe, account) if probe.rank(account) in ranks else None


def _reads(endpoint: Endpoint, target: Target) -> bool:
    """GET and HEAD read; so does a POST that names an object in its body alone."""
    if endpoint.method in ("GET", "HEAD"):
        return True
    in_body = target.reference is not None and target.reference.place.within == "body"
    return endpoint.method == "POST" and in_body


async def _read(probe: Probe, target: Target) -> Verdict:
    place = target.reference.place if target.reference else None
    attack = await strike(probe, target.call, as_=ANON, purpose="attack")
    if turned_away(attack):
        return refused(attack, "nobody", f"{target.owner}'s data")
    first = await baseline(probe, target.call, target.owner, key=target.owned.key if target.owned else "plain")
    if not (first.answers and 200 <= first.answers[0].status < 300):
        return conclude("baseline_broken", f"{target.owner} was refused: {first.answers[0].status}", place=place)
    if not first.holds:
        return conclude("unstable", "the owner's own answers differ in status or kind", place=place)
    found = await _personal(probe, target, first)
    if not _leak(probe, found, attack, target.call):
        return await _quiet(probe, target, first, found, attack)
    return await _controls(probe, target, first=first, found=found, attack=attack)


async def _personal(probe: Probe, target: Target, first: Baseline) -> tuple[Witness, ...]:
    """Values of the owner's answer that are this account's alone: not in another's, or its own marks where there is none."""
    others = await _others(probe, target)
    references = texts(target.reference) if target.reference else []
    found = witnesses(first.answers, others, references=references, known=documented_values(probe))
    if others:
        return found
    account = probe.accounts[target.owner]
    own = {*probe.identity(target.owner), *account.private}
    marks = {m for o in probe.knowledge.objects if o.owner == target.owner for m in o.markers}
    return tuple(w for w in found if w.value in own or any(mark in w.value for mark in marks))


async def _others(probe: Probe, target: Target) -> list[Answer]:
    """What another account gets there: its own object of the kind, or the same request."""
    for name in sorted(probe.accounts, key=lambda n: (probe.rank(n) != probe.rank(target.owner), n)):
        sample = probe.knowledge.sample(probe.endpoint.id, name)
        if name == target.owner or sample is None:
            continue
        call = sample.call
        if target.reference is not None:
            own = [o for o in probe.knowledge.owned(name, probe.endpoint.id) if o.slot != "delete"]
            mine = next((r for o in own for r in o.references if r.place == target.reference.place), None)
            if mine is None:
                continue
            call = bind(call, mine)

        async def ask(call: Call = call, name: str = name) -> Exchange:
            return await probe.send(call, as_=name, purpose="control: another account")

        exchange = await probe.once(
            f"other {probe.endpoint.id} {name} {target.reference and target.reference.place}", ask
        )
        probe.cite(exchange)
        if exchange.response is not None and exchange.response.ok:
            return [read(exchange.response)]
    return []


def _leak(probe: Probe, found: Sequence[Witness], exchange: Exchange, call: Call) -> tuple[Witness, ...]:
    guard = "" if "echo" in probe.settings.disabled_controls else sent_text(render(probe.endpoint, call))
    return shown(found, read(exchange.response), sent=guard)


async def _quiet(
    probe: Probe, target: Target, first: Baseline, found: tuple[Witness, ...], attack: Exchange
) -> Verdict:
    """Nothing of the account is shown: refused, public, or never asked for a credential although the specification says so."""
    answer = read(attack.response)
    place = target.reference.place if target.reference else None
    if attack.response is None:
        return conclude("control_failed", f"no answer to the attempt: {attack.error}", place=place)
    if probe.endpoint.secured and not found:
        verdict = await _never_asked(probe, target, first, answer, attack)
        if verdict is not None:
            return verdict
    family_ = await family(probe, target.call, target.reference, account=target.owner)
    if family_.denied(answer, texts(target.reference) if target.reference else []):
        return conclude("denied", f"nobody was refused: status {answer.status}", place=place)
    _, bad = await anonymous(probe, target.call, key=f"plain {target.owner}")
    if found and same(answer, bad):
        return conclude(
            "denied", f"nobody and a corrupted credential get the same (status {answer.status})", place=place
        )
    if not found:
        return conclude("public", f"it shows nobody nothing that is {target.owner}'s alone", place=place)
    return conclude("no_effect", f"nobody got an answer without anything of {target.owner}'s", place=place)


async def _never_asked(
    probe: Probe, target: Target, first: Baseline, answer: Answer, attack: Exchange
) -> Verdict | None:
    """Low: valid, no and corrupted credentials give the same answer, and a neighbour of the same scheme refuses."""
    mask = volatile(first.answers)
    valid = first.answers[0]
    if not valid.leaves or says_no(valid) or not same(valid, answer, ignore=mask):
        return None
    _, bad = await anonymous(probe, target.call, key=f"plain {target.owner}")
    if not same(valid, bad, ignore=mask):
        return None
    neighbour = await probe.once(f"neighbour {_schemes(probe.endpoint)}", lambda: _refusing(probe, target.owner))
    if not probe.control(
        "neighbour",
        "another endpoint of the same security scheme, without a credential",
        expected="refused",
        observed=f"refused at {neighbour}" if neighbour else "none refuses",
        holds=bool(neighbour),
    ):
        return conclude("public", "no endpoint of that security scheme was seen to refuse anybody")
    return proved(
        title="No credential is asked for although the specification says so",
        summary=f"{probe.endpoint.name} gives everybody the same answer, while its specification asks for a credential.",
        proof=(
            f"the specification asks for a credential at {probe.endpoint.name}",
            f"{target.owner}'s credential, none, and a corrupted one got the same answer (status {valid.status})",
            f"{neighbour}, with the same security scheme, refuses requests without a credential",
        ),
        attacks=(attack.number,),
        severity="low",
    )


def _schemes(endpoint: Endpoint) -> str:
    """The names of the schemes that an endpoint asks for, as one text."""
    return " ".join(sorted({name for r in endpoint.security or () for name, _ in r.schemes}))


async def _refusing(probe: Probe, account: str) -> str:
    """The name of a GET endpoint of the same scheme that refuses nobody's request, of at most three tried; empty: none."""
    tried = 0
    for endpoint in probe.knowledge.endpoints.values():
        call = call_of(probe, account, endpoint=endpoint)
        if endpoint.method != "GET" or endpoint.id == probe.endpoint.id or call is None or not endpoint.secured:
            continue
        if endpoint.stream:
            continue
        if _schemes(endpoint) != _schemes(probe.endpoint) or tried == 3:
            continue
        tried += 1
        exchange = await strike(probe, call, as_=ANON, purpose="control: neighbour", endpoint=endpoint)
        if exchange.response is not None and exchange.response.meaning in (401, 403):
            return endpoint.name
    return ""


async def _controls(
    probe: Probe, target: Target, *, first: Baseline, found: tuple[Witness, ...], attack: Exchange
) -> Verdict:
    """Something of the account was shown to nobody: what must hold before that counts."""
    place = target.reference.place if target.reference else None
    if target.reference is not None and place is not None:
        found = await _unnamed(probe, target, found)
        if not _leak(probe, found, attack, target.call):
            return conclude("echo", "a random reference is answered alike: nothing of the object is shown", place=place)
    hidden = found if "X2" in probe.settings.disabled_controls else await _elsewhere(probe, found)
    leak = _leak(probe, hidden, attack, target.call)
    if not leak:
        return conclude("public", "the same values stand in lists that ask for no credential", place=place)
    if "true" in _public_leaves(first.answers[0]):
        return conclude("public", "the object says itself that it is public", place=place)
    denied = expects(probe, ANON) == "deny"
    why = "access.yaml denies it to anybody" if denied else "the specification asks for a credential there"
    if not (probe.endpoint.secured or denied):
        private, why = await _private(probe, target, first.answers[0], hidden)
        if not private:
            return conclude("public", f"the specification asks for no credential there, and {why}", place=place)
    again, confirmed = await _confirm(probe, target, leak)
    if not probe.control(
        "C8",
        "nobody asks for a fresh object before its owner does"
        if again.purpose.endswith("fresh")
        else "nobody asks again",
        expected="shown again",
        observed="shown" if confirmed else "not shown",
        holds=bool(confirmed),
    ):
        return conclude(
            "cache", "only what its owner had asked for before was shown: a shared cache answers", place=place
        )
    resource = target.owned.resource if target.owned else "data"
    return proved(
        title=f"An account's {resource} can be read without logging in",
        summary=f"Anybody can read {target.owner}'s {resource} at {probe.endpoint.name} without a credential.",
        proof=(
            f"{target.owner} asked three times; the answers agree",
            f"the same request without any credential got {longest(leak)}",
            f"{'a fresh object, asked for by nobody first,' if again.purpose.endswith('fresh') else 'a second request'} showed {longest(confirmed)}",
            f"private: {why}",
        ),
        attacks=(again.number, attack.number),
        place=place,
        severity=_severity(target),
        cvss=_cvss(target, "VC:H/VI:N"),
        victim=target.owner,
    )


async def _unnamed(probe: Probe, target: Target, found: tuple[Witness, ...]) -> tuple[Witness, ...]:
    """C4: the witnesses without those that a random reference shows, or words alike."""
    reference = target.reference
    if reference is None or "C4" in probe.settings.disabled_controls:
        return found
    wrong = target.call.with_value(reference.place, random_like(probe, dict(reference.values)[reference.place]))
    nothing = await strike(probe, wrong, as_=ANON, purpose="control: random id")
    answer = read(nothing.response)
    shown_there = {leaf.value for leaf in answer.leaves}
    kept = tuple(w for w in found if w.value not in shown_there)
    left = unechoed(kept, texts(reference), answer, [as_text(wrong.get(at)) for at, _ in reference.values])
    probe.control(
        "C4",
        "a random reference, without a credential",
        expected="shows nothing of the object",
        observed="nothing" if len(left) == len(found) else "some of the same",
        holds=bool(left),
    )
    return left


async def _elsewhere(probe: Probe, found: tuple[Witness, ...]) -> tuple[Witness, ...]:
    """X2: without what nobody may see anyway."""
    seen = {leaf.value for answer in await open_lists(probe) for leaf in answer.leaves}
    return tuple(w for w in found if w.value not in seen)


def _public_leaves(answer: Answer) -> set[str]:
    """Values under names by which an object says that it is public (X3)."""
    names = {"public", "is_public", "ispublic", "published", "is_published"}
    return {leaf.value.lower() for leaf in answer.leaves if leaf.path.rpartition(".")[2].lower() in names}


async def _private(probe: Probe, target: Target, owner_sees: Answer, found: tuple[Witness, ...]) -> tuple[bool, str]:
    """Whether strong evidence makes it private where the specification asks for nothing."""
    owned = target.owned
    if owned is None:
        return False, "nothing else says that it is private"
    viewer = next((n for n in probe.accounts if n != owned.owner and probe.rank(n) == probe.rank(owned.owner)), "")
    _, evidence, why = await judge_privacy(
        probe, owned, action="read", owner_sees=owner_sees, attacker_sees=None, found=found, viewer=viewer
    )
    strong = {code for code in evidence.codes if code[0] == "S"}
    excused = {code for code in evidence.codes if code in ("X1", "X3")}
    if target.reference is not None and "S4" not in strong and _opens_by_itself(probe, owned, target.reference):
        return False, "its reference is a random text: whoever was given it may be meant to see what it leads to"
    return bool(strong) and not excused, why if strong else f"nothing strong says that it is private ({why})"


def _opens_by_itself(probe: Probe, owned: OwnedObject, reference: Reference) -> bool:
    """Whether a reference may be handed out to be used without an account: random, and a token by its name, or listed nowhere.

    What else is known of such an object is of what it stands below, or of what it leads to.
    """
    value = as_text(dict(reference.values)[reference.place])
    listed = "list" in probe.knowledge.resources.get(owned.resource, {})
    return looks_random(value) and (not listed or bool(set(words(reference.place.name)) & _HANDED_OUT))


async def _confirm(probe: Probe, target: Target, leak: tuple[Witness, ...]) -> tuple[Exchange, tuple[Witness, ...]]:
    """C8: the same once more, on a fresh object that nobody has read where one can be made."""
    source = target.owned
    if source is None:  # a list, or the account's own page: a fresh object in it, when an object was what it showed
        marks = {w.value for w in leak}
        owned = [o for o in probe.knowledge.objects if o.owner == target.owner and o.origin == "created"]
        source = next((o for o in owned if any(m in value for m in o.markers for value in marks)), None)
    fresh = await probe.fresh(source) if source is not None and source.origin == "created" else None
    if fresh is None:
        again = await strike(probe, target.call, as_=ANON, purpose="attack: again")
        return again, _leak(probe, leak, again, target.call)
    reference = fresh.reference(probe.endpoint.id, target.reference.place) if target.reference else None
    call = bind(target.call, reference) if reference else target.call
    again = await strike(probe, call, as_=ANON, purpose="attack: fresh")
    if target.reference is None:
        marked = tuple(Witness("", marker, True) for marker in fresh.markers)
        return again, _leak(probe, marked or leak, again, call)
    owner = await probe.send(call, as_=target.owner, purpose="control: owner afterwards")
    references = texts(reference) if reference else []
    known = documented_values(probe)
    second = witnesses([read(owner.response)], await _others(probe, target), references=references, known=known)
    return again, _leak(probe, second, again, call)


async def _write(probe: Probe, target: Target) -> Verdict:
    owned, reference = target.owned, target.reference
    if owned is None or reference is None or owned.origin != "created":
        return conclude("no_reference", "no value of it names an object that this run made")
    if not probe.endpoint.secured:
        view = await look(probe, owned, purpose="control: owner before")
        private, why = await _private(probe, target, view or Answer(0, "empty", (), "", ()), ())
        if not private:
            return conclude(
                "public", f"the specification asks for no credential there, and {why}", place=reference.place
            )
    effect: Effect | Verdict
    if probe.endpoint.method == "DELETE":
        effect, done = await deletes(probe, owned, reference, target.call, attacker=ANON), "deleted"
    elif _has_text(target.call):
        effect = await changes(probe, owned, reference, target.call, able=target.owner, attacker=ANON)
        done = "changed"
    else:
        effect, done = await acts(probe, owned, reference, target.call, attacker=ANON), "changed"
    if isinstance(effect, Verdict):
        return effect
    return proved(
        title=f"An account's {owned.noun} can be {done} without logging in",
        summary=f"Anybody can have {target.owner}'s {owned.noun} {done} at {probe.endpoint.name} without a credential.",
        proof=(*effect.facts, "no request of these carried a credential"),
        attacks=effect.attacks,
        place=reference.place,
        severity=_severity(target),
        cvss=_cvss(target, "VC:N/VI:H"),
        victim=target.owner,
    )


def _has_text(call: Call) -> bool:
    return any(place.within == "body" and isinstance(call.get(place), str) for place in call.places())


def _hard_to_find(target: Target) -> bool:
    """An id that cannot be guessed and was shown to nobody."""
    if target.owned is None or target.reference is None:
        return False
    value = as_text(dict(target.reference.values)[target.reference.place])
    return looks_random(value) and not target.owned.leaked_in


def _severity(target: Target) -> Severity:
    return "medium" if _hard_to_find(target) else "high"


def _cvss(target: Target, impact: str) -> str:
    return f"CVSS:4.0/AV:N/AC:L/AT:{'P' if _hard_to_find(target) else 'N'}/PR:N/UI:N/{impact}/VA:N/SC:N/SI:N/SA:N"
