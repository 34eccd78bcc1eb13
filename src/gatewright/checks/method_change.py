"""`method-change`: a method that the specification does not know, or that it keeps for others, works after all."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from gatewright.checks.barred import barred, passed_by
from gatewright.checks.controls import bind, call_of, holds_value, look
from gatewright.checks.effects import rehearsed, steady, strike, target, text_places
from gatewright.checks.object_access_delete import gone
from gatewright.checks.overrides import HEADERS, NOTHING, Way, all_of, overrides
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved, strongest
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read

_WRITES = ("PUT", "PATCH", "POST")


class Scene(Struct, frozen=True, kw_only=True):
    """One object that the attacker may read and not write, with a body that writes it."""

    owned: OwnedObject
    reference: Reference
    call: Call
    field: Place
    documented: frozenset[str]


@check(
    "method-change",
    threat="API5:2023",
    title="A method that is refused or undocumented works in another way",
    severity="high",
    cwe=(650, 285),
    attacker=Attacker.LOWER,
    needs=(Need.METHODS, Need.ORDINARY, Need.OWNED, Need.SAMPLE),
    phase=Phase.CHANGES,
    effect=Effect.OWN,
    requests=80,
)
async def method_change(probe: Probe) -> Verdict:
    """Try to change what one may only read, by methods that are not documented and by method overrides.

    ## What it does
    Takes an object of somebody else that the attacker may read, and sends to its path the methods that the
    specification does not name there, and those that it names and the server refuses, disguised as another method:
    in `X-HTTP-Method-Override` and its relatives, and in `_method`. The owner looks for the effect. A function that the
    server refuses to the attacker's role (purge, approve) is asked for in the same ways on the attacker's own objects.

    ## Why it matters
    Rights are often checked by method, or by path in a gateway. A handler that nobody thought of, or an override that
    is resolved after the check, passes both.

    ## How it is proved
    The owner reads the object twice before: it does not move. The direct, documented methods are refused or have no
    effect. A marker that the attacker writes in another way then stands in the object as its owner sees it, and a
    second one too. Among equals only a DELETE that no specification names is tried, where none that writes is named:
    it must remove two objects that were made for it, while a method that nobody knows does not. The same request with a method that nobody knows must not have the effect, nor, for an override,
    the carrying method without it. A deletion counts when the owner no longer finds the object and its twin is there.

    ## When it is wrong
    When the attacker's role is meant to change the object and the specification forgot to say so.

    ## Remedy
    Route only the methods that are meant, answer 405 to all others, and check rights in the handler that acts, after
    every rewriting. Switch method overrides off.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
    - https://cwe.mitre.org/data/definitions/650.html
    """
    alike = _documented(probe)
    if probe.endpoint.method != "GET" and any(e.method == "GET" for e in alike):
        return conclude("no_such_function", "methods are tried at the path's GET")
    kept = barred(probe, alike)
    if probe.endpoint.method != "GET":
        return (
            await passed_by(probe, kept) if kept else conclude("no_such_function", "it is not kept for a higher role")
        )
    found = await passed_by(probe, kept) if kept else None
    if found is not None and found.outcome == "vulnerable":
        return found
    rows = _objects(probe)
    if not rows and probe.account != ANON:
        return found or await _among_equals(probe)
    if not rows:
        return conclude("no_reference", "nobody else owns an object of this run that it names")
    other = await _on_others(probe, *rows[0])
    return strongest([found, other]) if found else other


async def _on_others(probe: Probe, owned: OwnedObject, reference: Reference) -> Verdict:
    """An object of somebody of higher rank, which the attacker may read and not write."""
    if not await _readable(probe, owned, reference):
        return conclude("denied", f"{probe.account} may not even read it")
    owned, reference = await target(probe, owned, reference)
    before = await steady(probe, owned)
    if isinstance(before, Verdict):
        return before
    scene = await _scene(probe, owned, reference, before[0])
    if isinstance(scene, Verdict):
        return scene
    direct = await _first(probe, scene, [Way(method=m, carrier=m) for m in _WRITES if m in scene.documented])
    if direct is not None:
        return conclude(
            "no_effect", f"{probe.account} may change it by {direct[0].told()}: function-access judges that"
        )
    hidden = await _first(probe, scene, [Way(method=m, carrier=m) for m in _WRITES if m not in scene.documented])
    if hidden is None:
        hidden = await _override(probe, scene)
    if hidden is not None:
        return await _controls(probe, scene, *hidden)
    return await _delete(probe, scene)


def _objects(probe: Probe) -> list[tuple[OwnedObject, Reference]]:
    """Objects of others that this run made and the endpoint names by its path, those of the highest rank first."""
    found = [
        (owned, reference)
        for owned in probe.knowledge.objects
        for reference in owned.references
        if owned.origin == "created"
        and owned.owner != probe.account
        and owned.slot != "delete"
        and reference.endpoint == probe.endpoint.id
        and reference.place.within == "path"
        and probe.rank(owned.owner) > probe.rank(probe.account)
    ]
    return sorted(found, key=lambda row: (-probe.rank(row[0].owner), row[0].slot != "change", row[0].key))


async def _among_equals(probe: Probe) -> Verdict:
    """Where nobody above owns an object: a DELETE that the specification does not know, on one's own and an equal's."""
    if any(e.method in (*_WRITES, "DELETE") for e in _documented(probe)):
        return conclude("no_reference", "what may be written there is documented: object access judges that")
    if probe.specification.dialect == "har":
        return conclude("no_reference", "no specification says which methods there are")
    equals = [n for n in probe.accounts if n != probe.account and probe.rank(n) == probe.rank(probe.account)]
    done: list[tuple[OwnedObject, int]] = []
    for owner in (probe.account, *equals[:1]):
        for again in ("", ", confirmed") if owner == probe.account else ("",):
            exchange, made = await _vanishes(probe, owner, again)
            if isinstance(exchange, Verdict) or made is None:
                if not done and isinstance(exchange, Verdict):
                    return exchange
                break
            done.append((made, exchange.number))
        if len(done) < 2:
            return conclude("unstable", "the first deletion was seen, a second one was not")
    owner = done[-1][0].owner
    whose = "another account's" if owner != probe.account else "its own"
    noun = done[-1][0].resource
    return proved(
        title=f"{noun.capitalize()} can be deleted by a method that the specification does not know",
        summary=f"{probe.account} deleted {whose} {noun} at {probe.endpoint.path} by DELETE, which is documented nowhere.",
        proof=(
            f"{probe.account} owned two {noun}s and read both; a method that nobody knows left them alone",
            f"{probe.account} sent DELETE for one and then for the other, and no longer finds them",
            *(
                [f"{owner} read its own; after {probe.account}'s DELETE it no longer finds it"]
                if owner != probe.account
                else []
            ),
        ),
        attacks=tuple(number for _, number in reversed(done)),
        also=(f"DELETE {probe.endpoint.path}",),
        severity="high" if owner != probe.account else "medium",
        victim=owner if owner != probe.account else "",
    )


async def _vanishes(probe: Probe, owner: str, again: str) -> tuple[Exchange, OwnedObject] | tuple[Verdict, None]:
    """One deletion of an object made for it, and its owner's look afterwards; the verdict where it stays."""
    like = next(
        (o for o in probe.knowledge.owned(owner, probe.endpoint.id) if o.origin == "created" and o.slot != "delete"),
        None,
    )
    made = await probe.fresh(like) if like else None
    reference = made.reference(probe.endpoint.id) if made else None
    if made is None or reference is None or reference.place.within != "path":
        return conclude("no_reference", f"no object of {owner} that it names could be made"), None
    call = _reading(probe, made, reference)
    for method, purpose in ((NOTHING, "control: a method that nobody knows"), ("DELETE", f"attack{again}")):
        way = Way(method=method, carrier=method)
        exchange = await strike(probe, call, as_=probe.account, purpose=purpose, edit=way.edit)
        vanished = gone(await look(probe, made))
        if method == "DELETE":
            break
        if not probe.control(
            "GWNOOP",
            "a method that nobody knows",
            expected="no effect",
            observed="gone" if vanished else "no effect",
            holds=not vanished,
        ):
            return conclude("control_failed", f"{owner}'s {made.resource} is gone without any DELETE"), None
    if not vanished:
        return conclude("denied", f"no undocumented DELETE removed {owner}'s {made.resource}"), None
    return exchange, made


async def _readable(probe: Probe, owned: OwnedObject, reference: Reference) -> bool:
    """C3: the attacker reads the object."""
    exchange = await strike(
        probe, _reading(probe, owned, reference), as_=probe.account, purpose="control: attacker reads"
    )
    answer = read(exchange.response)
    return probe.control(
        "C3",
        f"{probe.account} reads {owned.owner}'s {owned.noun}",
        expected="accepted",
        observed=f"status {answer.status}",
        holds=not DeniedFamily().denied(answer),
    )


def _reading(probe: Probe, owned: OwnedObject, reference: Reference) -> Call:
    return bind(call_of(probe, owned.owner) or Call(endpoint=probe.endpoint.id), reference)


async def _scene(probe: Probe, owned: OwnedObject, reference: Reference, answer: Answer) -> Scene | Verdict:
    """What could be written into the object: by a documented change of its owner that is seen, else by its creation."""
    documented = _documented(probe)
    methods = frozenset(e.method for e in documented)
    reading = _reading(probe, owned, reference)
    for body in _bodies(probe, owned, documented):
        call = msgspec.structs.replace(reading, body=body.body, content_type=body.content_type or "application/json")
        writer = next((e for e in documented if e.id == body.endpoint), None)
        if writer is None:
            field = next(iter(text_places(call, answer)), None)
        else:
            field = await rehearsed(probe, owned, call, answer, able=owned.owner, endpoint=writer)
        if field is not None:
            return Scene(owned=owned, reference=reference, call=call, field=field, documented=methods)
    return conclude("not_visible", "no accepted request is known whose text would be seen in the object")


def _documented(probe: Probe) -> list[Endpoint]:
    """Endpoints of the same path, parameters' names apart."""
    return [e for e in probe.knowledge.endpoints.values() if _shape(e) == _shape(probe.endpoint)]


def _shape(endpoint: Endpoint) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in f"{endpoint.base}{endpoint.path}".split("/"))


def _bodies(probe: Probe, owned: OwnedObject, documented: list[Endpoint]) -> list[Call]:
    """Accepted bodies that write such an object: of a documented change, then of its creation."""
    ids = {e.id for e in documented if e.method in _WRITES}
    found = [s.call for s in probe.knowledge.samples if s.endpoint in ids and isinstance(s.call.body, dict)]
    if owned.recipe is not None and isinstance(owned.recipe.body, dict):
        found.append(owned.recipe)
    create = probe.knowledge.resources.get(owned.resource, {}).get("create", "")
    found += [s.call for s in probe.knowledge.samples if s.endpoint == create and isinstance(s.call.body, dict)]
    return found[:2]


async def _first(probe: Probe, scene: Scene, ways: list[Way]) -> tuple[Way, Exchange] | None:
    """The way whose marker stands in the object after all were tried, with its exchange; None: none of them."""
    if not ways:
        return None
    sent = []
    for way in ways:
        marker = probe.marker()
        sent.append((way, marker, await _try(probe, scene, way, marker, purpose=f"attack: {way.told()}")))
    accepted = any(e.response is not None and not DeniedFamily().denied(read(e.response)) for _, _, e in sent)
    for pause in (0.0, 1.0) if accepted else (0.0,):  # where all were refused, one look makes sure
        if pause:
            await probe.wait(pause)
        answer = await look(probe, scene.owned)
        found = next(((way, exchange) for way, marker, exchange in sent if holds_value(answer, marker)), None)
        if found is not None:
            return found
    return None


async def _try(
    probe: Probe, scene: Scene, way: Way, marker: str, *, purpose: str, edit: Callable[[Request], Request] | None = None
) -> Exchange:
    call = scene.call.with_value(scene.field, marker)
    return await strike(probe, call, as_=probe.account, purpose=purpose, edit=edit or way.edit)


async def _override(probe: Probe, scene: Scene) -> tuple[Way, Exchange] | None:
    """Overrides of one method, all at once on POST and on GET; then which of them it was."""
    method = next((m for m in ("PATCH", "PUT") if m in scene.documented), "PUT")
    for carrier in ("POST", "GET"):
        group = overrides(method, carrier)
        marker = probe.marker()
        await _try(probe, scene, group[0], marker, purpose=f"attack: overrides on {carrier}", edit=all_of(group))
        if holds_value(await look(probe, scene.owned), marker):
            for way in group:
                found = await _first(probe, scene, [way])
                if found is not None:
                    return found
    return None


async def _controls(probe: Probe, scene: Scene, way: Way, attack: Exchange) -> Verdict:
    """A change was seen: not by a method that nobody knows, not by the carrier alone, and once more."""
    others = [("a method that nobody knows", way.instead(NOTHING))]
    if way.header or way.query or way.body:
        others.append((f"{way.carrier} alone", Way(method=way.carrier, carrier=way.carrier)))
    for name, other in others:
        marker = probe.marker()
        await _try(probe, scene, other, marker, purpose=f"control: {name}")
        same = holds_value(await look(probe, scene.owned), marker)
        if not probe.control(
            "GWNOOP",
            name,
            expected="no effect",
            observed="the same effect" if same else "no effect",
            holds=not same,
        ):
            return conclude("control_failed", f"{name} has the same effect: the method is not what decides")
    again = await _first(probe, scene, [way])
    if again is None:
        return conclude("unstable", f"{way.told()} changed it once, and not again")
    owned = scene.owned
    _restore(probe, scene)
    return _proved(
        probe,
        scene,
        way,
        done="changed",
        facts=(
            f"{owned.owner} owns {owned.noun} {as_text(owned.id)}; it did not move between two reads",
            f"the methods that the specification names for it ({_named(scene)}) do not let {probe.account} change it",
            f"{probe.account} sent {way.told()} with a new marker in {scene.field.name}; {owned.owner} then read it there, twice",
            *(f"{name} has no effect" for name, _ in others),
        ),
        attacks=(again[1].number, attack.number),
    )


def _named(scene: Scene) -> str:
    return ", ".join(m for m in _WRITES if m in scene.documented) or "none that writes"


def _restore(probe: Probe, scene: Scene) -> None:
    """The owner writes the former body back, where it has a method for that."""
    for endpoint in _documented(probe):
        if endpoint.method in ("PUT", "PATCH"):
            call = msgspec.structs.replace(scene.call, endpoint=endpoint.id)
            what = f"{scene.owned.owner}'s {scene.owned.resource} as it was"
            probe.undo(what, call, as_=scene.owned.owner, endpoint=endpoint)
            return


async def _delete(probe: Probe, scene: Scene) -> Verdict:
    """DELETE where it is undocumented, or disguised where it is refused; twice, on objects made for it."""
    quiet = conclude("denied", f"no other method or override let {probe.account} change the {scene.owned.resource}")
    plain = Way(method="DELETE", carrier="DELETE")
    made = await probe.fresh(scene.owned)
    reference = made.reference(scene.reference.endpoint, scene.reference.place) if made else None
    if made is None or reference is None:
        return quiet
    way, one = plain, made
    if "DELETE" in scene.documented:
        way = Way(method="DELETE", carrier="POST", header=HEADERS[0])
        if await _removed(probe, scene, plain, (one, reference)) is not None:
            return conclude("no_effect", f"{probe.account} may delete it directly: function-access judges that")
    sent = []
    for again in (False, True):
        if again:
            one, reference = await target(probe, scene.owned, scene.reference)
            if await _missing(probe, one) or await _missing(probe, one):
                return conclude("unstable", f"{one.owner}'s {one.resource} vanished by itself")
        exchange = await _removed(probe, scene, way, (one, reference))
        if exchange is None:
            return conclude("unstable", "the first deletion was seen, a second one was not") if again else quiet
        sent.append(exchange.number)
    return _proved(
        probe,
        scene,
        way,
        done="deleted",
        facts=(
            f"{one.owner} owned two {scene.owned.resource}s and read both",
            f"{probe.account} sent {way.told()} for one; {one.owner} no longer finds it",
            "the other was still there, was read twice, and went in the same way",
        ),
        attacks=tuple(sent),
    )


async def _removed(probe: Probe, scene: Scene, way: Way, one: tuple[OwnedObject, Reference]) -> Exchange | None:
    """The attacker's exchange after which the owner no longer finds the object; None when it still does."""
    call = bind(scene.call, one[1])
    exchange = await strike(probe, call, as_=probe.account, purpose=f"attack: {way.told()}", edit=way.edit)
    return exchange if gone(await look(probe, one[0])) else None


async def _missing(probe: Probe, owned: OwnedObject) -> bool:
    answer = await look(probe, owned)
    return answer is None or gone(answer)


def _proved(
    probe: Probe, scene: Scene, way: Way, *, done: str, facts: tuple[str, ...], attacks: tuple[int, ...]
) -> Verdict:
    nobody = probe.account == ANON
    who = "Anybody" if nobody else f"Any {probe.accounts[probe.account].role or 'account'}"
    severity: Severity = "critical" if nobody else "high"
    return proved(
        title=f"{who} can have a {scene.owned.resource} {done} by {way.told()}",
        summary=f"{probe.account} had {scene.owned.owner}'s {scene.owned.resource} {done} at {probe.endpoint.path} by {way.told()}.",
        proof=facts,
        attacks=attacks,
        also=(f"{way.method} {probe.endpoint.path}",),
        severity=severity,
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:N/PR:{'N' if nobody else 'L'}/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=scene.owned.owner,
    )
