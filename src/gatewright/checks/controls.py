"""The controls that checks of accounts and objects share (checks-1-5.md 1.7 to 1.10), over a probe.

Each is asked once per run where the answer is the same for every cell that needs it.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Iterable, Sequence

import msgspec
from msgspec import Struct

from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.secret import Secret
from gatewright.model.test import Probe
from gatewright.proof.compare import consistent
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, Leaf, as_text, read
from gatewright.proof.opaque import unwrap

_HOLES = re.compile(r"\{([^}]+)\}")
_HEX = re.compile(r"(?=.*[a-f])[0-9a-f]{16,}")
SETTLE = 1.1
"""Seconds before the third baseline, so that clocks with a resolution of one second move."""


class Baseline(Struct, frozen=True):
    """One request sent three times by one account."""

    call: Call
    exchanges: tuple[Exchange, ...]
    answers: tuple[Answer, ...]

    @property
    def holds(self) -> bool:
        """Whether the repetitions agree in status and kind."""
        return consistent(self.answers)


def bind(call: Call, reference: Reference) -> Call:
    """The call with all values of a reference in their places."""
    for place, value in reference.values:
        call = call.with_value(place, value)
    return call


def own_parents(reference: Reference, own: OwnedObject | None) -> Reference | None:
    """My parent, his child: the reference with the parents' values of the attacker's own object; None when that is no other."""
    mine = own.reference(reference.endpoint, reference.place) if own else None
    if mine is None:
        return None
    known = dict(mine.values)
    values = tuple((p, v if p == reference.place else known.get(p, v)) for p, v in reference.values)
    return None if values == reference.values else msgspec.structs.replace(reference, values=values)


def aims(reference: Reference, own: OwnedObject | None) -> list[Reference]:
    """The ways to name the victim's object: all of its values, then with the attacker's own parents."""
    mixed = own_parents(reference, own)
    return [reference, mixed] if mixed else [reference]


def texts(reference: Reference) -> list[str]:
    """The values of a reference as text."""
    return [as_text(value) for _, value in reference.values]


def call_of(probe: Probe, account: str, *, endpoint: Endpoint | None = None) -> Call | None:
    """The account's own working request of an endpoint, else that of a neighbour of equal rank."""
    target = endpoint or probe.endpoint
    own = probe.knowledge.sample(target.id, account)
    if own is not None:
        return own.call
    rank = probe.rank(account)
    others = probe.knowledge.samples_of(target.id)
    near = [s for s in others if probe.rank(s.account) == rank]
    return (near or others)[0].call if others else None


def peers(probe: Probe) -> list[str]:
    """Accounts of the attacker's rank, the throw-away ones last."""
    rank = probe.rank(probe.account)
    names = [n for n in probe.accounts if n != probe.account and probe.rank(n) == rank]
    return sorted(names, key=lambda n: (probe.accounts[n].origin == "throw-away", n))


async def baseline(probe: Probe, call: Call, account: str, *, key: str, endpoint: Endpoint | None = None) -> Baseline:
    """C1: the same request three times, the third after 1.1 s. Asked once per run, key and request."""
    target = endpoint or probe.endpoint

    async def make() -> Baseline:
        exchanges = [await probe.send(call, as_=account, purpose="baseline", endpoint=target) for _ in range(2)]
        if all(e.response is not None and e.response.ok for e in exchanges):
            await probe.wait(SETTLE)
            exchanges.append(await probe.send(call, as_=account, purpose="baseline", endpoint=target))
        return Baseline(call, tuple(exchanges), tuple(read(e.response) for e in exchanges))

    asked = msgspec.json.encode(call).decode()
    found = await probe.once(f"baseline {account} {target.id} {key} {asked}", make)
    probe.cite(*found.exchanges)
    return found


async def side_by_side(asked: Iterable[Awaitable[object]]) -> None:
    """Wait for all: what each of them waits for passes at the same time. Raises the first error, once all have ended."""
    for ended in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


def account_key(probe: Probe, account: str) -> Json:
    """The value that an API is likeliest to know an account by: its number or key, else its name; None when unknown."""
    known = sorted(probe.identity(account), key=lambda v: (not v.isdigit(), "@" in v, -len(v), v))
    if not known:
        return None
    return int(known[0]) if known[0].isdigit() and len(known[0]) < 16 else known[0]


def random_like(probe: Probe, value: Json) -> Json:
    """A reference of the same kind that names nothing: integers far above any seen, UUIDs, else same alphabet and length."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, list):
        return [random_like(probe, one) for one in value]
    if isinstance(value, (int, float)):
        return _number(probe, int(value))
    text = as_text(value)
    if text.isdigit():
        return str(_number(probe, int(text)))
    wrapped = unwrap(text)
    if wrapped is not None:
        inner = re.sub(r"\d+", lambda m: str(_number(probe, int(m[0][:15]))), wrapped.text)
        return wrapped.wrapped(inner)
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        if _HEX.fullmatch(text):  # an id of this kind with another letter in it would be malformed, not unknown
            return "".join(probe.random.choice("0123456789abcdef") for _ in text)
        return "".join(_letter(probe, c) for c in text)
    made = uuid.UUID(int=probe.random.getrandbits(128), version=4)
    return str(made) if "-" in text else made.hex if parsed else text


def _number(probe: Probe, value: int) -> int:
    seen = [abs(o.id) for o in probe.knowledge.objects if isinstance(o.id, int)]
    return max([abs(value), *seen]) * 10 + probe.random.randrange(100_000, 999_999)


def _letter(probe: Probe, c: str) -> str:
    for alphabet in ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"):
        if c in alphabet:
            return probe.random.choice(alphabet)
    return c


def corrupted(credentials: Sequence[Credential]) -> tuple[Credential, ...]:
    """Credentials of the same shape that nobody was given and that name nobody: every letter and digit is another.

    No part of a token stays readable: where signatures go unchecked one with a wrong signature still names its account.
    """
    return tuple(
        Credential(within=c.within, name=c.name, prefix=c.prefix, value=Secret(c.value.reveal().translate(_OTHER)))
        for c in credentials
    )


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PLAIN = _LETTERS + _LETTERS.upper() + "0123456789"
_OTHER = str.maketrans(_PLAIN, _LETTERS[7:] + _LETTERS[:7] + _LETTERS[7:].upper() + _LETTERS[:7].upper() + "3456789012")


async def family(
    probe: Probe, call: Call, reference: Reference | None, *, account: str, endpoint: Endpoint | None = None
) -> DeniedFamily:
    """D(e): what refusals of this endpoint look like. Four requests at most, once per endpoint and account."""

    async def make() -> tuple[DeniedFamily, tuple[Exchange, ...]]:
        refused = DeniedFamily()
        sent: list[Exchange] = []
        for purpose, wrong, credentials, as_ in await _wrong(probe, call, reference, account):
            exchange = await probe.send(wrong, as_=as_, purpose=purpose, credentials=credentials, endpoint=endpoint)
            sent.append(exchange)
            answer = read(exchange.response)
            values = [as_text(wrong.get(place)) for place, _ in reference.values] if reference else []
            if purpose.endswith("id") or answer.status >= 300:
                refused = refused.with_answer(answer, values)
        return refused, tuple(sent)

    place = reference.place if reference else ""
    found, exchanges = await probe.once(f"family {(endpoint or probe.endpoint).id} {place} {account}", make)
    probe.cite(*exchanges)
    return found


async def _wrong(
    probe: Probe, call: Call, reference: Reference | None, account: str
) -> list[tuple[str, Call, tuple[Credential, ...] | None, str]]:
    rows: list[tuple[str, Call, tuple[Credential, ...] | None, str]] = []
    if reference is not None:
        value = dict(reference.values)[reference.place]
        rows.append(("control: random id", call.with_value(reference.place, random_like(probe, value)), None, account))
        rows.append(("control: malformed id", call.with_value(reference.place, "gw-no-such"), None, account))
    rows.append(("control: no credential", call, (), ANON))
    return rows


async def anonymous(probe: Probe, call: Call, *, key: str, endpoint: Endpoint | None = None) -> tuple[Answer, Answer]:
    """C5 and C6: the owner's request without a credential, and with one of the same shape that nobody was given."""

    async def make() -> tuple[Exchange, Exchange]:
        owner = next(iter(probe.accounts))
        bad = corrupted(await probe.credentials(owner))
        return (
            await probe.send(call, as_=ANON, purpose="control: no credential", credentials=(), endpoint=endpoint),
            await probe.send(
                call, as_=ANON, purpose="control: corrupted credential", credentials=bad, endpoint=endpoint
            ),
        )

    found = await probe.once(f"anonymous {(endpoint or probe.endpoint).id} {key}", make)
    probe.cite(*found)
    return read(found[0].response), read(found[1].response)


def readers(probe: Probe, owned: OwnedObject, *, but: str = "") -> list[tuple[Endpoint, Reference]]:
    """GET endpoints that name an object, its own path first: where its owner can look at it."""
    found = [
        (probe.knowledge.endpoints[r.endpoint], r)
        for r in owned.references
        if r.endpoint != but
        and r.endpoint in probe.knowledge.endpoints
        and probe.knowledge.endpoints[r.endpoint].method == "GET"
        and not probe.knowledge.endpoints[r.endpoint].stream
    ]
    home = probe.knowledge.resources.get(owned.resource, {}).get("read", "")
    return sorted(found, key=lambda pair: (pair[0].id != home, pair[1].place.within != "path", len(pair[0].path)))


async def look(probe: Probe, owned: OwnedObject, *, as_: str = "", purpose: str = "read-back") -> Answer | None:
    """The object as its owner sees it now: at its own GET endpoint, else its item in the owner's list; None: nowhere."""
    account = as_ or owned.owner
    for endpoint, reference in readers(probe, owned)[:1]:
        call = call_of(probe, account, endpoint=endpoint) or Call(endpoint=endpoint.id)
        if set(call.path) | {p.name for p, _ in reference.values if p.within == "path"} >= set(
            _HOLES.findall(endpoint.path)
        ):
            exchange = await probe.send(bind(call, reference), as_=account, purpose=purpose, endpoint=endpoint)
            return read(exchange.response)
    return await in_list(probe, owned, as_=account, purpose=purpose)


async def in_list(probe: Probe, owned: OwnedObject, *, as_: str, purpose: str = "read-back") -> Answer | None:
    """The leaves of the object's item in the account's list; an answer of status 404 when the list lacks it; None: no list."""
    endpoint = probe.knowledge.endpoints.get(probe.knowledge.resources.get(owned.resource, {}).get("list", ""))
    call = call_of(probe, as_, endpoint=endpoint) if endpoint else None
    if endpoint is None or call is None:
        return None
    exchange = await probe.send(call, as_=as_, purpose=purpose, endpoint=endpoint)
    answer = read(exchange.response)
    if answer.status >= 400:
        return answer
    item = item_of(answer, owned)
    if not item:
        return Answer(404, answer.kind, (), "", answer.headers)
    return Answer(answer.status, answer.kind, item, answer.text, ())


def item_of(answer: Answer, owned: OwnedObject) -> tuple[Leaf, ...]:
    """The leaves of the object's item in a list; empty when the list lacks it."""
    item = _item(answer, owned)
    return tuple(leaf for leaf in answer.leaves if leaf.item == item) if item is not None else ()


def _item(answer: Answer, owned: OwnedObject) -> str | None:
    """The item of a list that is the object: by its marker, else by its id under a name like `id`, else by its id anywhere.

    Small numbers turn up by chance in other leaves: that is why a name comes first.
    """
    marked = [leaf.item for leaf in answer.leaves if any(marker in leaf.value for marker in owned.markers)]
    if marked:
        return marked[0]
    if owned.id is None:
        return None
    value = as_text(owned.id)
    found = [leaf for leaf in answer.leaves if leaf.value == value]
    named = [leaf for leaf in found if re.search(r"(?:^|[._\]])(?:_?id|uuid|key|slug|name|number)$", leaf.path.lower())]
    return (named or found)[0].item if found else None


def holds_value(answer: Answer | None, value: str) -> bool:
    """Whether an answer shows a value as a leaf or within one."""
    return answer is not None and any(value in leaf.value for leaf in answer.leaves)


def free_text(call: Call, answer: Answer) -> list[Place]:
    """Body places of a call that hold free text and are shown unchanged in an answer: where a marker can be seen again."""
    shown = {leaf.value for leaf in answer.leaves}
    return [
        place
        for place in call.places()
        if place.within == "body"
        and isinstance(value := call.get(place), str)
        and len(value) >= 3
        and value in shown
        and not value.startswith(("http://", "https://"))
        and "@" not in value
    ]


def documented_values(probe: Probe) -> set[str]:
    """Examples, defaults and enum members of the endpoint's documented answers: everybody's values."""
    values: set[str] = set()
    stack = [answer.schema for answer in probe.endpoint.answers if answer.schema]
    for _ in range(500):
        if not stack:
            break
        schema = probe.specification.resolve(stack.pop())
        values.update(as_text(v) for v in (*schema.examples, *schema.enum) if not isinstance(v, (dict, list)))
        stack.extend([*schema.properties.values(), *schema.any_of, *([schema.items] if schema.items else [])])
    return values
