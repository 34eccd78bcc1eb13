"""Addresses that an owner's answers hold and no specification names, asked for by another account (checks-1-5.md 2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import msgspec
from msgspec import Struct

from gatewright.checks.controls import peers
from gatewright.checks.further import shown_by
from gatewright.checks.reading import Aim, Forged, judge, send
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Request
from gatewright.model.knowledge import Reference, Sample
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, strongest
from gatewright.proof.leaves import Leaf, as_text, read
from gatewright.proof.witness import markers_in

_MOST = 2
"""Links followed of one answer, each at a place of its own."""


class Link(Struct, frozen=True):
    """One address in an answer: where it stood, the path before its last segment, that segment, and the query."""

    leaf: Leaf
    above: str
    last: str
    query: str


async def follow_links(probe: Probe) -> Verdict | None:
    """The verdict on links that only the owner's answer holds; None when it holds none that is not documented."""
    mine = probe.knowledge.sample(probe.endpoint.id, probe.account)
    if mine is None or probe.endpoint.method != "GET":
        return None
    verdicts: list[Verdict] = []
    for victim in peers(probe)[:1]:
        theirs = probe.knowledge.sample(probe.endpoint.id, victim)
        for link, own in _links(probe, mine, theirs) if theirs else ():
            aim = _aim(probe, theirs, link, own) if theirs else None
            if aim is None:
                continue
            glance = await send(probe, aim, aim.reference, purpose="attack: a link of the owner's")
            if glance.response is None or not glance.response.ok:
                told = glance.response.status if glance.response else glance.error
                why = f"{probe.account} was refused what {victim}'s answer links to: {told}"
                verdicts.append(conclude("denied", why, place=aim.place))
                continue
            verdict = await judge(probe, aim)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    return strongest(verdicts) if verdicts else None


def _links(probe: Probe, mine: Sample, theirs: Sample) -> Iterator[tuple[Link, Link | None]]:
    """Links of the owner's answer, each with that of the attacker's own answer at the same place; nothing that both hold."""
    own = read(mine.exchange.response).leaves
    held = {leaf.value for leaf in own}
    seen: set[str] = set()
    for leaf in _ours_first(probe, theirs):
        link = None if leaf.path in seen or leaf.value in held else parsed(probe, leaf)
        if link is not None and len(seen) < _MOST and _home(probe, theirs.account, link) == probe.endpoint.id:
            seen.add(leaf.path)
            yield link, next((found for x in own if x.path == leaf.path and (found := parsed(probe, x))), None)


def _ours_first(probe: Probe, theirs: Sample) -> list[Leaf]:
    """The leaves of an answer, those of items that this run made first."""
    found = read(theirs.exchange.response).leaves
    markers = {m for o in probe.knowledge.objects if o.owner == theirs.account for m in o.markers}
    ours = {leaf.item for leaf in found if markers & markers_in(leaf.value)}
    return sorted(found, key=lambda leaf: leaf.item not in ours)


def _home(probe: Probe, account: str, link: Link) -> str:
    """The endpoint at which such a link is judged, of all whose answers hold one: the plainest."""
    there = []
    for sample in probe.knowledge.samples:
        endpoint = probe.knowledge.endpoints.get(sample.endpoint)
        if sample.account == account and endpoint is not None and endpoint.method == "GET":
            told = (parsed(probe, leaf) for leaf in read(sample.exchange.response).leaves if "/" in leaf.value)
            if any(other is not None and other.above == link.above for other in told):
                there.append((endpoint.path.count("{"), len(endpoint.path), endpoint.id))
    return min(there)[2] if there else probe.endpoint.id


def parsed(probe: Probe, leaf: Leaf) -> Link | None:
    """The link that a leaf is: a path or an address of the same origin that no known endpoint answers; None for others."""
    value = leaf.value
    if " " in value or not (re.match(r"/[^/\s]", value) or value.startswith(f"{probe.endpoint.origin}/")):
        return None
    parts = urlsplit(value)
    above, _, last = parts.path.rpartition("/")
    if not last or any(_answers(endpoint, parts.path) for endpoint in probe.knowledge.endpoints.values()):
        return None
    return Link(leaf, above, unquote(last), parts.query)


def _answers(endpoint: Endpoint, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(endpoint.base + endpoint.path).rstrip("/"))
    return re.fullmatch(pattern, path.rstrip("/")) is not None


def _aim(probe: Probe, theirs: Sample, link: Link, own: Link | None) -> Aim:
    """The owner asks for the whole link; the attacker for its path alone: a secret in the query is the owner's to share."""
    place = Place("body", link.leaf.path)
    endpoint = _at(probe, link)
    reference = Reference(endpoint=endpoint.id, place=place, values=((place, link.last),))
    call = Call(endpoint=endpoint.id)

    def forge(target: Reference) -> Forged:
        last = quote(as_text(dict(target.values)[place]), safe="~")

        def edit(request: Request) -> Request:
            return msgspec.structs.replace(request, target=f"{link.above}/{last}")

        return Forged(call, edit)

    return Aim(
        owned=shown_by(probe, theirs, link.leaf.item),
        own=None,
        reference=reference,
        place=place,
        owner_call=call,
        own_call=Call(endpoint=_at(probe, own).id) if own else None,
        own_endpoint=_at(probe, own) if own else None,
        forge=forge,
        owner_asks=lambda _: call,
        refer=lambda _: None,
        told=f"by following the link in {link.leaf.path}",
        title=f"What only its owner's answer links to in `{link.leaf.path}` can be read by others",
        endpoint=endpoint,
    )


def _at(probe: Probe, link: Link) -> Endpoint:
    """The address of a link as an endpoint of its own."""
    path = f"{link.above}/{quote(link.last, safe='~')}" + (f"?{link.query}" if link.query else "")
    return Endpoint(method="GET", path=path, origin=probe.endpoint.origin)
