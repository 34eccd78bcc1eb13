"""`parameter-pollution`: one request names two objects, and guard and query look at different ones."""

from __future__ import annotations

import msgspec

from gatewright.checks.changing import Write, owner_view, prepare, prove, undo
from gatewright.checks.changing import strike as write_once
from gatewright.checks.controls import account_key, aims, baseline, bind, holds_value
from gatewright.checks.forms import Form, forms
from gatewright.checks.object_access_change import changeable
from gatewright.checks.object_access_read import pairs, plain
from gatewright.checks.reading import Aim, Forged, controls, leaks, seen, send
from gatewright.explore.policy import removes_several
from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, strongest
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, as_text, read

_MOST = 24
"""Requests with two values, for each reference."""


@check(
    "parameter-pollution",
    threat="API1:2023",
    title="A second value in the request reaches another account's object",
    severity="high",
    cwe=(235, 639),
    attacker=Attacker.PEER,
    needs=(Need.REFERENCE, Need.SAMPLE),
    phase=Phase.CHANGES,
    effect=Effect.OWN,
    requests=60,
)
async def parameter_pollution(probe: Probe) -> Verdict:
    """Reach another account's object, which is refused when named alone, by naming one's own object beside it.

    ## What it does
    Where the plain reference to another account's object is refused, the attacker's own working request is sent with
    both values: the parameter twice (in both orders), the JSON key twice, the same name in path, query, body and
    headers, in lists, wrapped in an object, under another spelling of its name, percent-encoded, or with characters
    after which one part of the server stops reading.

    ## Why it matters
    A guard that reads the first value and a query that reads the last one let the attacker through, although every
    plain attempt is refused. Gateways, frameworks and handlers differ in which value they take.

    ## How it is proved
    As for reading and changing objects: values that only the other object holds are shown to the attacker, again on a
    fresh object before its owner reads it; or the attacker's marker stands in the owner's object, twice. The plain
    reference is refused in the same run. The same form with a random id must not show or change anything.

    ## When it is wrong
    When an endpoint that takes several ids is meant to show objects of all accounts.

    ## Remedy
    Read each parameter once, in one place, and refuse requests that carry it twice or in a second place. Decide by the
    object that was loaded, not by the parameter: load it together with its owner.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/235.html
    """
    if _reads(probe):
        verdicts = [await _read(probe, *row) for row in pairs(probe, slot="read")[:4]]
    elif probe.endpoint.method in ("PUT", "PATCH"):
        verdicts = [await _change(probe, *row) for row in changeable(probe)[:4]]
    else:
        verdicts = []
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account that is read or changed")
    return strongest(verdicts)


def _reads(probe: Probe) -> bool:
    """GET and HEAD; POST where its body names the object and nothing is made by it."""
    if probe.endpoint.method != "POST" or removes_several(probe.endpoint):
        return probe.endpoint.method in ("GET", "HEAD")
    makers = {o.recipe.endpoint for o in probe.knowledge.objects if o.recipe is not None}
    named = probe.knowledge.named_by(probe.endpoint.id)
    in_body = any(r.place.within == "body" for o in named for r in o.references if r.endpoint == probe.endpoint.id)
    return in_body and probe.endpoint.id not in makers


async def _read(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Verdict:
    place = reference.place
    aim = plain(probe, owned, own, reference, reference)
    mine_at = own.reference(probe.endpoint.id, place) if own else None
    if aim is None or aim.own_call is None or mine_at is None:
        return conclude(
            "no_reference", f"{probe.account} has no object of its own to name beside the other", place=place
        )
    first = await baseline(probe, aim.owner_call, owned.owner, key=owned.key)
    mine = await baseline(probe, aim.own_call, probe.account, key=own.key if own else "own")
    if not first.holds or not 200 <= first.answers[0].status < 300 or not 200 <= mine.answers[0].status < 300:
        return conclude("baseline_broken", "one of both cannot read its own object", place=place)
    found = await seen(probe, first, mine.answers[0], reference)
    if not found:
        why = f"the owner's answer holds no value that only {owned.owner}'s object has"
        return conclude("no_witness", why, place=place)
    for aimed in reversed(aims(reference, own)):
        straight = await send(probe, aim, aimed, purpose="control: the reference alone")
        if leaks(probe, found, straight):
            why = "the reference alone reaches it already: object-access-read judges that"
            return conclude("no_effect", why, place=place)
        if same(mine.answers[0], read(straight.response)):
            return conclude("own_object", f"the reference is ignored: {probe.account} got its own object", place=place)
    own_id = dict(mine_at.values)[place]
    called = _called(probe, probe.account, mine.answers[0], own_id)
    shapes = _shapes(probe, aim.own_call, owned, own_id, place, called)
    tried = 0
    while shapes and tried < _MOST:
        form = shapes.pop(0)
        shaped = _shaped(probe, aim, form)
        exchange = await send(probe, shaped, reference, purpose=f"attack: {form.name}")
        tried += 1
        leak = bool(leaks(probe, found, exchange))
        if leak and not form.parts:
            verdict = await controls(probe, shaped, first=first, mine=mine.answers[0], found=found, exchange=exchange)
            return _worded(verdict, form, straight)
        if form.parts and (leak or _refused(exchange)):
            shapes[:0] = form.parts if leak else form.parts[:3]
    return conclude("denied", f"refused alone, and not shown in any of {tried} forms with both values", place=place)


def _shapes(
    probe: Probe, call: Call, owned: OwnedObject, own: Json, place: Place, called: tuple[list[str], list[str]]
) -> list[Form]:
    nouns = [owned.resource] if owned.resource != "object" else []
    ids, owners = called
    documented = {p.name for p in probe.endpoint.parameters if p.within != "path"}  # each alone is judged elsewhere
    owners = [name for name in owners if name not in documented]
    return forms(
        call,
        place,
        own,
        nouns,
        method=probe.endpoint.method,
        called=ids[:1],
        owners=dict.fromkeys(owners[:2], account_key(probe, owned.owner)),
    )


def _called(probe: Probe, account: str, answer: Answer, id_: Json) -> tuple[list[str], list[str]]:
    """What an account's object calls its id, and whose it is: names that hold the account's key, or an "id" of it."""
    own, key = probe.identity(account), as_text(account_key(probe, account))
    held = [(leaf.path.replace("[]", "").rpartition(".")[2], leaf.value) for leaf in answer.leaves]
    ids = [name for name, value in held if name and value == as_text(id_)]
    owners = [name for name, value in held if name and value in own and (value == key or "id" in words(name))]
    return list(dict.fromkeys(ids)), list(dict.fromkeys(owners))


def _shaped(probe: Probe, aim: Aim, form: Form) -> Aim:
    """The aim in another form: the victim's value goes where the form puts it, whatever its parents are."""
    return msgspec.structs.replace(
        aim,
        forge=lambda target: form.make(dict(target.values)[target.place]),
        told=f"in this form: {form.name}",
        title=f"{form.name[:1].upper()}{form.name[1:]}: another's {aim.owned.noun} can be read",
    )


def _refused(exchange: Exchange) -> bool:
    """A combined form that was refused as a whole says nothing of its parts."""
    return exchange.response is not None and 400 <= exchange.response.meaning < 500


def _worded(verdict: Verdict, form: Form, straight: Exchange) -> Verdict:
    """A proved verdict with what makes it one of this kind: the plain reference was refused."""
    if verdict.outcome != "vulnerable":
        return verdict
    status = straight.response.status if straight.response else 0
    fact = f"the reference alone was refused: status {status}; with {form.name} it was not"
    return msgspec.structs.replace(verdict, proof=(verdict.proof[0], fact, *verdict.proof[1:]))


async def _change(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Verdict:
    place = reference.place
    mine_at = own.reference(probe.endpoint.id, place) if own else None
    if mine_at is None:
        return conclude(
            "no_reference", f"{probe.account} has no object of its own to name beside the other", place=place
        )
    ready = await prepare(probe, owned, own, reference)
    if isinstance(ready, Verdict):
        return ready
    call, field, before = ready
    write = Write(
        owned=owned,
        own=own,
        reference=reference,
        call=call,
        field=field,
        before=before,
        forge=lambda target, marker: Forged(bind(call, target).with_value(field, marker)),
        told="",
    )
    for aimed in reversed(aims(reference, own)):
        marker = probe.marker()
        alone = msgspec.structs.replace(write, reference=aimed)
        straight = await write_once(probe, alone, marker, purpose="control: the reference alone")
        if holds_value(await owner_view(probe, owned), marker):
            undo(probe, write)
            why = "the reference alone changes it already: object-access-change judges that"
            return conclude("no_effect", why, place=place)
    called = _called(probe, owned.owner, before, dict(reference.values)[place])
    shapes = _shapes(probe, call, owned, dict(mine_at.values)[place], place, called)
    form = await _wrote(probe, write, shapes[:_MOST])
    if form is None:
        why = f"refused alone, and not changed in any of {len(shapes)} forms with both values"
        return conclude("denied", why, place=place)
    return _worded(await prove(probe, _written(write, form)), form, straight)


def _written(write: Write, form: Form) -> Write:
    def forge(target: Reference, marker: str) -> Forged:
        made = form.make(dict(target.values)[target.place])
        return Forged(made.call.with_value(write.field, marker), made.edit)

    return msgspec.structs.replace(
        write,
        forge=forge,
        told=f"in this form: {form.name}",
        title=f"{form.name[:1].upper()}{form.name[1:]}: another's {write.owned.noun} can be changed",
    )


async def _wrote(probe: Probe, write: Write, shapes: list[Form]) -> Form | None:
    """The form whose marker the owner sees in its object, after all were sent; a combined one is taken apart."""
    markers: dict[str, Form] = {}
    accepted = False
    for form in shapes:
        marker = probe.marker()
        markers[marker] = form
        exchange = await write_once(probe, _written(write, form), marker, purpose=f"attack: {form.name}")
        accepted = accepted or (exchange.response is not None and exchange.response.ok)
    for pause in (0.0, 0.5) if accepted else (0.0,):
        if pause:
            await probe.wait(pause)
        answer = await owner_view(probe, write.owned)
        found = next((form for marker, form in markers.items() if holds_value(answer, marker)), None)
        if found is not None:
            return found if not found.parts else await _wrote(probe, write, list(found.parts))
    return None
