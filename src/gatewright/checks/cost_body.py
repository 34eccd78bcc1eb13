"""`cost-json` and `cost-decompression`: a small body that costs the server much to take in."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import msgspec

from gatewright.checks.ladders import Ladder, judge, own_call, spots
from gatewright.model.call import Call, encode, render
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import Sample
from gatewright.model.test import Attacker, Effect, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.denied import says_no
from gatewright.proof.ladder import ADDITIVE, LISTS
from gatewright.proof.leaves import read

_DEPTHS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Sizes in bytes of nested arrays: two for each level."""
_PACKED = tuple(n * 1024 * 1024 for n in (1, 4, 16))
"""Bytes of a body once it is unpacked."""
_PLAIN = 1024 * 1024
"""Bytes of the plain body that must be refused: the most that is sent in any mode but full."""
_NAME = "gwCost"


@check(
    "cost-json",
    threat="API4:2023",
    title="A small nested body keeps the server busy",
    severity="medium",
    cwe=(407, 674, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=220,
)
async def cost_json(probe: Probe) -> Verdict:
    """Add nested arrays and objects to an accepted JSON body, and measure how the time grows with their depth.

    ## What it does
    At most five endpoints of a host, those whose bodies take any property first: one more property that holds 7, 8, 9 … 40
    arrays within each other, then objects. In full mode also up to 4,096, and up to 32 KiB of different keys.

    ## Why it matters
    A server that walks a body more than once on each level doubles its work with each: forty bytes stop it.

    ## How it is proved
    A flat property of the same size is cheap. The nested one takes at least 300 ms and five times as long, 1.7 times as
    much beyond the flat one as one that is one level less deep, the fastest longer than the slowest flat one; in two
    sets of three each, in random order, and in both together. In full mode: a server error, three times, where the flat one
    of the same size is answered, and an answer as usual afterwards.

    ## When it is wrong
    When something else grows with the depth at the same moments, twice.

    ## Remedy
    Limit the depth, the number of parts and the size of a body where it is parsed, and refuse unknown properties.

    ## References
    - https://cwe.mitre.org/data/definitions/407.html
    - https://cwe.mitre.org/data/definitions/674.html
    """
    found = await _mine(probe, "cost-json")
    if isinstance(found, Verdict):
        return found
    call, body = found

    def with_property(value: Json) -> Call:
        return msgspec.structs.replace(call, body={**body, _NAME: value})

    def deep(attempt: bool, size: int) -> Call:
        text = "[" * (size // 2) + "]" * (size // 2) if attempt else msgspec.json.encode("a" * (size - 2)).decode()
        return _raw(with_property(_NAME), text)

    def nested(attempt: bool, size: int) -> Call:
        levels = max((size - 4) // 6, 1)
        text = '{"a":' * levels + "1" + "}" * levels if attempt else msgspec.json.encode("a" * (size - 2)).decode()
        return _raw(with_property(_NAME), text)

    def wide(attempt: bool, size: int) -> Call:
        value: Json = {f"k{n:05}": 1 for n in range(size // 11)} if attempt else "a" * (size - 2)
        return with_property(value)

    ladders = [
        Ladder("arrays in arrays", deep, ADDITIVE, unit="bytes"),
        Ladder("objects in objects", nested, tuple(range(16, 250, 12)), unit="bytes"),
    ]
    if probe.settings.limits.mode == "full":
        ladders += [
            Ladder("arrays in arrays", deep, _DEPTHS, "geometric", "bytes"),
            Ladder("many keys", wide, LISTS, "geometric", "bytes"),
        ]
    verdict = await judge(probe, None, ladders, "The time of a body")
    if verdict.outcome == "vulnerable" or probe.settings.limits.mode != "full":
        return verdict
    return await _broken(probe, deep) or verdict


async def _mine(probe: Probe, kind: str) -> tuple[Call, dict[str, Json]] | Verdict:
    """The accepted JSON body of the cell, where its endpoint is one of the five of the host."""
    call = own_call(probe)
    found = await spots(probe, kind, _takes_json, first=is_open)
    sample = probe.knowledge.sample(probe.endpoint.id, probe.account)
    if call is None or sample is None or not _takes_json(probe, probe.endpoint, sample, Place("body", "")):
        return conclude("no_such_function", "it takes no JSON object")
    if probe.endpoint.id not in {spot.endpoint for spot in found} or not isinstance(call.body, dict):
        return conclude("no_such_function", "bodies are measured at five endpoints of each host: this is none of them")
    return call, dict(call.body)


def _takes_json(probe: Probe, endpoint: Endpoint, sample: Sample, place: Place) -> bool:
    return isinstance(sample.call.body, dict) and "json" in sample.call.content_type and sample.call.raw is None


def is_open(probe: Probe, endpoint: Endpoint) -> bool:
    """Whether the specification lets any property into the body of an endpoint."""
    schema = probe.specification.resolve(endpoint.bodies[0].schema) if endpoint.bodies else None
    return schema is not None and (schema.open or schema.additional is not None or not schema.properties)


def _raw(call: Call, text: str) -> Call:
    """The call with its placeholder exchanged for JSON text, so that depth is no matter of our own encoder."""
    plain = encode(call.body, "application/json").decode()
    return msgspec.structs.replace(call, raw=plain.replace(f'"{_NAME}":"{_NAME}"', f'"{_NAME}":{text}', 1).encode())


async def _broken(probe: Probe, deep: Callable[[bool, int], Call]) -> Verdict | None:
    """Full mode: a server error or a reset for a deep body, three times, where the flat one of that size is answered."""
    size = _DEPTHS[-1]
    failed: list[Exchange] = []
    for _ in range(3):
        flat = await probe.send(deep(False, size), purpose="control: flat, same size")
        attack = await probe.send(deep(True, size), purpose="attack: 4,096 levels")
        broke = attack.response is None or attack.response.status >= 500
        if flat.response is None or flat.response.status >= 500 or not broke:
            return None
        failed.append(attack)
    call = own_call(probe)
    after = await probe.send(call, purpose="control: well afterwards") if call is not None else None
    if after is None or after.response is None or not after.response.ok:
        return None
    status = failed[0].response.status if failed[0].response else "no answer"
    return proved(
        title="A deep body breaks the request",
        summary=f"{size // 2} arrays within each other in a body of {probe.endpoint.name} gave {status}, three times.",
        proof=(
            f"a flat property of {size} bytes is answered without a server error, three times in turn with the attempts",
            f"{size // 2} arrays within each other: {status}, three times",
            "the accepted request is answered as usual afterwards",
        ),
        attacks=tuple(e.number for e in failed),
    )


@check(
    "cost-decompression",
    threat="API4:2023",
    title="A packed body may be as long as it likes",
    severity="medium",
    cwe=(409, 400),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.LADDERS,
    effect=Effect.OWN,
    requests=12,
)
async def cost_decompression(probe: Probe) -> Verdict:
    """Send an accepted body packed, padded with blanks to 1, 4 and 16 MiB, of which some 16 KiB go over the wire.

    ## What it does
    At most five endpoints of a host: the accepted JSON body with `Content-Encoding: gzip`, as it is and padded; and 1 MiB of it
    plain, which must be refused.

    ## Why it matters
    A limit that counts packed bytes is none: a thousand times as much has to be unpacked, kept and parsed.

    ## How it is proved
    The packed body as it is, is accepted. The one of 16 MiB is accepted as well, twice, while a plain one of 1 MiB is
    refused with 413 or 400; in full mode also where 16 MiB plain are accepted.

    ## When it is wrong
    When the server unpacks no more than it can bear, and says yes to what it has not looked at.

    ## Remedy
    Count the bytes as they are unpacked, and stop at the limit of a plain body.

    ## References
    - https://cwe.mitre.org/data/definitions/409.html
    """
    found = await _mine(probe, "cost-decompression")
    if isinstance(found, Verdict):
        return found
    call, body = found
    plain = encode(body, "application/json")
    packed = await _send(probe, call, plain, pack=True, purpose="control: packed as it is")
    if not _taken(packed):
        status = packed.response.status if packed.response else 0
        return conclude("no_such_function", f"packed bodies are not unpacked there: status {status}")
    return await _unpacked(probe, call, plain)


async def _unpacked(probe: Probe, call: Call, plain: bytes) -> Verdict:
    """Packed bodies of 1, 4 and 16 MiB, and a plain one of 1 MiB beside them."""
    for size in _PACKED:
        large = await _send(
            probe, call, _padded(plain, size), pack=True, purpose=f"attack: {size // 1024**2} MiB, packed"
        )
        if not _taken(large):
            status = large.response.status if large.response else 0
            return conclude("protected", f"{size // 1024**2} MiB of blanks, packed, were refused: status {status}")
    refused = await _send(probe, call, _padded(plain, _PLAIN), pack=False, purpose="control: 1 MiB, plain")
    if not probe.control(
        "plain",
        "1 MiB of the same, not packed",
        expected="refused",
        observed="accepted" if _taken(refused) else "refused",
        holds=not _taken(refused) or probe.settings.limits.mode == "full",
    ):
        return conclude(
            "mode", "16 MiB packed are accepted, and so is 1 MiB plain: only --mode full tells whether there is a limit"
        )
    again = await _send(
        probe, call, _padded(plain, _PACKED[-1]), pack=True, purpose="attack, confirmed: 16 MiB, packed"
    )
    if not _taken(again):
        return conclude("unstable", "16 MiB packed were accepted once, and not again")
    sent = len(again.request.body)
    return proved(
        summary=f"{sent} packed bytes sent to {probe.endpoint.name} were unpacked to 16 MiB and accepted.",
        proof=(
            "the accepted body is accepted packed with gzip",
            f"the same with blanks up to 16 MiB, {sent} bytes on the wire, is accepted, twice",
            "1 MiB of it, not packed, is " + ("accepted as well" if _taken(refused) else "refused"),
        ),
        attacks=(large.number, again.number),
    )


def _padded(body: bytes, size: int) -> bytes:
    """The same JSON with blanks before its last brace."""
    return body[:-1] + b" " * (size - len(body)) + body[-1:]


async def _send(probe: Probe, call: Call, body: bytes, *, pack: bool, purpose: str) -> Exchange:
    """The call with exactly this body, packed or not. What it changes is put back by the accepted request itself."""
    content = gzip.compress(body, 9) if pack else body

    def edit(request: Request) -> Request:
        lines = request.headers + ((("Content-Encoding", "gzip"),) if pack else ())
        return Request(request.method, request.origin, request.target, lines, content)

    exchange = await probe.send(call, purpose=purpose, edit=edit, burst=True)
    if (
        _taken(exchange)
        and probe.endpoint.method == "POST"
        and exchange.response is not None
        and exchange.response.status == 201
    ):
        made = render(probe.endpoint, call)
        probe.leave(f"what {probe.account} made at {made.target} with a packed body", call, endpoint=probe.endpoint)
    return exchange


def _taken(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.ok and not says_no(read(exchange.response))
