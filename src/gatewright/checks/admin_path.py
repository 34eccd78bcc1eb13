"""`admin-path`: what is kept for a higher role can be had at another path, or by another spelling of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from gatewright.checks.controls import baseline
from gatewright.checks.effects import strike
from gatewright.checks.evidence import ordinary
from gatewright.checks.function_access import beside, cached, foreign
from gatewright.checks.ranks import shows_others
from gatewright.checks.spellings import MANAGEMENT, Way, guesses, ways
from gatewright.explore.policy import administers, forbidden
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import OwnedObject
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved, strongest
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, read
from gatewright.proof.privacy import words
from gatewright.proof.witness import Witness, longest, sent_text, shown, witnesses

_GUESSES = 18
_COMMONEST = 2
"""Spellings that are tried at each endpoint; the others only at the first of them."""
_VERSION = re.compile(r"^(?:api|rest|v\d+(?:\.\d+)*)$", re.IGNORECASE)


class Kept(Struct, frozen=True):
    """An endpoint that a higher account reads and the attacker does not. Without an account nobody is known to read it."""

    endpoint: Endpoint
    call: Call
    able: str
    seen: tuple[Witness, ...]
    """What a first look goes by: values of the higher account's accepted answer that no sample of the attacker shows."""

    @property
    def path(self) -> str:
        """As it is asked for, without a query."""
        return render(self.endpoint, self.call).target.partition("?")[0]


class Hit(Struct, frozen=True):
    """An answer to an undocumented path that is worth the controls. `kept`: the endpoint whose values it shows."""

    way: Way
    endpoint: Endpoint
    call: Call
    exchange: Exchange
    kept: Kept | None

    @property
    def kept_path(self) -> str:
        """The documented path whose values it shows; empty where it shows others' data."""
        return self.kept.path if self.kept else ""


@check(
    "admin-path",
    threat="API5:2023",
    title="What is kept for a higher role can be had at another path",
    severity="high",
    cwe=(285, 425, 436),
    attacker=Attacker.BELOW,
    needs=(Need.METHODS, Need.SESSION),
    phase=Phase.READS,
    requests=100,
)
async def admin_path(probe: Probe) -> Verdict:
    """Ask for what is kept for a higher role by other spellings of its path, and at paths that are only guessed.

    ## What it does
    Takes a path that a higher account reads and the attacker does not, and spells it otherwise: a slash more, a dot
    segment, capital letters, a path parameter, an encoded letter, `X-Original-URL` and `X-Rewrite-URL` at a path that
    is allowed. It adds what claims a right (`X-Role: admin`, `X-Forwarded-For: 127.0.0.1`, `?admin=true`), and asks for
    paths that the API's own words suggest: `/admin/orders` and `/orders/all` beside `/orders`, `/internal/users` and
    another version beside `/admin/users`. At the first such endpoint all of this is tried, in about forty GETs, at
    five more the commonest; what shows something costs a few more.

    ## Why it matters
    Where rights are looked up by path, every spelling that the router understands and the rule does not is a way
    round it. An administrators' page that nobody documented is easily forgotten when rights are given.

    ## How it is proved
    The attacker is refused at the documented path, and at the other it gets values that the higher account got there
    three times and that stand in nothing the attacker may see: one strong value, or two weak ones of one item. Or a
    guessed path shows it objects of two other accounts that its own lists leave out. Both must come a second time,
    and not at two random siblings of the path, not in other words to an account beside it, and not to nobody. That a
    path exists proves nothing.

    ## When it is wrong
    When the page is meant for the lower role and shows on purpose what the documented one keeps back.

    ## Remedy
    Normalise the path once, before rights are looked up, and refuse what is not in its normal form. Check the role in
    the handler itself, denying by default, and ignore headers that rewrite the path unless a proxy of yours sets them.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
    - https://www.rfc-editor.org/rfc/rfc3986#section-6
    - https://cwe.mitre.org/data/definitions/425.html
    """
    kept = _kept(probe)
    here = next((one for one in kept if one.endpoint.id == probe.endpoint.id), None)
    if here is None and any(one.able for one in kept):
        return conclude("no_such_function", f"it is not kept from {probe.account}")
    here = here or next(iter(kept), None)
    first = here is None or here is kept[0]
    guessed = _guessed(probe, here, first=first)
    if here is None and not guessed:
        return conclude("no_such_function", "nothing is kept for a higher role, and no list suggests a path")
    tried: list[Exchange] = []
    found = await _search(probe, kept, here, guessed, tried=tried)
    proofs = [v for v in found if v.outcome == "vulnerable"]
    if len(proofs) == 2:
        return _both(*proofs)
    if found:
        return strongest(found)
    told = (
        f"{len(tried)} other spellings and guessed paths showed {probe.account} nothing that is kept for a higher role"
    )
    refused = all(DeniedFamily().denied(read(exchange.response)) for exchange in tried)
    return conclude("denied" if refused else "no_effect", told)


async def _search(
    probe: Probe, kept: Sequence[Kept], here: Kept | None, guessed: Sequence[str], *, tried: list[Exchange]
) -> list[Verdict]:
    """The verdicts of what was shown: by other spellings, at guessed paths. `tried` gets every attempt."""
    found: list[Verdict] = []
    if here is not None:
        rows = ways(here.path, _carrier(probe))
        verdict = await _first(probe, here, rows if here is kept[0] else rows[:_COMMONEST], kept=[here], tried=tried)
        found += [verdict] if verdict else []
    at = here or Kept(probe.endpoint, Call(endpoint=probe.endpoint.id), "", ())
    rows = [Way(told="a guessed path", path=path) for path in guessed]
    others = [one for one in kept if one is not here]
    if not any(v.reason == "parameter_ignored" for v in found):
        verdict = await _first(probe, at, rows, kept=[*([here] if here else []), *others], tried=tried)
        found += [verdict] if verdict else []
    return found


def _kept(probe: Probe) -> list[Kept]:
    """GET endpoints that accounts above the attacker read and none of its rank does, as the plan has them.

    Where nobody above is known: those that its path or tag keeps for administrators and that nobody reads.
    """
    own = probe.rank(probe.account)
    mine = [read(s.exchange.response) for s in probe.knowledge.samples if s.account == probe.account]
    found = []
    for endpoint in probe.knowledge.endpoints.values():
        samples = probe.knowledge.samples_of(endpoint.id)
        plain = (
            endpoint.method == "GET"
            and endpoint.field is None
            and not endpoint.stream
            and endpoint.id not in probe.auth_endpoints
        )
        if not plain or any(probe.rank(s.account) <= own for s in samples):
            continue
        if samples:
            best = min(samples, key=lambda s: probe.rank(s.account))
            found.append(Kept(endpoint, best.call, best.account, witnesses([read(best.exchange.response)], mine)))
        elif administers(endpoint) and "{" not in endpoint.path:
            found.append(Kept(endpoint, Call(endpoint=endpoint.id), "", ()))

    def order(one: Kept) -> tuple[bool, bool, int, str]:
        e = one.endpoint
        return "{" in e.path, not administers(e), len(e.path), e.path

    return sorted(found, key=order)


def _guessed(probe: Probe, here: Kept | None, *, first: bool) -> list[str]:
    """Paths beside the one that is kept; at the first such endpoint also beside the lists that the attacker reads."""
    known = [e for e in probe.knowledge.endpoints.values() if e.field is None and "{" not in e.path]
    owned = {r.get("list", "") for name, r in probe.knowledge.resources.items() if _several(probe, name)}
    own = [e for e in known if e.method == "GET" and probe.knowledge.sample(e.id, probe.account)]
    lists = [e for e in own if e.id in owned or {"me", "my"} & set(e.path.lower().split("/"))]
    kept = [here.endpoint.base + here.endpoint.path.partition("/{")[0]] if here else []
    near = [e.base + e.path for e in lists][:6] if first else []
    base, mode = probe.endpoint.base, probe.settings.limits.mode
    paths = guesses(kept, near, [e.base + e.path for e in known], most=2 * _GUESSES)
    slashed = [e.path.endswith("/") for e in known if e.path != "/"]
    if 2 * sum(slashed) > len(slashed):  # such a router sends all others away
        paths = [path + "/" for path in paths]
    safe = [p for p in paths if not forbidden(Endpoint(method="GET", path=p.removeprefix(base)), mode)]
    return safe[: _GUESSES if first else _GUESSES // 2]


def _several(probe: Probe, resource: str) -> bool:
    """Whether two other accounts have objects of it: then a list of everybody's is told from the attacker's own."""
    owners = {o.owner for o in probe.knowledge.objects if o.resource == resource and o.markers}
    return len(owners - {probe.account}) >= 2


def _carrier(probe: Probe) -> str:
    """A path that the attacker may read: that of its own probe."""
    call = probe.whoami(probe.account)
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is None or endpoint is None or endpoint.field is not None:
        return "/"
    return render(endpoint, call).target.partition("?")[0]


async def _first(
    probe: Probe, at: Kept, rows: Sequence[Way], *, kept: Sequence[Kept], tried: list[Exchange]
) -> Verdict | None:
    """The first way that is proved; else the verdict of the one that came nearest; None where nothing was shown."""
    verdicts = []
    for way in rows:
        exchange = await strike(
            probe, at.call, as_=probe.account, purpose=f"attack: {way.told}", endpoint=at.endpoint, edit=way.edit()
        )
        tried.append(exchange)
        hit = _hit(probe, way, at, exchange, kept)
        if hit is None:
            continue
        hit = await _narrowed(probe, hit, kept)
        verdict = await (_shows(probe, hit) if hit.kept else _others(probe, hit))
        if verdict.outcome == "vulnerable":
            return verdict
        verdicts.append(verdict)
        if verdict.reason == "parameter_ignored":  # so do all the others
            break
    return strongest(verdicts) if verdicts else None


async def _narrowed(probe: Probe, hit: Hit, kept: Sequence[Kept]) -> Hit:
    """Of a way that does several things at once, the one thing that has the effect alone; else as it is."""
    for part in hit.way.parts:
        exchange = await strike(
            probe, hit.call, as_=probe.account, purpose=f"attack: {part.told}", endpoint=hit.endpoint, edit=part.edit()
        )
        found = _hit(probe, part, Kept(hit.endpoint, hit.call, "", ()), exchange, kept)
        if found is not None:
            return found
    return hit


def _hit(probe: Probe, way: Way, at: Kept, exchange: Exchange, kept: Sequence[Kept]) -> Hit | None:
    """What an answer shows at first sight, without a further request."""
    answer = read(exchange.response)
    if not 200 <= answer.status < 300 or DeniedFamily().denied(answer):
        return None
    one = next((k for k in kept if _leak(k.seen, answer, _guard(probe, exchange.request, k.path))), None)
    if one is not None:
        return Hit(way, at.endpoint, at.call, exchange, one)
    return Hit(way, at.endpoint, at.call, exchange, None) if _reaches(probe, way, answer, []) else None


def _guard(probe: Probe, request: Request, path: str) -> str:
    """What proves nothing when it comes back: all that was sent, and the path in its documented form."""
    return "" if "echo" in probe.settings.disabled_controls else f"{sent_text(request)}\n{path}"


def _leak(found: Sequence[Witness], answer: Answer, guard: str) -> tuple[Witness, ...]:
    """The witnesses that prove a leak; of a list also three weak ones at one place (a column of values)."""
    leak = shown(found, answer, sent=guard)
    if leak:
        return leak
    listed = {(leaf.path, leaf.value) for leaf in answer.leaves if leaf.item}
    column = tuple(w for w in found if (w.path, w.value) in listed and w.value not in guard)
    return column if len({w.value for w in column}) >= 3 else ()


def _reaches(probe: Probe, way: Way, answer: Answer, may: list[Answer]) -> bool:
    """Whether it shows objects of two other accounts that the attacker's own answers leave out.

    Names of accounts count only under a word of administration: a directory may be meant for all.
    """
    if any(words(part) & MANAGEMENT for part in way.path.split("/")):
        return shows_others(probe, answer, may)
    seen = {leaf.value for one in may for leaf in one.leaves}
    values = {leaf.value for leaf in answer.leaves} - seen
    others = {o.owner for o in probe.knowledge.objects if any(m in v for m in o.markers for v in values)}
    return len(others - {probe.account}) >= 2


async def _ordinary(probe: Probe) -> list[Answer]:
    nothing = OwnedObject(key="", resource="", owner=probe.account, origin="learned")
    return await ordinary(probe, nothing)


async def _shows(probe: Probe, hit: Hit) -> Verdict:
    """The answer holds values of an endpoint that is kept for a higher account."""
    one = hit.kept
    assert one is not None  # noqa: S101 - who calls has looked
    direct = await strike(probe, one.call, as_=probe.account, purpose="control: its own path", endpoint=one.endpoint)
    shown_there = read(direct.response)
    refused = DeniedFamily().denied(shown_there) and not _leak(one.seen, shown_there, "")
    if not probe.control(
        "direct",
        f"{probe.account} asks for {one.path}",
        expected="refused",
        observed="refused" if refused else "answered",
        holds=refused,
    ):
        return conclude("no_effect", f"{probe.account} may read {one.path} itself: function-access judges that")
    first = await baseline(probe, one.call, one.able, key="function", endpoint=one.endpoint)
    if not (first.answers and 200 <= first.answers[0].status < 300):
        return conclude("baseline_broken", f"{one.able} was refused at {one.path}: status {first.answers[0].status}")
    if not first.holds:
        return conclude("unstable", f"{one.able}'s own answers differ in status or kind")
    may = await _ordinary(probe)
    answer = read(hit.exchange.response)
    found = foreign(probe, witnesses(first.answers, may), answer)

    def leaks(exchange: Exchange) -> frozenset[str]:
        leak = _leak(found, read(exchange.response), _guard(probe, exchange.request, one.path))
        return frozenset(w.value for w in leak)

    if not leaks(hit.exchange):
        return conclude("no_effect", f"{hit.way.shown()} shows {probe.account} only what it may see elsewhere")
    verdict = await _controls(probe, hit, leaks, named=shows_others(probe, answer, may))
    if isinstance(verdict, Verdict):
        return verdict
    leak = _leak(found, answer, _guard(probe, hit.exchange.request, one.path))
    return _proved(
        probe,
        hit,
        verdict,
        facts=(
            f"{one.able} asked for {one.path} three times; {probe.account} is refused there",
            f"{probe.account} asked for {hit.way.shown()} and got {longest(leak)}, twice",
            "none of these values stands in what it may see elsewhere",
            "two random siblings of the path show none of them",
        ),
        endpoint=one.endpoint,
    )


async def _others(probe: Probe, hit: Hit) -> Verdict:
    """The answer holds what belongs to several other accounts."""
    may = await _ordinary(probe)

    def leaks(exchange: Exchange) -> frozenset[str]:
        seen = read(exchange.response)
        reached = _reaches(probe, hit.way, seen, may)
        return frozenset(leaf.value for leaf in seen.leaves if len(leaf.value) >= 4) if reached else frozenset()

    if not leaks(hit.exchange):
        return conclude("no_effect", f"{hit.way.shown()} shows {probe.account} only what it may see elsewhere")
    verdict = await _controls(probe, hit, leaks, named=False)
    if isinstance(verdict, Verdict):
        return verdict
    return _proved(
        probe,
        hit,
        verdict,
        facts=(
            f"{probe.account} asked for {hit.way.shown()} and got data of at least two other accounts, twice",
            "its own lists do not show them, nor do two random siblings of the path",
        ),
        endpoint=_nearest(probe, hit),
    )


def _nearest(probe: Probe, hit: Hit) -> Endpoint:
    """The documented endpoint that shares most words with a path; the cell's where none does."""
    own = {w for part in hit.way.path.split("/") if not _VERSION.match(part) for w in words(part)} - MANAGEMENT
    near = [e for e in probe.knowledge.endpoints.values() if e.method == "GET" and "{" not in e.path]
    near = [e for e in near if words(e.path) & own and probe.knowledge.samples_of(e.id)]
    return max(near, key=lambda e: (len(words(e.path) & own), -len(e.path), e.path), default=probe.endpoint)


async def _controls(
    probe: Probe, hit: Hit, leaks: Callable[[Exchange], frozenset[str]], *, named: bool
) -> Verdict | Exchange:
    """What must hold before it counts; then the second attack.

    `leaks`: the values by which an answer tells what it must not; `named`: it tells several other accounts by name.
    """

    async def ask(as_: str, purpose: str, path: str = "") -> Exchange:
        edit = hit.way.edit(path)
        return await strike(probe, hit.call, as_=as_, purpose=purpose, endpoint=hit.endpoint, edit=edit)

    for _ in range(2):
        sibling = await ask(probe.account, "control: random sibling", hit.way.beside(probe.marker()))
        clean = not leaks(sibling)
        if not probe.control(
            "sibling",
            "a random sibling of the path, asked for in the same way",
            expected="shows nothing of it",
            observed="nothing" if clean else "the same",
            holds=clean,
        ):
            return conclude("parameter_ignored", "a random sibling of the path shows the same: every path does")
    other = beside(probe)
    if other:
        theirs = await ask(other, "control: another of that rank")
        same = bool(leaks(theirs) & leaks(hit.exchange))
        if not probe.control(
            "own",
            f"{other}, of equal rank, asks for the same",
            expected="the same values",
            observed="the same" if same else "others, or none",
            holds=same,
        ):
            return conclude("own_object", f"{other} gets other values there: each caller sees its own")
    if hit.way.claims:  # nobody may claim a right as well: what counts is that nobody gets it without
        nobody = await strike(probe, hit.call, as_=ANON, purpose="control: no credential", endpoint=hit.endpoint)
    else:
        nobody = await ask(ANON, "control: no credential")
    public = bool(leaks(nobody))
    if not probe.control(
        "C5",
        "without a credential",
        expected="refused, or others' data all the same",
        observed="shown" if public else "not shown",
        holds=not public or named,
    ):
        return conclude("public", f"{hit.way.shown()} shows it to everybody")
    again = await ask(probe.account, "attack: again")
    if not leaks(again):
        return conclude("unstable", "it was shown once, and not again")
    return conclude("cache", "a cache says that it answered, and not the server") if cached(again) else again


def _proved(probe: Probe, hit: Hit, again: Exchange, *, facts: tuple[str, ...], endpoint: Endpoint) -> Verdict:
    role = probe.accounts[probe.account].role or "account"
    what = hit.kept.path if hit.kept else "several other accounts' data"
    return proved(
        title=f"Any {role} gets what is kept for a higher role by {hit.way.told}",
        summary=f"{probe.account} got {what} by asking for {hit.way.shown()}.",
        proof=facts,
        attacks=(again.number, hit.exchange.number),
        endpoint=endpoint,
        also=() if hit.way.path == hit.kept_path else (f"GET {hit.way.path.removeprefix(endpoint.base)}",),
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
    )


def _both(one: Verdict, other: Verdict) -> Verdict:
    """Another spelling and a guessed path were proved: the first names the finding, which tells of both."""
    return proved(
        title=one.title,
        summary=f"{one.summary} {other.summary}",
        proof=(*one.proof, *other.proof),
        attacks=(*one.attacks, *other.attacks),
        endpoint=one.endpoint,
        also=(*one.also, *other.also),
        severity=one.severity,
        cvss=one.cvss,
    )
