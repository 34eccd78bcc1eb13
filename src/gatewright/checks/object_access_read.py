"""`object-access-read`: another account's object, read by naming it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gatewright.checks.controls import aims, bind, call_of, own_parents, peers
from gatewright.checks.further import look_further, swapped_credential
from gatewright.checks.links import follow_links
from gatewright.checks.looking import acts, may_act
from gatewright.checks.reading import Aim, Forged, ahead, judge
from gatewright.checks.streams import overheard
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, strongest
from gatewright.proof.privacy import PRIVATE_WORDS, words


@check(
    "object-access-read",
    threat="API1:2023",
    title="Another account's object can be read",
    severity="high",
    cwe=(639, 862),
    attacker=Attacker.PEER,
    needs=(Need.READS, Need.SAMPLE),
    phase=Phase.READS,
    streams=True,
    requests=33,
)
async def object_access_read(probe: Probe) -> Verdict:
    """Read an object of an equal account by putting its reference into one's own working request.

    ## What it does
    Takes the attacker's own accepted request and replaces nothing but the reference to an object (in path, query,
    header or body; alone or after one's own in a list; the parent of a path as well as its child) by that of an object
    which belongs to another account of the same role. Then it looks for values that only the other object holds. Places
    that nobody documented are tried too: filters of a list by its owner, headers that say who asks, ids that are only
    wrapped, a cookie beside the session that names its owner, and links in the owner's answers.

    ## Why it matters
    Anyone with an account can read what belongs to others by changing an id. It is the most common and most costly
    flaw of APIs, and no firewall sees it: each request is well-formed and authenticated.

    ## How it is proved
    The owner's answer, asked for three times, gives the values that identify the object (witnesses); what varies by
    itself, what the request carries, and what stands in the attacker's own object are left out. The attacker's answer
    must show one strong witness or two weak ones, twice, the second time on a fresh object that the owner has not
    read yet. A random reference, no credential and a corrupted credential must not show them. There must be evidence
    that the object is private: lists scoped by owner, another way that is refused, planted personal values.

    On a stream (server-sent events, WebSocket) the attacker listens while the owner changes or makes something with a
    new text in it: it must be told to the attacker, twice, while both hear their own, and nobody else anything.

    ## When it is wrong
    When objects are meant to be seen by all accounts and nothing in the API says so. Say it in `policy`.

    ## Remedy
    Decide by the owner, on the server, at every access: load the object together with the caller
    (`WHERE id = :id AND owner_id = :caller`), and answer 404 when that finds nothing. Unguessable ids are no
    substitute. Test it with two accounts.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/639.html
    """
    if probe.endpoint.stream:
        return await overheard(probe)
    if may_act(probe.endpoint) and (why := await acts(probe)):
        return conclude("no_such_function", why)
    verdicts = []
    named = [(reference, _ways(probe, owned, own, reference)) for owned, own, reference in pairs(probe, slot="read")]
    await ahead(probe, [aim for _, ways in named for aim in ways])
    for reference, ways in named:
        for aim in ways:
            verdict = await judge(probe, aim)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
        if not ways:
            verdicts.append(conclude("baseline_broken", "no accepted request is known", place=reference.place))
    for found in (await look_further(probe), await swapped_credential(probe), await follow_links(probe)):
        if found is not None and (found.outcome == "vulnerable" or not verdicts):
            verdicts.append(found)
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account")
    asking = [
        verdict for verdict in verdicts if verdict.question
    ]  # shown in one way: refusals of others answer nothing
    return strongest(asking or verdicts)


def _ways(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> list[Aim]:
    """Every way to ask for one object, the plainest first."""
    ways = [plain(probe, owned, own, reference, aimed) for aimed in aims(reference, own)]
    ways += [_beside(probe, owned, own, reference), _above(probe, owned, own, reference)]
    return [way for way in ways if way is not None]


def pairs(probe: Probe, *, slot: str) -> list[tuple[OwnedObject, OwnedObject | None, Reference]]:
    """For each place that names objects: one of a peer, one of the attacker's own of that kind, and the peer's reference.

    Objects kept for the slot come first, those that this run made before learnt ones. A place that names objects of
    several kinds has a row for each of the three that are likeliest to be private.
    """
    endpoint, kinds = probe.endpoint.id, bool(probe.endpoint.field and probe.endpoint.field.kinds)
    rows: dict[tuple[Place, str], tuple[OwnedObject, OwnedObject | None, Reference]] = {}
    for victim in peers(probe):
        for owned in _by_slot(probe.knowledge.owned(victim, endpoint), slot):
            for reference in owned.references:
                key = (reference.place, owned.resource if kinds else "")
                if reference.endpoint == endpoint and key not in rows:
                    mine = _by_slot(probe.knowledge.owned(probe.account, endpoint), slot)
                    own = next(
                        (o for o in mine if o.resource == owned.resource and o.reference(endpoint, reference.place)),
                        None,
                    )
                    rows[key] = (owned, own, reference)
    likely = sorted(rows.values(), key=lambda row: not PRIVATE_WORDS & words(row[0].noun)) if kinds else rows.values()
    return list(likely)[: 3 if kinds else None]


def _by_slot(objects: list[OwnedObject], slot: str) -> list[OwnedObject]:
    usable = [o for o in objects if o.slot != "delete" or slot == "delete"]
    kept = slot != "read"  # for what changes them, those that are kept to be read come last
    return sorted(usable, key=lambda o: (o.slot != slot, o.origin != "created", kept and o.slot == "read"))


def plain(
    probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference, aimed: Reference
) -> Aim | None:
    """The attacker's own working request with nothing but the reference replaced; None where no request is known.

    `aimed` is the reference as it is sent: as it is, or with the attacker's own parents.
    """
    owner_call = call_of(probe, owned.owner)
    attacker_call = call_of(probe, probe.account) or owner_call
    if owner_call is None or attacker_call is None:
        return None
    place, endpoint = reference.place, probe.endpoint.id
    mine = own.reference(endpoint, place) if own else None

    def refer(other: OwnedObject) -> Reference | None:
        target = other.reference(endpoint, place)
        return target if target is None or aimed == reference else own_parents(target, own)

    return Aim(
        owned=owned,
        own=own,
        reference=aimed,
        place=place,
        owner_call=bind(owner_call, reference),
        own_call=bind(attacker_call, mine) if mine else None,
        forge=lambda target: Forged(bind(attacker_call, target)),
        owner_asks=lambda target: bind(owner_call, _owners(probe, owned.owner, target)),
        refer=refer,
        told=f"by putting its reference into {place}",
    )


def _beside(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Aim | None:
    """Where a list of ids is sent: the attacker's own first, the other's after it, for guards that look at the first alone."""
    place = reference.place
    aim = plain(probe, owned, own, reference, reference)
    mine = own.reference(probe.endpoint.id, place) if own else None
    value = dict(reference.values)[place]
    if (
        aim is None
        or aim.own_call is None
        or mine is None
        or not (place.name.endswith("[]") or isinstance(value, list))
    ):
        return None
    whole, first, call = Place(place.within, place.name.removesuffix("[]")), dict(mine.values)[place], aim.own_call

    def forge(target: Reference) -> Forged:
        second = dict(target.values)[place]
        return Forged(call.with_value(whole, [*_listed(first), *_listed(second)]))

    told = f"by putting its reference after its own in {whole}"
    return msgspec.structs.replace(aim, forge=forge, told=told)


def _always(call: Call) -> Callable[[Reference], Call]:
    """The same request, whatever is asked for."""
    return lambda _: call


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _above(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Aim | None:
    """His parent, my child: what stands above is shown with what stands below it. Only for parents that are the owner's."""
    mine = own.reference(probe.endpoint.id, reference.place) if own else None
    if own is None or mine is None:
        return None
    theirs = dict(reference.values)
    for place, value in reversed(mine.values):
        parent = next(
            (o for o in probe.knowledge.objects if o.owner == owned.owner and o.id == theirs.get(place)), None
        )
        if place == reference.place or parent is None or theirs.get(place) == value:
            continue
        mixed = tuple((p, theirs[p] if p == place else v) for p, v in mine.values)
        aimed = Reference(endpoint=probe.endpoint.id, place=place, values=mixed)
        aim = plain(probe, owned, own, reference, aimed)
        if aim is None:
            return None
        return msgspec.structs.replace(
            aim,
            owned=parent,
            place=place,
            refer=lambda _: None,
            owner_asks=_always(aim.owner_call),
            told=f"by naming it in {place}",
        )
    return None


def _owners(probe: Probe, owner: str, target: Reference) -> Reference:
    """What a reference names, under the parents that it has for its owner."""
    value = dict(target.values)[target.place]
    known = (o.reference(target.endpoint, target.place) for o in probe.knowledge.owned(owner, target.endpoint))
    return next((r for r in known if r and dict(r.values)[r.place] == value), target)
