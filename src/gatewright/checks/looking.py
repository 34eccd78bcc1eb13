"""Whether a mutation of a GraphQL schema only looks something up: tried on an object that nothing else needs."""

from __future__ import annotations

from gatewright.checks.controls import bind, call_of, look
from gatewright.model.endpoint import Endpoint
from gatewright.model.test import Probe
from gatewright.proof.compare import same
from gatewright.proof.leaves import read


def may_act(endpoint: Endpoint) -> bool:
    """Whether an endpoint is a mutation that names its object and shows one: to look it up, or to do something to it."""
    field = endpoint.field
    return field is not None and field.kind == "mutation" and endpoint.method == "POST" and bool(field.lifted)


async def acts(probe: Probe) -> str:
    """Why a mutation is not asked for another's object as if it only read; empty when it does. At most three requests.

    The attacker calls it for a spare object of its own, which must look the same before and after.
    """
    own = next((o for o in probe.knowledge.owned(probe.account, probe.endpoint.id) if o.slot == "spare"), None)
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
