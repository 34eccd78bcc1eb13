"""Collects what says that an object is private, or that it is not (checks-1-5.md 1.9), over a probe."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection
from typing import Literal

from gatewright.checks.controls import bind, call_of, item_of, readers
from gatewright.checks.expectations import expects
from gatewright.checks.meant import says
from gatewright.explore.policy import administers
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.proof import jwt
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.privacy import PRIVATE_WORDS, Evidence, is_private, words
from gatewright.proof.witness import Witness, markers_in, shown

_PUBLIC = {"public", "is_public", "ispublic", "published", "is_published", "shared", "is_shared"}
_LEAST = 2
"""Objects of each account that both own lists must show, where so many were made."""
_OWN_ID = re.compile(r"\[\]\.(?:_?id|uuid|guid|slug|key|number|reference|code|handle|name)$", re.IGNORECASE)
"""The path of the id that an item of a list carries itself; `taskId` of a task is one too."""
_SECRET = {"secret", "password", "pin", "token", "iban", "card", "ssn", "diagnosis", "confidential", "private"}
_TENANTS = {"tenant", "org", "organization", "organisation", "team", "company", "workspace"}
_HOLE = re.compile(r"\{[^}]*\}")
_ID = {"id", "uuid", "key", "slug", "code", "name"}
MEMBERS = ("member", "participant", "shared", "collaborator", "recipient", "attendee")
_NEXT = {"next", "next_page", "nextpage", "next_cursor", "nextcursor", "next_token", "nexttoken", "has_more", "hasmore"}
_TOTAL = {"total", "count", "total_count", "totalcount", "total_items", "totalitems"}
_PAGES = {10, 15, 20, 25, 30, 50, 100, 200, 250, 500, 1000}


async def judge_privacy(
    probe: Probe,
    owned: OwnedObject,
    *,
    action: Literal["read", "change", "delete"],
    owner_sees: Answer,
    attacker_sees: Answer | None,
    found: tuple[Witness, ...] = (),
    anon: Answer | None = None,
    viewer: str = "",
    attacker_got: Answer | None = None,
    asked_by: Place | None = None,
) -> tuple[bool, Evidence, str]:
    """Whether reaching the object is a breach, the evidence, and the sentence that says why.

    `owner_sees` is the owner's answer about it, `attacker_sees` the attacker's about its own twin (None: it has none).
    `viewer` is the account whose own list is compared with the owner's (S1), when the attacker has none. `attacker_got`
    is the attacker's answer about the owner's object: what it says of the attacker counts (X5). `asked_by` is the place
    that named the owner (S5).
    """
    codes = _from_names(probe, owned, owner_sees, attacker_sees)
    codes |= _from_content(probe, owned, owner_sees)
    if _same_tenant(probe, owned, owner_sees):  # no excuse where the API itself keeps colleagues out
        codes.add("S2" if await _kept_out_above(probe, owned) else "X4")
    if attacker_got is not None and _may_edit(attacker_got):
        codes.add("X5")
    codes |= said(probe)
    if anon is not None and found:
        codes |= {"X1"} if shown(found, anon) else {"W2"}
    elif anon is not None and DeniedFamily().denied(anon):
        codes |= {"W2"}
    if await _scoped(probe, owned, viewer or probe.account):
        codes |= {"S1"}
    wanted = found if action == "read" else ()
    if not {c for c in codes if c[0] in "SX"} and await contradiction(
        probe, owned, writes=action != "read", found=wanted
    ):
        codes |= {"S2"}
    if asked_by is not None and owned.origin == "identity" and _for_a_tenant(asked_by):
        codes |= {"S5"}
    if "S4" in codes:
        codes -= {"X1", "X2", "X3"}
    evidence = Evidence(frozenset(codes))
    private, why = is_private(evidence, action=action, resource=owned.resource)
    return private, evidence, why


def _from_names(probe: Probe, owned: OwnedObject, owner_sees: Answer, attacker_sees: Answer | None) -> set[str]:
    codes: set[str] = set()
    owner, attacker = probe.identity(owned.owner), probe.identity(probe.account)
    if attacker_sees is not None:
        theirs, ours = owner_sees.values(), attacker_sees.values()
        if any(values & owner and ours.get(path, frozenset()) & attacker for path, values in theirs.items()):
            codes.add("W1")
    segments = {part for part in probe.endpoint.path.lower().split("/") if part}
    named = {as_text(value) for r in owned.references for _, value in r.values if r.endpoint == probe.endpoint.id}
    if segments & {"me", "my", "self"} or (owned.resource != "user" and named & owner):
        codes.add("W3")
    if any(answer.status == "403" for answer in probe.endpoint.answers):
        codes.add("W4")
    if PRIVATE_WORDS & words(f"{owned.noun} {probe.endpoint.path}"):
        codes.add("W5")
    return codes


def _from_content(probe: Probe, owned: OwnedObject, owner_sees: Answer) -> set[str]:
    codes: set[str] = set()
    attacker = probe.identity(probe.account)
    account = probe.accounts.get(owned.owner)
    planted = {v for v in account.private if len(v) >= 4} if account else set()
    if account is not None and owned.resource == "user":
        named = {as_text(value) for reference in owned.references for _, value in reference.values}
        planted |= {as_text(v) for v in account.registered.values() if len(as_text(v)) >= 6} - {account.username}
        planted |= {v for v in probe.identity(owned.owner) if "@" in v} - named  # the address it logs in with
    for leaf in owner_sees.leaves:
        name = leaf.path.rpartition(".")[2].removesuffix("[]").lower()
        if leaf.value in planted:
            codes.add("S3")
        if (name in _PUBLIC and leaf.value == "true") or (name == "visibility" and leaf.value.lower() == "public"):
            codes.add("X3")
        if name in ("visibility", "status", "state") and leaf.value.lower() == "published":
            codes.add("X3")
        if leaf.value in attacker and any(word in leaf.path.lower() for word in MEMBERS):
            codes.add("X4")
        if markers_in(leaf.value) and words(name) & _SECRET:
            codes.add("S3")
    return codes


def _may_edit(answer: Answer) -> bool:
    """X5: what the attacker gets offers it to edit. What the owner's own answer says of the owner tells nothing."""
    for leaf in answer.leaves:
        parts = words(leaf.path)
        if leaf.value == "true" and (parts >= {"can", "edit"} or "editable" in parts):
            return True
        if "edit" in parts and parts & {"link", "href", "url"} and leaf.value not in ("null", ""):
            return True
    return False


def _same_tenant(probe: Probe, owned: OwnedObject, owner_sees: Answer) -> bool:
    """X4: both accounts belong to one organisation, and nothing in the object says that it is one person's.

    What is read of it may name nobody (the readings of a meter): then its item in the owner's list counts as well.
    """
    own = probe.identity(owned.owner)
    if owned.resource == "user" or any(x.value in own for x in owner_sees.leaves):
        return False
    sample = probe.knowledge.sample(probe.knowledge.resources.get(owned.resource, {}).get("list", ""), owned.owner)
    if sample is not None and any(x.value in own for x in item_of(read(sample.exchange.response), owned)):
        return False
    return bool(tenants(probe, owned.owner) & tenants(probe, probe.account))


def tenants(probe: Probe, account: str) -> frozenset[str]:
    """The organisations that an account belongs to, as its own answer about itself and its token say."""
    found: set[str] = set()
    call = probe.whoami(account)
    sample = probe.knowledge.sample(call.endpoint, account) if call else None
    for leaf in read(sample.exchange.response).leaves if sample else ():
        if _names_tenant(leaf.path):
            found.add(leaf.value)
    for credential in probe.accounts[account].credentials if account in probe.accounts else ():
        token = jwt.parse(credential.value.reveal())
        claims = token.claims if token else {}
        found |= {as_text(v) for name, v in claims.items() if _names_tenant(name) and isinstance(v, (str, int))}
    return frozenset(found - {"null", "", "false", "true", "0"})


def _for_a_tenant(place: Place) -> bool:
    """Whether a place says for which organisation a request is made, whatever else it asks."""
    return place.within in ("header", "cookie") and bool(
        words(place.name) & (_TENANTS | {"firm", "business", "account"})
    )


def _names_tenant(path: str) -> bool:
    """Whether the last names of a path are those of an organisation: `tenant_id`, `org.id`, `team`."""
    parts = path.replace("[]", "").split(".")
    told = words(parts[-1]) | (words(parts[-2]) if len(parts) > 1 and words(parts[-1]) <= _ID else set())
    return bool(told & _TENANTS) and told <= _TENANTS | _ID


def said(probe: Probe) -> set[str]:
    """What policy and access.yaml say of the endpoint: S4, X1 or X6."""
    paths = (probe.endpoint.path, probe.endpoint.shown_path)
    for pattern, said in probe.settings.policy.items():
        if any(pattern == path or fnmatch.fnmatchcase(path, pattern) for path in paths):
            return {"S4"} if said == "private" else {"X1"}
    word = expects(probe, probe.account, whose="others")
    return {"S4"} if word == "deny" else {"X6"} if word == "allow" else set()


async def _scoped(probe: Probe, owned: OwnedObject, viewer: str) -> bool:
    """S1: both accounts' own lists hold their own objects and none of the other's.

    A list whose request says itself whose objects it wants (an account, an object above them), and which gives the
    viewer the owner's when it asks so, shows nothing of the kind: then that of the objects above counts, as where there
    is no list.
    """
    found: OwnedObject | None = owned
    for _ in range(4):
        if found is None:
            return False
        listed = "list" in probe.knowledge.resources.get(found.resource, {})
        if listed and not await _given_on_request(probe, found, viewer):
            return await _lists_apart(probe, found, viewer)
        found = next((o for o in probe.knowledge.objects if o.key == found.parent), None)
    return False


async def _given_on_request(probe: Probe, owned: OwnedObject, viewer: str) -> bool:
    """Whether the list of such objects names whose they are, and shows the owner's to who asks for it in the owner's way."""
    endpoint = probe.knowledge.endpoints.get(probe.knowledge.resources.get(owned.resource, {}).get("list", ""))
    call = call_of(probe, owned.owner, endpoint=endpoint) if endpoint else None
    if endpoint is None or call is None:
        return False
    sent = {as_text(call.get(place)) for place in call.places()}
    above = {as_text(o.id) for o in probe.knowledge.objects if o.owner == owned.owner and o.id is not None}
    if not sent & (above | probe.identity(owned.owner)):
        return False

    async def make() -> Exchange:
        return await probe.send(call, as_=viewer, purpose="control: the owner's list", endpoint=endpoint)

    count = sum(1 for o in probe.knowledge.objects if o.owner == owned.owner)
    answer = read((await probe.once(f"owner's list {endpoint.id} {owned.owner} {viewer} {count}", make)).response)
    return bool(_there(answer, _made(probe, owned.resource, owned.owner) or [owned]))


async def _lists_apart(probe: Probe, owned: OwnedObject, viewer: str) -> bool:
    endpoint = probe.knowledge.endpoints.get(probe.knowledge.resources.get(owned.resource, {}).get("list", ""))
    if endpoint is None or endpoint.method != "GET":
        return False
    own = await _list(probe, endpoint, owned.owner)
    attackers = await _list(probe, endpoint, viewer)
    if own is None or attackers is None:
        return False
    mine = _made(probe, owned.resource, viewer)
    theirs = _made(probe, owned.resource, owned.owner)
    if mine and theirs:  # other cells may have removed some of them meanwhile
        shown, ours = _there(own, theirs), _there(attackers, mine)
        if len(shown) >= min(_LEAST, len(theirs)) and len(ours) >= min(_LEAST, len(mine)):
            return _only(own, shown, ours) and _only(attackers, ours, shown)
        return False
    return _apart(own, attackers, as_text(owned.id))


def _apart(own: Answer, attackers: Answer, id_: str) -> bool:
    """For objects that nobody could make on purpose: two whole lists, of two items or more each, without a common id.

    The id's leaf is the one that holds `id_` in its owner's list. A list that may have further pages is no evidence.
    """
    path = next((leaf.path for leaf in own.leaves if leaf.value == id_ and leaf.item), None)
    if path is None or not (_whole(own) and _whole(attackers)):
        return False
    ids = own.values().get(path, frozenset())
    others = attackers.values().get(path, frozenset())
    return len(ids) >= 2 and len(others) >= 2 and not ids & others


def _whole(answer: Answer) -> bool:
    """Whether a list was read to its end: no next page is named, its total is what it holds, and that is no usual page size."""
    count = len({leaf.item for leaf in answer.leaves if leaf.item})
    for leaf in answer.leaves:
        name = leaf.path.rpartition(".")[2].lower()
        if not leaf.item and name in _NEXT and leaf.value not in ("null", "", "false"):
            return False
        if not leaf.item and name in _TOTAL and leaf.value.isdigit() and int(leaf.value) != count:
            return False
    return count not in _PAGES


def _made(probe: Probe, resource: str, owner: str) -> list[OwnedObject]:
    return [
        o
        for o in probe.knowledge.objects
        if o.resource == resource and o.owner == owner and o.origin == "created" and o.slot != "delete"
    ]


def _there(answer: Answer, made: Collection[OwnedObject]) -> list[OwnedObject]:
    """Those of the objects that a list shows."""
    values, found = {leaf.value for leaf in answer.leaves}, markers_in(answer.text)
    return [o for o in made if found & set(o.markers) or (o.id is not None and as_text(o.id) in values)]


def _only(answer: Answer, present: Collection[OwnedObject], absent: Collection[OwnedObject]) -> bool:
    values = {leaf.value for leaf in answer.leaves}
    found = markers_in(answer.text)
    ids = {as_text(o.id) for o in present if o.id is not None}
    nouns = {o.resource.replace("_", "") for o in present}
    own = {
        leaf.item
        for leaf in answer.leaves
        if leaf.item and leaf.value in ids and (_OWN_ID.search(leaf.path) or _own_key(leaf.path, nouns))
    }
    foreign = {m for leaf in answer.leaves if leaf.item not in own for m in markers_in(leaf.value)}

    def within(o: OwnedObject) -> bool:
        return bool(found & set(o.markers)) or (o.id is not None and as_text(o.id) in values)

    def marked(o: OwnedObject) -> bool:
        """By markers where there are any: small integers turn up by chance.

        Not in the items of objects that should be there: an attempt of ours may just have written the attacker's
        texts into them.
        """
        return bool(foreign & set(o.markers)) if o.markers else within(o)

    return all(within(o) for o in present) and not any(marked(o) for o in absent)


def _own_key(path: str, nouns: Collection[str]) -> bool:
    """Whether a leaf of an item is named after the item's own kind: `[].taskId` of tasks."""
    name = path.rpartition("[].")[2].lower().replace("_", "")
    return any(name == f"{noun}{word}" for noun in nouns for word in ("id", "uuid", "key", "number", "code"))


async def _list(probe: Probe, endpoint: Endpoint, account: str) -> Answer | None:
    call = call_of(probe, account, endpoint=endpoint)
    if call is None:
        return None

    async def make() -> Exchange:
        return await probe.send(call, as_=account, purpose="control: own list", endpoint=endpoint)

    count = sum(
        1 for o in probe.knowledge.objects if o.owner == account
    )  # a list asked for before the last object is stale
    exchange = await probe.once(f"list {endpoint.id} {account} {count}", make)
    probe.cite(exchange)
    answer = read(exchange.response)
    return answer if exchange.response is not None and exchange.response.ok else None


async def ordinary(probe: Probe, owned: OwnedObject) -> list[Answer]:
    """X2: what the attacker sees of such objects anyway, in its own list of them and in its other samples without reference.

    Where a function of a higher role is judged, others that are open as well are no excuse for it.
    """
    judged = administers(probe.endpoint) or says(probe, probe.endpoint)
    answers = []
    for sample in probe.knowledge.samples:
        endpoint = probe.knowledge.endpoints.get(sample.endpoint)
        if endpoint is not None and (endpoint.stream or (judged and (administers(endpoint) or says(probe, endpoint)))):
            continue
        if sample.account == probe.account and endpoint and endpoint.method == "GET" and "{" not in endpoint.path:
            answer = await _list(probe, endpoint, probe.account) if endpoint.id != probe.endpoint.id else None
            if answer is not None:
                answers.append(answer)
    return answers


async def open_lists(probe: Probe) -> list[Answer]:
    """X2 for nobody: what is shown without a credential, in at most three lists that the specification leaves open."""
    answers: list[Answer] = []
    for endpoint in probe.knowledge.endpoints.values():
        call = next((s.call for s in probe.knowledge.samples_of(endpoint.id)), None)
        plain = endpoint.method == "GET" and "{" not in endpoint.path and not (endpoint.secured or endpoint.stream)
        if not plain or call is None or endpoint.id == probe.endpoint.id or len(answers) == 3:
            continue

        async def ask(call: Call = call, endpoint: Endpoint = endpoint) -> Exchange:
            return await probe.send(call, as_=ANON, purpose="control: open list", endpoint=endpoint, credentials=())

        exchange = await probe.once(f"open list {endpoint.id}", ask)
        probe.cite(exchange)
        answers.append(read(exchange.response))
    return answers


async def contradiction(probe: Probe, owned: OwnedObject, *, writes: bool, found: tuple[Witness, ...] = ()) -> bool:
    """S2: the attacker is refused another way to the same object, and its owner is not. At most two ways are tried.

    Ways are its other GET endpoints, then that of what it stands below; where a change is judged, changes of an object
    that this run made count as well. With `found` only ways count whose answer to the owner shows some of that, or which
    lead to this one: the guests of an event may be refused to others, and the event be for all.
    """
    ways = readers(probe, owned, but=probe.endpoint.id) + _above(probe, owned)
    if writes and owned.origin == "created":
        ways = _writers(probe, owned) + ways
    for endpoint, reference in ways[:2]:
        sees = await _kept_out(probe, owned, endpoint, reference)
        if sees is not None and (
            not found
            or shown(found, sees)
            or markers_in(sees.text) & set(owned.markers)
            or (endpoint, reference) in _above(probe, owned)
        ):
            return True
    return False


async def _kept_out_above(probe: Probe, owned: OwnedObject) -> bool:
    """S2 for colleagues: the attacker is refused what leads to the object, its own read or what it stands below."""
    shorter = [(e, r) for e, r in readers(probe, owned, but=probe.endpoint.id) if _leads_to(e, probe.endpoint)]
    for endpoint, reference in (shorter + _above(probe, owned))[:2]:
        if await _kept_out(probe, owned, endpoint, reference) is not None:
            return True
    return False


def _leads_to(endpoint: Endpoint, other: Endpoint) -> bool:
    """Whether the path of one is how that of the other begins: `/exports/{id}` leads to `/exports/{id}/file`."""
    first, second = ([_HOLE.sub("{}", part) for part in e.path.strip("/").split("/")] for e in (endpoint, other))
    return second[: len(first)] == first


def _above(probe: Probe, owned: OwnedObject) -> list[tuple[Endpoint, Reference]]:
    above = next((o for o in probe.knowledge.objects if owned.parent and o.key == owned.parent), None)
    return readers(probe, above, but=probe.endpoint.id)[:1] if above is not None else []


async def _kept_out(probe: Probe, owned: OwnedObject, endpoint: Endpoint, reference: Reference) -> Answer | None:
    """What the owner sees where the attacker is refused; None where either is not so."""
    call = call_of(probe, owned.owner, endpoint=endpoint)
    if call is None:
        return None
    bound = bind(call, reference)
    owner = await probe.send(bound, as_=owned.owner, purpose="control: owner, another way", endpoint=endpoint)
    other = await probe.send(bound, purpose="control: attacker, another way", endpoint=endpoint)
    sees, refused = read(owner.response), read(other.response)
    denied = DeniedFamily().denied(refused) and refused.status != 429 and refused.status < 500
    return sees if 200 <= sees.status < 300 and denied else None


def _writers(probe: Probe, owned: OwnedObject) -> list[tuple[Endpoint, Reference]]:
    return [
        (endpoint, r)
        for r in owned.references
        if (endpoint := probe.knowledge.endpoints.get(r.endpoint)) is not None
        and endpoint.method in ("PUT", "PATCH")
        and endpoint.id != probe.endpoint.id
    ]
