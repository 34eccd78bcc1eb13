"""What in an answer is sensitive, and whose it is (checks-1-5.md 4.1): the rules that need nothing but answers.

E1 a credential, E2 a personal value of another account, E3 a property that the specification does not list.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, readers
from gatewright.checks.evidence import MEMBERS
from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.http import Exchange
from gatewright.model.schema import Schema
from gatewright.model.test import Probe
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, Leaf, as_text, read
from gatewright.proof.national import column
from gatewright.proof.privacy import words
from gatewright.proof.sensitive import CREDENTIALS, PERSONAL, classify, is_internal, masked
from gatewright.proof.witness import sent_text

PRIVATE = "private value"
"""Class of a value that the configuration, or the sign-up, calls private."""
_LOGS_IN = ({"email"}, {"email", "address"}, {"mail"}, {"user", "name"}, {"username"}, {"login"}, {"user", "login"})
"""Words of properties that make a record one of an account."""


class Exposed(Struct, frozen=True):
    """One leaf that should not be there: its class, which rule says so (E1 to E4), whose it is, and how often it stands."""

    leaf: Leaf
    kind: str
    rule: str
    whose: str
    count: int = 1


def telling(exchange: Exchange, answer: Answer) -> list[Leaf]:
    """The leaves of an answer that were neither sent along nor masked."""
    sent = sent_text(exchange.request)
    return [leaf for leaf in answer.leaves if leaf.value not in sent and not masked(leaf.value)]


def counted(found: Sequence[Exposed]) -> list[Exposed]:
    """The first of each path, with how many there are."""
    first: dict[str, Exposed] = {}
    for exposed in found:
        known = first.get(exposed.leaf.path, exposed)
        count = known.count + 1 if exposed.leaf.path in first else 1
        first[exposed.leaf.path] = Exposed(known.leaf, known.kind, known.rule, known.whose, count)
    return list(first.values())


def credentials(probe: Probe, leaves: Sequence[Leaf]) -> list[Exposed]:
    """E1: hashes, passwords that we chose, and keys, whoever reads them. A key where it is made, and its own maker's, is none."""
    passwords = {a.password.reveal(): n for n, a in probe.accounts.items() if a.password}
    accounts = _of_accounts(leaves)
    given = _given(probe)
    found = []
    for leaf in leaves:
        account = (leaf.item, leaf.path.rpartition(".")[0]) in accounts
        kind = "password" if leaf.value in passwords else classify(leaf.path, leaf.value, account=account)
        if kind == "api key" and (probe.endpoint.method != "GET" or leaf.value in given):
            continue
        if kind in CREDENTIALS - {"secret"}:
            found.append(Exposed(leaf, kind, "E1", passwords.get(leaf.value, "")))
    return found


def _of_accounts(leaves: Sequence[Leaf]) -> set[tuple[str, str]]:
    """Item and parent path of the records that say how somebody logs in."""
    return {
        (leaf.item, leaf.path.rpartition(".")[0])
        for leaf in leaves
        if words(leaf.path.rpartition(".")[2]) in _LOGS_IN and leaf.value not in ("null", "")
    }


def _given(probe: Probe) -> set[str]:
    """Every value that a creation answered this account with: what is issued to it."""
    return {
        leaf.value
        for sample in probe.knowledge.samples
        if sample.account == probe.account
        and (endpoint := probe.knowledge.endpoints.get(sample.endpoint)) is not None
        and endpoint.method == "POST"
        for leaf in read(sample.exchange.response).leaves
        if len(leaf.value) >= 16
    }


def others(probe: Probe) -> list[str]:
    """Accounts whose values the attacker has no business to see: all but those below it."""
    return [
        name
        for name in probe.accounts
        if name != probe.account and (probe.account == ANON or probe.rank(name) >= probe.rank(probe.account))
    ]


async def strangers(probe: Probe, leaves: Sequence[Leaf]) -> list[Exposed]:
    """E2: personal values of another account of ours, as that account sees them of itself."""
    found = []
    for name in others(probe):
        hits = await of_other(probe, name, leaves)
        if not hits:
            continue
        plain = documented(probe)
        sure = [hit for hit in hits if hit.kind != "e-mail address" or hit.leaf.path not in plain]
        if sure or await refused_elsewhere(probe, name):
            found.extend(sure or hits)
    return found


async def of_other(probe: Probe, name: str, leaves: Sequence[Leaf]) -> list[Exposed]:
    """Leaves that hold a personal value of that account, the caller's own and those of its groups apart."""
    own = await personal(probe, probe.account)
    beside = _shared_places(probe, leaves)
    theirs = {v: kind for v, kind in (await personal(probe, name)).items() if v not in own}
    return [
        Exposed(leaf, theirs[leaf.value], "E2", name)
        for leaf in leaves
        if leaf.value in theirs and _group(probe, leaf) not in beside
    ]


def _shared_places(probe: Probe, leaves: Sequence[Leaf]) -> set[tuple[str, str]]:
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


async def personal(probe: Probe, account: str) -> dict[str, str]:
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


async def refused_elsewhere(probe: Probe, name: str) -> bool:
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


def undocumented(probe: Probe, leaves: Sequence[Leaf]) -> list[Exposed]:
    """E3: leaves outside a schema that lists its properties, and sensitive or internal."""
    listed = documented(probe)
    if not listed:
        return []
    anything = tuple(path[:-1] + end for path in listed if path.endswith("*") for end in ".[")
    columns: dict[str, set[str]] = {}
    for leaf in leaves:
        columns.setdefault(leaf.path, set()).add(leaf.value)
    found = []
    for leaf in leaves:
        if leaf.path in listed or any(leaf.path.startswith(below) for below in anything):
            continue
        kind = classify(leaf.path, leaf.value) or ("national id" if column(columns[leaf.path]) else "")
        if kind in CREDENTIALS or kind in ("payment card", "national id") or is_internal(leaf.path):
            found.append(Exposed(leaf, kind or "internal property", "E3", ""))
    return found


def documented(probe: Probe, endpoint: Endpoint | None = None) -> frozenset[str]:
    """Paths of all leaves that an endpoint's documented 2xx answers list; empty when a schema is missing or open.

    Where only a part of it is open (a map of complaints in an envelope, say), that part is listed as `error.fields*`.
    """
    paths: set[str] = set()
    for answer in (endpoint or probe.endpoint).answers:
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
