"""`data-exposure`: answers that carry more than the caller should see."""

from __future__ import annotations

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, readers
from gatewright.checks.evidence import MEMBERS
from gatewright.model.account import ANON
from gatewright.model.call import render
from gatewright.model.endpoint import Place, Specification
from gatewright.model.http import Exchange
from gatewright.model.schema import Schema
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, Leaf, as_text, read
from gatewright.proof.sensitive import CREDENTIALS, PERSONAL, classify, is_internal, masked
from gatewright.proof.witness import sent_text

PRIVATE = "private value"
"""Class of a value that the configuration, or the sign-up, calls private."""


class Exposed(Struct, frozen=True):
    """One leaf that should not be there: its class, which rule says so (E1, E2, E3), and whose it is."""

    leaf: Leaf
    kind: str
    rule: str
    whose: str
    count: int = 1


@check(
    "data-exposure",
    threat="API3:2023",
    title="An answer carries data that its caller should not see",
    severity="high",
    cwe=(213, 200),
    attacker=Attacker.OWNER,
    needs=(Need.BODY,),
    phase=Phase.READS,
    requests=8,
)
async def data_exposure(probe: Probe) -> Verdict:
    """Look for credentials, other people's personal data and internal properties in ordinary answers.

    ## What it does
    Reads every leaf of the endpoint's accepted answer by value and name, and compares with what is known of the
    accounts and with the properties that the specification lists for that answer.

    ## Why it matters
    Pages show a part of what the API sends; whoever looks at the answers themselves gets password hashes, personal
    data of strangers and internal marks along with it.

    ## How it is proved
    One of: a password hash, password or key to anyone (a hash shown to its own user counts); a personal value of
    another account that this account has no other way to see, in two answers, not sent along by the request; or a
    property outside the documented schema whose value or name is sensitive. Masked values, examples of the
    specification and one's own data never count.

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
    found = await _exposed(probe, exchange, answer)
    if not found:
        return conclude("protected", f"none of its {len(answer.leaves)} values is sensitive, another's or undocumented")
    if again is None:
        again = await probe.send(call, purpose="attack: confirmed")
    stays = {(leaf.path, leaf.value) for leaf in read(again.response).leaves}
    kept = [
        e
        for e in found
        if (e.leaf.path, e.leaf.value) in stays or (e.rule == "E3" and e.leaf.path in {p for p, _ in stays})
    ]
    if not probe.control(
        "R3", "asked again", expected="shown again", observed="shown" if kept else "not shown", holds=bool(kept)
    ):
        return conclude("unstable", "a second answer does not show the value again")
    found = kept or found
    return _finding(probe, found, again, len(found))


async def _exposed(probe: Probe, exchange: Exchange, answer: Answer) -> list[Exposed]:
    sent = sent_text(exchange.request)
    leaves = [leaf for leaf in answer.leaves if leaf.value not in sent and not masked(leaf.value)]
    found = _credentials(probe, leaves) or await _strangers(probe, leaves) or _undocumented(probe, leaves)
    counts: dict[str, int] = {}
    for exposed in found:
        counts[exposed.leaf.path] = counts.get(exposed.leaf.path, 0) + 1
    first: dict[str, Exposed] = {}
    for exposed in found:
        first.setdefault(
            exposed.leaf.path,
            Exposed(exposed.leaf, exposed.kind, exposed.rule, exposed.whose, counts[exposed.leaf.path]),
        )
    return list(first.values())


def _credentials(probe: Probe, leaves: list[Leaf]) -> list[Exposed]:
    """E1: hashes, passwords that we chose, and keys, whoever reads them."""
    passwords = {a.password.reveal(): n for n, a in probe.accounts.items() if a.password}
    found = []
    for leaf in leaves:
        kind = "password" if leaf.value in passwords else classify(leaf.path, leaf.value)
        if kind in CREDENTIALS - {"secret"}:
            found.append(Exposed(leaf, kind, "E1", passwords.get(leaf.value, "")))
    return found


async def _strangers(probe: Probe, leaves: list[Leaf]) -> list[Exposed]:
    """E2: personal values of another account of ours, as that account sees them of itself."""
    own = await _personal(probe, probe.account)
    beside = _shared_places(probe, leaves)
    found = []
    for name in probe.accounts:
        if name == probe.account or (probe.account != ANON and probe.rank(name) < probe.rank(probe.account)):
            continue
        theirs = {v: kind for v, kind in (await _personal(probe, name)).items() if v not in own}
        hits = [
            Exposed(leaf, theirs[leaf.value], "E2", name)
            for leaf in leaves
            if leaf.value in theirs and _group(probe, leaf) not in beside
        ]
        if not hits:
            continue
        telling = [hit for hit in hits if hit.kind != "e-mail address" or hit.leaf.path not in _documented(probe)]
        if telling or await _refused_elsewhere(probe, name):
            found.extend(telling or hits)
    return found


def _shared_places(probe: Probe, leaves: list[Leaf]) -> set[tuple[str, str]]:
    """X4: groups (members, participants, a list of names within an object) that hold the caller too.

    Whoever belongs to a group sees who else does. A list of users in which the caller's own record stands is no group:
    there each record is an item of its own.
    """
    own = probe.identity(probe.account)
    return {place for leaf in leaves if leaf.value in own and (place := _group(probe, leaf))}


def _group(probe: Probe, leaf: Leaf) -> tuple[str, str] | None:
    """The path of a group and the object that it belongs to; None for a leaf of no group."""
    lists = leaf.path.count("[]")
    within, _, name = leaf.path.lower().rpartition("[]")
    plain = not name and (lists > 1 or probe.endpoint.path.endswith("}"))
    if not lists or not (plain or any(word in within.rpartition("[]")[2] for word in MEMBERS)):
        return None
    return leaf.path, leaf.item if lists > 1 else ""


async def _personal(probe: Probe, account: str) -> dict[str, str]:
    """Personal values of an account → their class: from its own answer about itself, its sign-up and the configuration."""
    call = probe.whoami(account) if account != ANON else None
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    values: dict[str, str] = {}
    if call is not None and endpoint is not None:

        async def make() -> Exchange:
            return await probe.send(call, as_=account, purpose="control: own profile", endpoint=endpoint)

        exchange = await probe.once(f"profile {account}", make)
        values = {leaf.value: classify(leaf.path, leaf.value) for leaf in read(exchange.response).leaves}
    known = probe.accounts.get(account)
    if known is not None:
        values |= {as_text(v): classify(k, as_text(v)) for k, v in known.registered.items()}
        values |= {v: classify("", v) or PRIVATE for v in known.private}
    return {value: kind for value, kind in values.items() if (kind in PERSONAL or kind == PRIVATE) and len(value) >= 4}


async def _refused_elsewhere(probe: Probe, name: str) -> bool:
    """Whether the API refuses this account the other's own record, and not its own: then it means to keep them apart."""
    own = [
        r for o in probe.knowledge.objects if o.owner == probe.account and o.origin == "identity" for r in o.references
    ]
    for owned in probe.knowledge.objects:
        if owned.owner != name or owned.origin != "identity":
            continue
        for endpoint, reference in readers(probe, owned, but=probe.endpoint.id)[:1]:
            call = call_of(probe, probe.account, endpoint=endpoint)
            mine = next((r for r in own if r.endpoint == endpoint.id and r.place == reference.place), None)
            if call is None or mine is None:
                continue
            ours = await probe.send(bind(call, mine), purpose="control: one's own record", endpoint=endpoint)
            if DeniedFamily().denied(read(ours.response)):
                continue  # it refuses the caller altogether, and says nothing of whose record it is
            for place, value in reference.values:
                call = call.with_value(place, value)
            exchange = await probe.send(call, purpose="control: the other's own record", endpoint=endpoint)
            return DeniedFamily().denied(read(exchange.response))
    return False


def _undocumented(probe: Probe, leaves: list[Leaf]) -> list[Exposed]:
    """E3: leaves outside a schema that lists its properties, and sensitive or internal."""
    documented = _documented(probe)
    if not documented:
        return []
    anything = tuple(path[:-1] + end for path in documented if path.endswith("*") for end in ".[")
    found = []
    for leaf in leaves:
        if leaf.path in documented or any(leaf.path.startswith(below) for below in anything):
            continue
        kind = classify(leaf.path, leaf.value)
        if kind in CREDENTIALS or kind == "payment card" or is_internal(leaf.path):
            found.append(Exposed(leaf, kind or "internal property", "E3", ""))
    return found


def _documented(probe: Probe) -> frozenset[str]:
    """Paths of all leaves that the documented 2xx answers list; empty when a schema is missing or open.

    Where only a part of it is open (a map of complaints in an envelope, say), that part is listed as `error.fields*`.
    """
    paths: set[str] = set()
    for answer in probe.endpoint.answers:
        if answer.status.startswith("2") and answer.schema is not None:
            listed = _paths(probe.specification, answer.schema, "", depth=0)
            if listed is None:
                return frozenset()
            paths |= listed
    return frozenset(paths)


def _paths(specification: Specification, schema: Schema, prefix: str, *, depth: int) -> set[str] | None:
    """Leaf paths of a schema; None where it allows anything (no properties, or additional ones on purpose)."""
    schema = specification.resolve(schema)
    if depth > 8:
        return set()
    if schema.any_of:
        parts = [_paths(specification, s, prefix, depth=depth + 1) for s in schema.any_of]
        return None if any(part is None for part in parts) else set().union(*(p for p in parts if p is not None))
    if schema.items is not None:
        below = f"{prefix}[]"
        listed = _paths(specification, schema.items, below, depth=depth + 1)
        return {below + "*"} if listed is None and prefix else listed
    if schema.properties:
        if schema.open or schema.additional is not None:
            return None
        found: set[str] = set()
        for name, inner in schema.properties.items():
            path = f"{prefix}.{name}" if prefix else name
            listed = _paths(specification, inner, path, depth=depth + 1)
            found |= {path, path + "*"} if listed is None else listed
        return found
    return None if "object" in schema.types or not schema.types else {prefix}


_SEVERITY: dict[str, Severity] = {"E1": "high", "E2": "high", "E3": "low"}


def _finding(probe: Probe, found: list[Exposed], exchange: Exchange, total: int) -> Verdict:
    worst = min(found, key=lambda e: (e.rule, e.leaf.path))
    who = "anyone" if probe.account == ANON else probe.account
    owner = f"{worst.whose}'s " if worst.whose else ""
    shown = worst.leaf.value[:6] + "…" if worst.rule != "E2" else worst.leaf.value
    rest = [f"{e.leaf.path} ({e.kind})" for e in found if e is not worst]
    severity: Severity = "medium" if worst.rule == "E3" and worst.kind != "internal property" else _SEVERITY[worst.rule]
    return proved(
        title=f"{worst.kind.capitalize()} in an answer",
        summary=f"{probe.endpoint.name} shows {who} {owner}{worst.kind} in `{worst.leaf.path}`.",
        proof=(
            f"{who} sent {render(probe.endpoint, call_of(probe, probe.account) or probe.knowledge.samples[0].call).target}",
            f"the answer holds {worst.leaf.path} = {shown}: {worst.kind} ({worst.count} in this answer)",
            "a second answer shows it again",
            {
                "E1": "no answer needs it: it is a credential",
                "E2": f"it belongs to {worst.whose}, another account",
                "E3": "the documented schema of this answer does not list it",
            }[worst.rule],
            *([f"also: {', '.join(rest)}"] if rest else []),
        ),
        attacks=(exchange.number,),
        place=Place("body", worst.leaf.path),
        severity=severity,
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N" if severity == "high" else "",
        victim=worst.whose,
    )
