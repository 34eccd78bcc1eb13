"""`mass-assignment`: properties that callers must not set, accepted and stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gatewright.access.classify import classify
from gatewright.checks.candidates import other_value, second_value, typed
from gatewright.checks.claims import with_claims
from gatewright.checks.controls import bind, call_of, look
from gatewright.checks.exposed import documented
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.schema import Schema
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import SEVERITIES, Severity, Verdict, conclude, proved
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.privacy import words

_HIGH = frozenset(
    [
        "role",
        "admin",
        "staff",
        "superuser",
        "permission",
        "scope",
        "verified",
        "approved",
        "balance",
        "credit",
        "price",
        "discount",
        "total",
        "paid",
        "amount",
        "wallet",
    ]
)
_MEDIUM = frozenset(
    ["quota", "plan", "status", "state", "active", "enabled", "tier", "level", "limit", "points", "tenant", "org"]
)
_NEVER = frozenset(["id", "uuid", "href", "url", "link", "self", "etag", "version", "request", "now", "time"])
_OFTEN = (
    "role",
    "is_admin",
    "admin",
    "is_staff",
    "verified",
    "is_verified",
    "approved",
    "active",
    "status",
    "balance",
    "credit",
    "price",
    "discount",
    "paid",
    "plan",
)
"""Names tried where no answer shows any: at most eight, in the API's own case."""
_LOOKS = 4
"""Reads without a write between."""
_MOST = 8


class Target(Struct, frozen=True, kw_only=True):
    """What is written: a new object like `owned` (create), or an object or profile that is there (update)."""

    account: str
    call: Call
    owned: OwnedObject | None
    reference: Reference | None
    creates: bool
    signs_up: bool = False
    """Each write is a new account."""


class Moved(Struct, frozen=True, kw_only=True):
    """A property that was seen to take the value that was sent."""

    name: str
    before: str
    first: Json
    second: Json


@check(
    "mass-assignment",
    threat="API3:2023",
    title="A property that callers must not set is stored",
    severity="medium",
    cwe=(915,),
    attacker=Attacker.OWNER,
    needs=(Need.RECIPE, Need.CHANGES),
    phase=Phase.CHANGES,
    effect=Effect.OWN,
    requests=40,
)
async def mass_assignment(probe: Probe) -> Verdict:
    """Send properties along that the request does not document, and read whether they were stored.

    ## What it does
    Adds to an accepted request the properties that answers show and the request schema does not list (and a few usual
    names), with other values than the present ones, and then reads the object with a separate request.

    ## Why it matters
    A caller who may set `role`, `price` or `verified` needs no other flaw.

    ## How it is proved
    Read by GET, never from the answer to the write: the property has its old value before, the sent value after, and
    a second sent value after a second write. The same write without it leaves the old value, and an invented property
    is not stored (otherwise it is a free-form store, and nothing is claimed). Only objects that this run made are
    written, and the throw-away account.

    ## When it is wrong
    When callers are meant to set the property and the specification forgot to say so: then document it.

    ## Remedy
    Bind requests to a type that lists what callers may set; never copy the body onto the stored object. Set role,
    owner, price and state on the server.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/
    - https://cwe.mitre.org/data/definitions/915.html
    """
    target = _target(probe)
    if isinstance(target, Verdict):
        return target
    target = await _anew(probe, target)
    seen = await _view(probe, target)
    if seen is None or not 200 <= seen.status < 300:
        return conclude("not_visible", "what it writes is seen nowhere")
    candidates = _candidates(probe, target, seen)
    if not candidates:
        return conclude("no_effect", "every property that its answers show may be written by the documented request")
    moved, refused = await _bundle(probe, target, candidates)
    if not moved:
        if refused:
            return conclude(
                "protected", f"a write with further properties ({', '.join(list(candidates)[:4])}, …) is refused"
            )
        return conclude("no_effect", f"{len(candidates)} further properties were sent; none was stored")
    still = await _steady(probe, target, moved)
    if not still:
        return conclude("unstable", "what moved changes by itself, without any write")
    return await _controls(probe, target, still)


def _target(probe: Probe) -> Target | Verdict:
    endpoint = probe.endpoint
    creates = next(
        (o for o in probe.knowledge.objects if o.recipe is not None and o.recipe.endpoint == endpoint.id), None
    )
    if creates is not None and creates.recipe is not None:
        return Target(account=creates.owner, call=creates.recipe, owned=creates, reference=None, creates=True)
    subject = _subject(probe)
    if subject and classify(endpoint, probe.specification.resolve) == "register":
        return Target(
            account=subject, call=Call(endpoint=endpoint.id), owned=None, reference=None, creates=True, signs_up=True
        )
    if endpoint.method == "POST":
        return conclude("no_such_function", "it makes no object that can be seen again")
    for owned in probe.knowledge.owned(probe.account, endpoint.id):
        if owned.origin == "created" and owned.slot != "delete":
            reference = owned.reference(endpoint.id)
            call = call_of(probe, probe.account)
            if reference is not None and call is not None and reference.place.within != "body":
                return Target(
                    account=probe.account, call=bind(call, reference), owned=owned, reference=reference, creates=False
                )
    return _profile(probe)


async def _anew(probe: Probe, target: Target) -> Target:
    """The target with an object of its own for this cell: what a killed run had written would look like the value before."""
    if target.creates or target.owned is None or target.reference is None:
        return target
    made = await probe.fresh(target.owned)
    reference = made.reference(probe.endpoint.id, target.reference.place) if made else None
    if reference is None:
        return target
    return msgspec.structs.replace(target, owned=made, reference=reference, call=bind(target.call, reference))


def _profile(probe: Probe) -> Target | Verdict:
    """An update of the caller's own data: as the throw-away account, which may be broken."""
    if "{" in probe.endpoint.path:
        return conclude("no_reference", "it names no object that this run made")
    subject = _subject(probe)
    if not subject:
        return conclude("needs_configuration", "needs a throw-away account, and no sign-up endpoint worked")
    call = call_of(probe, subject)
    if call is None:
        return conclude("baseline_broken", "no accepted request is known")
    return Target(account=subject, call=_own_identity(probe, call, subject), owned=None, reference=None, creates=False)


def _subject(probe: Probe) -> str:
    """The throw-away account S, else any throw-away one; empty when there is none."""
    thrown = [name for name, account in probe.accounts.items() if account.origin == "throw-away"]
    return next((name for name in thrown if "subject" in name), thrown[0] if thrown else "")


def _own_identity(probe: Probe, call: Call, subject: str) -> Call:
    """The call with another account's identity values replaced by the subject's own, where it has one at that place."""
    for owned in probe.knowledge.owned(subject, probe.endpoint.id):
        for reference in owned.references:
            if reference.endpoint == probe.endpoint.id:
                call = bind(call, reference)
    return call


async def _view(probe: Probe, target: Target, made: OwnedObject | None = None) -> Answer | None:
    owned = made or target.owned
    if owned is not None:
        return await look(probe, owned, as_=target.account)
    for endpoint in _profiles(probe, target.account):
        call = call_of(probe, target.account, endpoint=endpoint)
        if call is not None:
            sent = await probe.send(call, as_=target.account, purpose="read-back", endpoint=endpoint)
            seen = read(sent.response)
            return await with_claims(probe, target.account, seen) if target.signs_up else seen
    return None


def _profiles(probe: Probe, account: str) -> list[Endpoint]:
    """GET endpoints that show the caller itself: the same path, then its probe."""
    same = [e for e in probe.knowledge.endpoints.values() if e.method == "GET" and e.path == probe.endpoint.path]
    call = probe.whoami(account)
    own = probe.knowledge.endpoints.get(call.endpoint) if call else None
    return [*same, *([own] if own else [])]


def _candidates(probe: Probe, target: Target, seen: Answer) -> dict[str, Json]:
    """Property → a value unlike the present one: what answers show and the request does not list; then usual names."""
    sent = {re.sub(r"\[\d*\]", "[]", name) for name, _ in leaves(target.call.body)} | _writable(probe)
    if target.signs_up and (account := probe.accounts.get(target.account)):
        sent |= set(account.registered)  # also what the sign-up asked for without being documented
    identity = probe.identity(target.account)
    found: dict[str, tuple[int, Json]] = {}
    prefix = _prefix(seen, {name for name, _ in leaves(target.call.body) if name} | _writable(probe))
    for leaf in seen.leaves:
        if prefix and not leaf.path.startswith(prefix) and "." not in leaf.path:
            continue  # the envelope's own: `status` and `message` beside `data`
        name = leaf.path.removeprefix(prefix)
        if not name or name in sent or "[]" in name or name in found or words(name.rpartition(".")[2]) & _NEVER:
            continue
        if leaf.value in identity or _is_clock(leaf.value):
            continue
        value = other_value(probe, name, leaf.value)
        if value is not None:
            found[name] = (-SEVERITIES.index(_severity(name)), value)
    if not any(rank < 0 for rank, _ in found.values()):
        camel = any(re.search(r"[a-z][A-Z]", leaf.path) for leaf in seen.leaves)
        for name in _OFTEN:
            name = _camel(name) if camel else name
            if name not in sent and name not in found and len(found) < _MOST:
                found[name] = (
                    1,
                    True if name.startswith("is") or name in ("admin", "verified", "approved", "paid", "active") else 7,
                )
    if (known := _declared(probe)) is not None:
        found = {name: value for name, value in found.items() if name in known}
    ranked = sorted(found.items(), key=lambda item: item[1][0])[:_MOST]
    return {name: value for name, (_, value) in ranked}


def _prefix(seen: Answer, names: set[str]) -> str:
    """The envelope around the object in answers (`data.`), found by a property that both the request and the answer have."""
    paths = {leaf.path for leaf in seen.leaves}
    if paths & names:
        return ""
    for leaf in seen.leaves:
        for name in sorted(names):
            if leaf.path.endswith("." + name):
                return leaf.path[: -len(name)]
    return ""


def _declared(probe: Probe) -> set[str] | None:
    """Everything that a GraphQL field takes: it refuses a request with anything else. None where more may be sent."""
    bodies = [probe.specification.resolve(body.schema) for body in probe.endpoint.bodies]
    if probe.endpoint.field is None or any(body.open for body in bodies):
        return None
    return _writable(probe, all_=True)


def _writable(probe: Probe, *, all_: bool = False) -> set[str]:
    """Top-level and nested properties that the documented request lists, `readOnly` ones apart (or `all_`)."""
    found: set[str] = set()

    def walk(schema: Schema, prefix: str, depth: int) -> None:
        schema = probe.specification.resolve(schema)
        for name, inner in schema.properties.items():
            if depth < 6 and (all_ or not inner.read_only):
                path = f"{prefix}.{name}" if prefix else name
                found.add(path)
                walk(inner, path, depth + 1)
        for part in schema.any_of:
            walk(part, prefix, depth + 1)

    for body in probe.endpoint.bodies:
        walk(body.schema, "", 0)
    return found


def _is_clock(value: str) -> bool:
    return bool(re.match(r"^\d{4}-\d\d-\d\dT", value))


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


async def _write(
    probe: Probe, target: Target, extra: Mapping[str, Json], purpose: str
) -> tuple[Answer | None, Exchange | None]:
    """One write with further properties, and the separate read of what it wrote; None when it was refused."""
    if target.signs_up:
        return await _sign_up(probe, extra)
    if target.creates and target.owned is not None:
        made = await probe.fresh(target.owned, owner=target.account, extra=extra)
        if made is None:
            return None, None
        if made.creation is not None:
            probe.cite(made.creation)
        return await _view(probe, target, made), made.creation
    call = target.call
    for name, value in extra.items():
        call = call.with_value(Place("body", name), value)
    exchange = await probe.send(call, as_=target.account, purpose=purpose)
    if exchange.response is None or exchange.response.meaning >= 400:
        return None, exchange
    if "read-back" in probe.settings.disabled_controls:
        return read(exchange.response), exchange
    return await _view(probe, target), exchange


async def _sign_up(probe: Probe, extra: Mapping[str, Json]) -> tuple[Answer | None, Exchange | None]:
    """A new account with further properties, as it sees itself afterwards."""
    made = await probe.sign_up(extra)
    if made is None:
        return None, None
    name, exchange = made
    call = probe.whoami(name)
    if call is None or call.endpoint not in probe.knowledge.endpoints:
        return None, exchange
    endpoint = probe.knowledge.endpoints[call.endpoint]
    seen = read((await probe.send(call, as_=name, purpose="read-back", endpoint=endpoint)).response)
    return await with_claims(probe, name, seen), exchange


def _value(answer: Answer | None, name: str) -> str | None:
    """The value of a property by its name, inside whatever envelope; None when absent."""
    if answer is None:
        return None
    return next((leaf.value for leaf in answer.leaves if leaf.path == name or leaf.path.endswith("." + name)), None)


async def _bundle(probe: Probe, target: Target, candidates: Mapping[str, Json]) -> tuple[list[Moved], bool]:
    """Which candidates move: all in one write; when it is refused, one by one. The flag says that all were refused."""
    before, _ = await _write(probe, target, {}, "control: plain write")
    if before is None:
        return [], True
    after, _ = await _write(probe, target, candidates, "attack: bundle")
    if after is not None:
        return _moved(candidates, before, after), False
    moved: list[Moved] = []
    refused = True
    for name, value in list(candidates.items())[:_MOST]:
        after, _ = await _write(probe, target, {name: value}, "attack: one property")
        if after is not None:
            refused = False
            moved += _moved({name: value}, before, after)
    return moved, refused


def _moved(candidates: Mapping[str, Json], before: Answer, after: Answer) -> list[Moved]:
    found = []
    for name, value in candidates.items():
        old = _value(before, name)
        if _value(after, name) == as_text(value) and old != as_text(value):
            found.append(Moved(name=name, before=old or "absent", first=value, second=second_value(value, old)))
    return found


async def _steady(probe: Probe, target: Target, moved: list[Moved]) -> list[Moved]:
    """Those that do not change by themselves: a banner that turns over may show the value that was sent, by chance."""
    views = [await _view(probe, target) for _ in range(_LOOKS)]
    still = [one for one in moved if len({_value(view, one.name) for view in views}) == 1]
    seen = "the same" if still else "different"
    holds = probe.control(
        "C9", f"what moved, read {_LOOKS} times", expected="the same", observed=seen, holds=bool(still)
    )
    return still or (moved if holds else [])


def _severity(name: str) -> Severity:
    found = words(name)
    return "high" if found & _HIGH else "medium" if found & _MEDIUM else "low"


async def _controls(probe: Probe, target: Target, moved: list[Moved]) -> Verdict:
    """The properties that moved, worst first: each alone with a second value; the plain write; the invented property."""
    invented = f"gwx{probe.random.randrange(10**6, 10**7)}"
    word = probe.marker()
    stored, _ = await _write(probe, target, {invented: word}, "control: invented property")
    free = stored is not None and any(word in leaf.value for leaf in stored.leaves)
    governed = [one for one in moved if _governed(probe, one)]
    if not probe.control(
        "nonsense",
        "an invented property",
        expected="not stored, or the property is one that the server governs",
        observed="stored" if free else "not stored",
        holds=not free or bool(governed),
    ):
        return conclude("schemaless", "it stores any property that is sent: a free-form store")
    moved = governed if free and governed else moved
    for one in sorted(moved, key=lambda m: -SEVERITIES.index(_severity(m.name))):
        verdict = await _alone(probe, target, one)
        if verdict is not None:
            return verdict
    return conclude("no_effect", "what moved with the bundle did not move alone")


def _governed(probe: Probe, one: Moved) -> bool:
    """Whether a property is the server's own, although it stores what nobody knows as well.

    The server sets it without being asked, the specification lists it in answers, and not among the properties that
    the request may have: a store of whatever one likes is described by an open schema, or by none.
    """
    bodies = [probe.specification.resolve(body.schema) for body in probe.endpoint.bodies]
    closed = bool(bodies) and all(b.properties and not b.open and b.additional is None for b in bodies)
    if not closed or one.before in ("absent", "null") or _severity(one.name) == "low":
        return False
    views = [probe.endpoint, *(e for e in probe.knowledge.endpoints.values() if e.path.startswith(probe.endpoint.path))]
    return any(path == one.name or path.endswith("." + one.name) for view in views for path in documented(probe, view))


async def _alone(probe: Probe, target: Target, one: Moved) -> Verdict | None:
    first, write = await _write(probe, target, {one.name: one.first}, "attack")
    second, _ = await _write(probe, target, {one.name: one.second}, "attack: confirmed")
    plain, _ = await _write(probe, target, {}, "control: plain write")
    took = _value(first, one.name) == as_text(one.first) and _value(second, one.name) == as_text(one.second)
    if not took or write is None:
        return None
    observed = _value(plain, one.name)
    kept = observed != as_text(one.first)
    if not probe.control(
        "plain",
        "the same write without it",
        expected=f"{one.name} is not {as_text(one.first)}",
        observed=str(observed),
        holds=kept,
    ):
        return None
    if target.signs_up:
        probe.leave(f"an account with {one.name} = {as_text(one.first)}", _call_of(write), endpoint=probe.endpoint)
    if not target.creates:  # the owner's own write of the former value takes the change back
        await _write(probe, target, {one.name: typed(one.before, one.first)}, "undo")
    severity = _severity(one.name)
    return proved(
        title=f"`{one.name}` can be set by its caller",
        summary=f"{target.account} set `{one.name}` at {probe.endpoint.name}, which the request does not document, and it was stored.",
        proof=(
            f"without it, a GET shows {one.name} = {one.before}",
            f"after {probe.endpoint.name} with {one.name} = {as_text(one.first)}, a GET shows {as_text(one.first)}",
            f"after the same with {as_text(one.second)}, a GET shows {as_text(one.second)}",
            "an invented property is not stored, or this one is set by the server itself and documented in answers alone",
        ),
        attacks=(write.number,),
        place=Place("body", one.name),
        severity=severity,
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:{'H' if severity == 'high' else 'L'}/VA:N/SC:N/SI:N/SA:N",
    )


def _call_of(write: Exchange) -> Call:
    request = write.request
    return Call(endpoint="", raw=request.body, content_type=request.header("content-type") or "")
