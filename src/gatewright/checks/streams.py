"""Streams judged: what an owner does while another listens, or nobody in particular (checks-1-5.md 2.1, row "stream")."""

from __future__ import annotations

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, corrupted, look, peers, random_like
from gatewright.checks.evidence import judge_privacy, open_lists, ordinary
from gatewright.checks.expectations import expects
from gatewright.checks.listening import Heard, Planted, Subject, Trigger, Tuned, hear, of_kind, subject, tune
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.knowledge import OwnedObject
from gatewright.model.test import Probe
from gatewright.model.verdict import Severity, Verdict, conclude, proved, strongest
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import Witness, looks_random

_SHARED = {"X1": "public", "X2": "shared", "X3": "public", "X4": "shared", "X5": "shared", "X6": "public"}


class Way(Struct, frozen=True, kw_only=True):
    """How the attacker listens in: its call, the owner's stream and doing, and the place that names what is watched."""

    call: Call
    tuned: Tuned
    trigger: Trigger
    place: Place | None

    @property
    def owner(self) -> str:
        """Whose doings are heard."""
        return self.tuned.subject.account

    async def listen(
        self,
        probe: Probe,
        as_: str,
        purpose: str,
        *,
        call: Call | None = None,
        credentials: tuple[Credential, ...] | None = None,
    ) -> Heard:
        """Somebody listens so, while the owner does its thing once more."""
        return await hear(
            probe,
            call or self.call,
            as_=as_,
            pulls=[(self.trigger, self.tuned.subject)],
            until=self.owner,
            purpose=purpose,
            credentials=credentials,
        )


async def overheard(probe: Probe) -> Verdict:
    """Whether the attacker hears what belongs to an account of its rank. At most 25 requests."""
    verdicts = []
    for theirs, mine in _pairs(probe):
        verdict = await _listen_in(probe, theirs, mine)
        if verdict.outcome == "vulnerable":
            return verdict
        verdicts.append(verdict)
    if not verdicts:
        return conclude("no_reference", "no account of equal rank has opened it")
    return strongest(verdicts)


def _pairs(probe: Probe) -> list[tuple[Subject, Subject | None]]:
    """For each place that names objects, at most two: the stream of a peer and that of the attacker; else both as they are."""
    found: list[tuple[Subject, Subject | None]] = []
    for victim in peers(probe):
        owned = probe.knowledge.owned(victim, probe.endpoint.id)
        for place in dict.fromkeys(r.place for o in owned for r in o.references if r.endpoint == probe.endpoint.id):
            theirs = subject(probe, victim, place)
            if (
                theirs is not None
                and len(found) < 2
                and place not in [s.reference.place for s, _ in found if s.reference]
            ):
                resource = theirs.owned.resource if theirs.owned else ""
                found.append((theirs, subject(probe, probe.account, place, resource)))
    if found:
        return found
    plain = (
        subject(probe, victim, None) for victim in peers(probe) if probe.knowledge.sample(probe.endpoint.id, victim)
    )
    theirs = next((one for one in plain if one is not None), None)
    return [(theirs, subject(probe, probe.account, None))] if theirs is not None else []


async def _listen_in(probe: Probe, theirs: Subject, mine: Subject | None) -> Verdict:
    place = theirs.reference.place if theirs.reference else None
    if place is not None and theirs.reference is not None:
        call = bind(call_of(probe, probe.account) or theirs.call, theirs.reference)
        opened = await probe.send(call, purpose="attack")
        if opened.response is None or not opened.response.ok:
            status = opened.response.meaning if opened.response is not None else opened.error
            return conclude(
                "denied", f"{probe.account} may not listen to {theirs.account}'s {theirs.noun}: {status}", place=place
            )
    tuned = await tune(probe, theirs)
    if tuned.trigger is None:
        return _deaf(tuned, place)
    own = await _own(probe, tuned, tuned.trigger, mine) if mine is not None else None
    if isinstance(own, Verdict):
        return own
    if own is not None and own.of(theirs.account) and mine is not None:
        return await _controls(probe, Way(call=mine.call, tuned=tuned, trigger=tuned.trigger, place=None), own)
    reference = tuned.subject.reference
    if place is None or reference is None:
        why = f"{probe.account} hears its own doings, and nothing of {theirs.account}'s"
        return conclude("own_object", why)
    call = bind(call_of(probe, probe.account) or theirs.call, reference)
    way = Way(call=call, tuned=tuned, trigger=tuned.trigger, place=place)
    attack = await way.listen(probe, probe.account, "attack")
    if not attack.open:
        return conclude(
            "denied", f"{probe.account} may not listen to a fresh {theirs.noun} of {theirs.account}", place=place
        )
    if not attack.of(theirs.account):
        why = f"{probe.account} listened to {theirs.account}'s {theirs.noun} and heard nothing of what {theirs.account} did"
        return conclude("no_effect", why, place=place)
    return await _controls(probe, way, attack)


def _deaf(tuned: Tuned, place: Place | None) -> Verdict:
    """The owner itself hears nothing of what it does."""
    owner = tuned.subject.account
    if not tuned.heard.open:
        response = tuned.heard.exchange.response
        status = response.meaning if response is not None else tuned.heard.exchange.error
        return conclude("baseline_broken", f"{owner} cannot open its own stream: {status}", place=place)
    tried = ", ".join(tuned.tried) or "nothing: no request of its own carries a text that could be told"
    why = f"{owner} listened to its own stream and heard nothing of what it did meanwhile ({tried}); "
    return conclude("not_visible", why + "an endpoint that makes what the stream tells would change that", place=place)


async def _own(probe: Probe, tuned: Tuned, trigger: Trigger, mine: Subject) -> Heard | Verdict:
    """C3: the attacker hears its own doings on its own stream; the owner does its thing first, so that both are told in turn."""
    kind = of_kind(probe, trigger, mine)
    pulls = [(trigger, tuned.subject), *([(kind, mine)] if kind is not None else [])]
    until = mine.account if kind is not None else tuned.subject.account
    heard = await hear(probe, mine.call, as_=mine.account, pulls=pulls, until=until, purpose="control: own stream")
    if heard.of(tuned.subject.account):
        return heard
    hears = bool(heard.of(mine.account)) or kind is None
    if not probe.control(
        "C3",
        f"{mine.account} listens to its own stream",
        expected="what it does is told",
        observed="told" if heard.of(mine.account) else "not told" if heard.open else "refused",
        holds=heard.open and hears,
    ):
        return conclude("control_failed", f"{mine.account} does not hear its own doings either")
    return heard


async def _controls(probe: Probe, way: Way, attack: Heard) -> Verdict:
    """Something of the owner's was heard: what must hold before that counts."""
    done = attack.of(way.owner)[0]
    if await _ignored(probe, way, as_=probe.account):
        return conclude("parameter_ignored", f"with a random value of {way.place} the same is told", place=way.place)
    anon = await _nobody(probe, way)
    if anon is None:
        why = "it is told without a credential that somebody was given; the tests of authentication judge that"
        return conclude("public", why, place=way.place)
    if "X2" not in probe.settings.disabled_controls and _seen(await ordinary(probe, _owned(done)), done):
        return conclude("shared", f"{probe.account} sees the same in its ordinary lists", place=way.place)
    private, codes, why = await _private(probe, done, anon=anon, got=read(attack.exchange.response))
    if not private and "privacy" not in probe.settings.disabled_controls:
        return _ask(probe, way, codes, why)
    again = await way.listen(probe, probe.account, "attack: confirmed")
    confirmed = again.of(way.owner)
    last = (*confirmed, done)[0]
    if not probe.control(
        "C8",
        f"{probe.account} listens again, and {way.owner} does it once more",
        expected="told again",
        observed="told" if confirmed else "not told",
        holds=bool(confirmed),
    ):
        return conclude("unstable", "it was told once, and not again", place=way.place)
    account, owner, noun = probe.account, way.owner, _owned(done).noun
    how = f"by naming it in {way.place}" if way.place else "on its own stream"
    return proved(
        title=f"Any {probe.accounts[account].role or 'account'} hears on a stream what happens to another's {noun}",
        summary=f"{account} heard at {probe.endpoint.name} what {owner} did with its {noun}, {how}.",
        proof=(
            f"{account} listened {how}; {owner} then {way.trigger.told}, and {account} was told {_text(done)}",
            f"the same again: {account} was told {_text(last)}",
            "the texts are new each time and stand in no request of the listener",
            f"private: {why}",
        ),
        attacks=(attack.exchange.number, again.exchange.number),
        place=way.place,
        severity=_severity(way),
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
        victim=owner,
        witness=done.texts,
    )


def _text(done: Planted) -> str:
    return f'"{done.texts[0]}"'


def _owned(done: Planted) -> OwnedObject:
    """The object that the doing was about."""
    if done.owned is None:
        raise LookupError(f"what {done.account} did was about no object")
    return done.owned


def _severity(way: Way) -> Severity:
    """One band down where an id must be named that cannot be guessed and was shown nowhere to others."""
    reference, owned = way.tuned.subject.reference, way.tuned.subject.owned
    if way.place is None or reference is None or owned is None:
        return "high"
    return "medium" if looks_random(as_text(dict(reference.values)[way.place])) and not owned.leaked_in else "high"


async def _ignored(probe: Probe, way: Way, *, as_: str) -> bool:
    """C4: whether a random value of the place tells the same."""
    if way.place is None:
        return False
    wrong = way.call.with_value(way.place, random_like(probe, way.call.get(way.place)))
    heard = await way.listen(probe, as_, "control: random id", call=wrong)
    told = bool(heard.of(way.owner))
    return not probe.control(
        "C4",
        "a random value of the place",
        expected="tells nothing of it",
        observed="the same" if told else "nothing" if heard.open else "refused",
        holds=not told,
    )


async def _nobody(probe: Probe, way: Way) -> Answer | None:
    """C5 and C6: the answer to nobody; None when it is told without a credential that somebody was given."""
    anon = await way.listen(probe, ANON, "control: no credential")
    bad = corrupted(await probe.credentials(probe.account))
    garbage = await way.listen(probe, ANON, "control: corrupted credential", credentials=bad)
    held = True
    for name, what, heard in (
        ("C5", "without a credential", anon),
        ("C6", "with a credential that nobody was given", garbage),
    ):
        told = bool(heard.of(way.owner))
        seen = "told" if told else "nothing told" if heard.open else "refused"
        held &= probe.control(name, what, expected="refused, or nothing told", observed=seen, holds=not told)
    return read(anon.exchange.response) if held else None


def _seen(answers: list[Answer], done: Planted) -> bool:
    """X2: whether lists show what was done, or what was made before in the same way."""
    like = done.trigger.like.markers if done.trigger.like is not None else ()
    texts = (*done.texts, *_owned(done).markers, *like)
    return any(text in answer.text for answer in answers for text in texts)


async def _private(
    probe: Probe, done: Planted, *, anon: Answer | None, got: Answer | None, viewer: str = ""
) -> tuple[bool, frozenset[str], str]:
    """Whether what was told is private, the evidence, and the sentence that says why."""
    owned = _owned(done)
    sees = await look(probe, owned, purpose="control: owner afterwards")
    private, evidence, why = await judge_privacy(
        probe,
        owned,
        action="read",
        owner_sees=sees or Answer(0, "empty", (), "", ()),
        attacker_sees=None,
        found=tuple(Witness("", text, True) for text in done.texts),
        anon=anon,
        viewer=viewer,
        attacker_got=got,
    )
    return private, evidence.codes, why


def _ask(probe: Probe, way: Way, codes: frozenset[str], why: str) -> Verdict:
    reason = next((_SHARED[code] for code in sorted(codes) if code in _SHARED), "")
    if reason:
        return conclude(reason, why, place=way.place)
    path, name = probe.endpoint.shown_path, probe.endpoint.name
    return conclude(
        "no_privacy_evidence",
        why,
        place=way.place,
        question=f"{probe.account} heard at {name} what {way.owner} does: private?",
        answer_with=f'policy: {{"{path}": private}}',
    )


async def unguarded(probe: Probe) -> Verdict:
    """Whether what belongs to an account is told to nobody in particular. At most 20 requests."""
    owner = next((n for n in _owners(probe) if probe.knowledge.sample(probe.endpoint.id, n)), "")
    places = dict.fromkeys(
        r.place for o in probe.knowledge.owned(owner, probe.endpoint.id) for r in o.references
        if r.endpoint == probe.endpoint.id
    )  # fmt: skip
    one = subject(probe, owner, next(iter(places), None)) if owner else None
    if one is None:
        return conclude("no_reference", "no account of ours has opened it")
    place = one.reference.place if one.reference else None
    opened = await probe.send(one.call, as_=ANON, purpose="attack", credentials=())
    if opened.response is None or not opened.response.ok:
        status = opened.response.meaning if opened.response is not None else opened.error
        return conclude("denied", f"nobody may listen there without a credential: {status}", place=place)
    tuned = await tune(probe, one)
    if tuned.trigger is None:
        return _deaf(tuned, place)
    call, reference = one.call, tuned.subject.reference
    call = bind(call, reference) if reference is not None else call
    way = Way(call=call, tuned=tuned, trigger=tuned.trigger, place=place)
    attack = await way.listen(probe, ANON, "attack")
    if not attack.of(owner):
        return conclude("no_effect", f"nobody listened, and heard nothing of what {owner} did", place=place)
    if await _ignored(probe, way, as_=ANON):
        way = Way(call=call, tuned=tuned, trigger=tuned.trigger, place=None)  # it tells everybody everything
    return await _without(probe, way, attack)


async def _without(probe: Probe, way: Way, attack: Heard) -> Verdict:
    """Something of an account's was told to nobody: what must hold before that counts."""
    done, owner = attack.of(way.owner)[0], way.owner
    if _seen(await open_lists(probe), done):
        return conclude("public", "the same is shown in lists that ask for no credential", place=way.place)
    denied = expects(probe, ANON) == "deny"
    why = "access.yaml denies it to anybody" if denied else "the specification asks for a credential there"
    if not (probe.endpoint.secured or denied):
        viewer = next((n for n in probe.accounts if n != owner and probe.rank(n) == probe.rank(owner)), "")
        _, codes, why = await _private(probe, done, anon=None, got=None, viewer=viewer)
        if not any(code[0] == "S" for code in codes) or codes & {"X1", "X3"}:
            why = f"the specification asks for no credential there, and nothing strong says that it is private ({why})"
            return conclude("public", why, place=way.place)
    again = await way.listen(probe, ANON, "attack: again")
    confirmed = again.of(owner)
    last = (*confirmed, done)[0]
    if not probe.control(
        "C8",
        f"nobody listens again, and {owner} does it once more",
        expected="told again",
        observed="told" if confirmed else "not told",
        holds=bool(confirmed),
    ):
        return conclude("unstable", "it was told once, and not again", place=way.place)
    noun = _owned(done).noun
    return proved(
        title=f"What happens to an account's {noun} is told on a stream without logging in",
        summary=f"Anybody can listen at {probe.endpoint.name}, without a credential, to what {owner} does with its {noun}.",
        proof=(
            f"a stream opened without any credential told {_text(done)} when {owner} {way.trigger.told}",
            f"the same again: it told {_text(last)}",
            f"private: {why}",
        ),
        attacks=(attack.exchange.number, again.exchange.number),
        place=way.place,
        severity=_severity(way),
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
        victim=owner,
        witness=done.texts,
    )


def _owners(probe: Probe) -> list[str]:
    return sorted(probe.accounts, key=lambda n: (probe.accounts[n].origin == "throw-away", probe.rank(n), n))
