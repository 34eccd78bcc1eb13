"""Whether a mutation, or a POST that names an object in its body, only looks it up: tried on an object of the attacker's own."""

from __future__ import annotations

from gatewright.checks.controls import bind, call_of, look
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.knowledge import OwnedObject
from gatewright.model.test import Probe
from gatewright.proof.compare import same, stable
from gatewright.proof.leaves import as_text, read
from gatewright.proof.witness import markers_in


def may_act(endpoint: Endpoint) -> bool:
    """Whether an endpoint names an object to look it up, or to do something to it: a mutation that shows one, or a POST."""
    field = endpoint.field
    if field is None:
        return endpoint.method == "POST"
    return field is not None and field.kind == "mutation" and endpoint.method == "POST" and bool(field.lifted)


async def acts(probe: Probe) -> str:
    """Why it is not asked for another's object as if it only read; empty when it does. At most four requests.

    The attacker calls it for a spare object of its own, which must look the same before and after.
    """
    known = probe.knowledge.owned(probe.account, probe.endpoint.id)
    own = next((o for o in known if o.slot == "spare" and o.origin == "created"), None)
    if own is None and probe.endpoint.field is None:
        return await _writes(probe, next((o for o in known if o.slot == "change" and o.origin == "created"), None))
    if own is not None and probe.endpoint.field is None:
        return await _writes(probe, own)
    call = call_of(probe, probe.account)
    reference = next((r for r in own.references if r.endpoint == probe.endpoint.id), None) if own else None
    if own is None or call is None or reference is None:
        return f"{probe.account} has no spare object to see whether it only reads"
    before = await look(probe, own, as_=probe.account, purpose="control: own object before")
    exchange = await probe.send(bind(call, reference), purpose="control: own object")
    if exchange.response is None or not exchange.response.ok:
        return f"{probe.account} may not call it for its own object: {read(exchange.response).status}"
    after = await look(probe, own, as_=probe.account, purpose="control: own object after")
    if before is None or after is None or not same(before, after, share=1.0):
        return "it does something to the object that it names: object-access-change is about that"
    return ""


async def _writes(probe: Probe, own: OwnedObject | None) -> str:
    """The same of a POST that takes text: what moves by itself is left out; with nothing to try it on it is taken to read."""
    call = call_of(probe, probe.account)
    reference = own.reference(probe.endpoint.id) if own else None
    if own is None or call is None or reference is None or _anew(probe, call) == call:
        return ""
    for _ in range(2):  # another test may have had the same spare object in hand meanwhile
        before = [await look(probe, own, as_=probe.account, purpose="control: own object before") for _ in range(2)]
        await probe.send(_anew(probe, bind(call, reference)), purpose="control: own object")
        after = await look(probe, own, as_=probe.account, purpose="control: own object after")
        if after is None or before[0] is None or before[1] is None:
            return ""
        still = {(leaf.path, leaf.value) for leaf in stable([before[0], before[1]])}
        if still <= {(leaf.path, leaf.value) for leaf in after.leaves}:
            return ""
    return "it does something to the object that it names: object-access-change is about that"


def _anew(probe: Probe, call: Call) -> Call:
    """The call with a new marker where it holds one: written twice, the same text would show no difference."""
    known = {as_text(owned.id) for owned in probe.knowledge.objects}
    for place in call.places():
        text = as_text(call.get(place))
        if place.within == "body" and markers_in(text) and text not in known:
            call = call.with_value(place, probe.marker())
    return call
