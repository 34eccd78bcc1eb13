"""Endpoint × test → cells: who attacks, and which cells are settled before anything is sent.

Every cell that cannot be run carries its reason here, so that the coverage adds up (interface.md section 4).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from gatewright.engine.ports import Standing
from gatewright.explore.policy import administers, removes_several
from gatewright.model.access import cells_of
from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint
from gatewright.model.finding import Cell
from gatewright.model.knowledge import Knowledge
from gatewright.model.settings import Choice, Settings
from gatewright.model.test import Attacker, Effect, Need, Phase, Test
from gatewright.model.verdict import SEVERITIES, Verdict, conclude
from gatewright.proof.leaves import read

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEPT = 6
"""Endpoints at which a test of those below stands, at most."""
_RUN_ORDER = {phase: index for index, phase in enumerate(Phase)}


class Job(Struct, frozen=True, kw_only=True):
    """One cell with its test. `settled` holds the verdict of a cell that needs no request."""

    cell: Cell
    test: Test
    endpoint: Endpoint
    settled: Verdict | None = None


class Situation(Struct, frozen=True, kw_only=True):
    """All that the plan looks at."""

    knowledge: Knowledge
    identities: Standing
    settings: Settings
    auth_endpoints: Mapping[str, str]
    """Endpoint id → its class (login, register, reset, …)."""
    protected: frozenset[str] = frozenset()
    """Endpoints that were seen to refuse requests without a credential."""

    def regular(self) -> list[str]:
        """Accounts that attack and are attacked: all but the throw-away ones, unless there are no others."""
        accounts = self.identities.accounts
        regular = [name for name, account in accounts.items() if account.origin != "throw-away"]
        return regular or list(accounts)

    def ranks(self) -> dict[int, list[str]]:
        """Rank → accounts of it, lowest rank first."""
        found: dict[int, list[str]] = {}
        for name in self.regular():
            found.setdefault(self.identities.rank(name), []).append(name)
        return dict(sorted(found.items()))


def plan(tests: Iterable[Test], situation: Situation) -> list[Job]:
    """Every cell of the run, in the order in which it is to be worked on.

    Phases in turn; within one every endpoint gets its cheapest test before any gets its second, riskiest endpoints
    first, so that a budget that ends early has covered breadth.
    """
    jobs: list[Job] = []
    endpoints = sorted(situation.knowledge.endpoints.values(), key=lambda e: (-risk(e), e.path, e.method))
    for test in sorted(tests, key=lambda t: (t.requests, t.id)):
        chosen = endpoints
        if test.attacker is Attacker.HOST:
            chosen = _representative(test, endpoints, situation)
        elif test.attacker is Attacker.BELOW:
            chosen = _kept_from_some(endpoints, situation) or _representative(test, endpoints, situation)
        elif test.attacker is Attacker.AUTH:
            chosen = [e for e in endpoints if situation.auth_endpoints.get(e.id) in test.classes]
            chosen = chosen or _representative(test, endpoints, situation)
        for endpoint in chosen:
            jobs.extend(_cells(test, endpoint, situation))
    return _ordered(jobs, endpoints)


def risk(endpoint: Endpoint) -> int:
    """A rough risk of an endpoint, for the order only: parameters that name objects, writes, required credentials."""
    score = 3 * ("{" in endpoint.path) + 2 * (endpoint.method in UNSAFE) + (endpoint.secured is True)
    return score + min(len(endpoint.parameters) + len(endpoint.bodies), 4)


def _ordered(jobs: list[Job], endpoints: Sequence[Endpoint]) -> list[Job]:
    place = {endpoint.id: index for index, endpoint in enumerate(endpoints)}
    turns: dict[tuple[Phase, str], int] = {}
    keyed = []
    for job in jobs:
        key = (job.test.phase, job.endpoint.id)
        turns[key] = turns.get(key, 0) + 1
        keyed.append(((_RUN_ORDER[job.test.phase], turns[key], place[job.endpoint.id]), job))
    return [job for _, job in sorted(keyed, key=lambda pair: pair[0])]


def _representative(test: Test, endpoints: Sequence[Endpoint], situation: Situation) -> list[Endpoint]:
    """The one endpoint at which a test of a host stands: the first account's probe, else the first by path."""
    for name in situation.regular():
        call = situation.identities.whoami(name)
        if call is not None and call.endpoint in situation.knowledge.endpoints:
            return [situation.knowledge.endpoints[call.endpoint]]
    return sorted(endpoints, key=lambda e: (e.path, e.method))[:1]


def _kept_from_some(endpoints: Sequence[Endpoint], situation: Situation) -> list[Endpoint]:
    """At most six GET endpoints that only accounts of higher ranks read, short paths of administration first."""
    lowest = min(situation.ranks(), default=0)
    found = []
    for endpoint in endpoints:
        ranks = {situation.identities.rank(s.account) for s in situation.knowledge.samples_of(endpoint.id)}
        if endpoint.method == "GET" and endpoint.field is None and ranks and min(ranks) > lowest:
            found.append(endpoint)
    return sorted(found, key=lambda e: ("{" in e.path, not administers(e), len(e.path), e.path))[:_KEPT]


def _cells(test: Test, endpoint: Endpoint, situation: Situation) -> list[Job]:
    def job(account: str, settled: Verdict | None = None) -> Job:
        return Job(cell=Cell(endpoint.id, test.id, account), test=test, endpoint=endpoint, settled=settled)

    attackers = _attackers(test, endpoint, situation)
    refused = _not_chosen(test, endpoint, situation.settings) or _mode(test, endpoint, situation.settings)
    if refused is not None:
        return [job(name, refused) for name in attackers or [ANON]]
    if not attackers:
        return [job(ANON, _no_attacker(test, situation))]
    return [job(name, _unmet(test, endpoint, name, situation)) for name in attackers]


def _attackers(test: Test, endpoint: Endpoint, situation: Situation) -> list[str]:
    ranks = situation.ranks()
    if test.attacker in (Attacker.ANON, Attacker.AUTH):
        return [ANON]
    if test.attacker is Attacker.PEER:
        return [names[-1] for names in ranks.values() if len(names) > 1]
    if test.attacker is Attacker.LOWER:
        groups = list(ranks.values())  # where all are equal, the one who may is simply not among our accounts
        return [names[-1] for names in groups[:-1] or groups] + [ANON]
    if test.attacker is Attacker.BELOW:
        groups = list(ranks.values())
        return [names[-1] for names in groups[:-1] or groups]
    if test.attacker is Attacker.HOST:
        return [name for name in situation.regular() if situation.identities.whoami(name) is not None][:1]
    sampled = [n for names in ranks.values() for n in names if situation.knowledge.sample(endpoint.id, n)]
    return sampled[:1] or [name for names in ranks.values() for name in names][:1]


def _no_attacker(test: Test, situation: Situation) -> Verdict:
    if not situation.identities.accounts:
        return conclude("needs_configuration", "needs an account: give --account NAME=USER:PASSWORD or --sign-up 2")
    if test.attacker is Attacker.PEER:
        return conclude(
            "needs_configuration", "needs two accounts of equal rank: give a second --account, or --sign-up 2"
        )
    return conclude("needs_configuration", "needs an account whose log-in is proved by an answer that names it")


def _not_chosen(test: Test, endpoint: Endpoint, settings: Settings) -> Verdict | None:
    choice = settings.choice
    if choice.only and not any(chosen(pattern, test, endpoint) for pattern in _groups(choice)):
        return conclude("choice", f"not chosen by --only {' '.join(choice.only)}")
    skipped = next((pattern for pattern in choice.skip if chosen((pattern,), test, endpoint)), None)
    return conclude("choice", f"left out by --skip {skipped}") if skipped else None


def _groups(choice: Choice) -> list[tuple[str, ...]]:
    """Endpoint patterns and test patterns of --only narrow each other."""
    endpoints = [p for p in choice.only if "/" in p]
    tests = [p for p in choice.only if "/" not in p]
    if endpoints and tests:
        return [(e, t) for e in endpoints for t in tests]
    return [(p,) for p in endpoints or tests]


def chosen(patterns: tuple[str, ...], test: Test, endpoint: Endpoint) -> bool:
    """Whether all patterns of `--only` or `--skip` match: `API1`, `tag:NAME`, `GET /users/*` or a test id."""
    return all(_matches(pattern, test, endpoint) for pattern in patterns)


def _matches(pattern: str, test: Test, endpoint: Endpoint) -> bool:
    if "/" in pattern:
        method, _, path = pattern.rpartition(" ")
        return fnmatch.fnmatchcase(endpoint.shown_path, path or pattern) and fnmatch.fnmatchcase(
            endpoint.shown_method, method or "*"
        )
    if pattern.startswith("tag:"):
        return pattern[4:] in test.tags
    return fnmatch.fnmatchcase(test.id, pattern) or pattern.upper() == test.threat.partition(":")[0]


def _mode(test: Test, endpoint: Endpoint, settings: Settings) -> Verdict | None:
    if settings.limits.mode != "read-only":
        return None
    if test.effect is not Effect.NONE:
        return conclude("mode", "changes objects that Gatewright made; the mode is read-only")
    if endpoint.method in UNSAFE and test.attacker not in (Attacker.HOST, Attacker.BELOW, Attacker.AUTH):
        return conclude("mode", f"{endpoint.method} may change something; the mode is read-only")
    return None


def _unmet(test: Test, endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    """The verdict of a cell whose needs are not met; None when it can be run."""
    if test.attacker is Attacker.AUTH and situation.auth_endpoints.get(endpoint.id) not in test.classes:
        words = " or ".join(name.replace("_", " ") for name in test.classes)
        return conclude("no_such_function", f"no endpoint for {words} is known")
    if endpoint.stream and not test.streams and test.attacker not in (Attacker.HOST, Attacker.BELOW, Attacker.AUTH):
        return conclude("no_such_function", "its answer goes on by itself; the tests that listen judge it")
    for need in test.needs:
        if need is Need.BODY and situation.auth_endpoints.get(endpoint.id) in test.classes:
            continue  # exploration leaves the log-in alone; the test asks itself
        check = _NEEDS.get(need)
        verdict = check(endpoint, attacker, situation) if check else None
        if verdict is not None:
            return verdict
    return None


_OPEN = re.compile(
    r"/\.well-known/|/(health|healthz|health-?check|livez?|readyz?|liveness|readiness|ping|jwks|openapi|swagger|api-docs|docs|redoc)"
    r"(\.\w+)?/?$",
    re.IGNORECASE,
)
"""Paths of health, keys and documentation, which answer to all by their nature (checks-1-5.md section 3)."""


def _not_auth(endpoint: Endpoint, situation: Situation) -> Verdict | None:
    kind = situation.auth_endpoints.get(endpoint.id)
    if kind is None and not endpoint.stream and _OPEN.search(endpoint.path):  # a stream may well be called `live`
        kind = "health or documentation"
    return (
        conclude("auth_endpoint", f"it is the {kind} endpoint: it must answer without a credential") if kind else None
    )


def _unreached(endpoint: Endpoint, situation: Situation) -> Verdict:
    why = situation.knowledge.unreached.get(endpoint.id, "exploration did not reach it")
    return conclude("baseline_broken", f"no accepted request is known: {why}")


def _need_sample(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    reached = bool(situation.knowledge.samples_of(endpoint.id))
    if endpoint.method == "DELETE":  # trying it out would use the object up: a reference is enough to ask with
        reached = reached or bool(situation.knowledge.named_by(endpoint.id))
    return None if reached else _unreached(endpoint, situation)


def _need_reads(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if removes_several(endpoint):
        return conclude("no_such_function", f"{endpoint.name} removes what it names")
    if endpoint.method in ("GET", "HEAD") or (endpoint.method == "POST" and _names_in_body(endpoint, situation)):
        return None
    field = endpoint.field
    if field is not None and field.kind == "mutation" and field.lifted and field.shows and endpoint.method == "POST":
        return None  # whether it only looks, the check tries on an object of the attacker's own
    return conclude("no_such_function", f"{endpoint.method} does not read an object that is there")


def _need_changes(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if endpoint.method in ("PUT", "PATCH", "POST") and not removes_several(endpoint):
        return None
    return conclude("no_such_function", f"{endpoint.method} does not change an object")


def _need_deletes(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if endpoint.method == "DELETE" or (removes_several(endpoint) and _names_in_body(endpoint, situation)):
        return None
    return conclude("no_such_function", f"{endpoint.method} does not delete")


def _need_methods(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if endpoint.field is None:
        return None
    return conclude("no_such_function", "a field of a GraphQL schema has no method and no path of its own")


def _names_in_body(endpoint: Endpoint, situation: Situation) -> bool:
    named = situation.knowledge.named_by(endpoint.id)
    return any(r.place.within == "body" for o in named for r in o.references if r.endpoint == endpoint.id)


def _need_recipe(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if situation.auth_endpoints.get(endpoint.id) == "register":
        return _need_throwaway(endpoint, attacker, situation)
    return _need_sample(endpoint, attacker, situation)


def _need_reference(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    rank = situation.identities.rank(attacker)
    victims = [n for n in situation.regular() if n != attacker and situation.identities.rank(n) == rank]
    objects = situation.knowledge.named_by(endpoint.id)
    if not objects:
        if endpoint.id in situation.knowledge.unreached and "{" in endpoint.path:
            return _unreached(endpoint, situation)
        return conclude("no_reference", "no value of it names an object of ours")
    if not any(o.owner in victims for o in objects):
        return conclude("no_reference", f"{' and '.join(victims) or 'no peer'} owns no object that it names")
    return None


def _need_protected(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    auth = _not_auth(endpoint, situation)
    if auth is not None:
        return auth
    denied = cells_of(situation.settings.access, endpoint).get(ANON) == "deny"
    if endpoint.secured or denied or endpoint.id in situation.protected or _personal(endpoint, situation):
        return None
    return conclude("not_protected", "the specification asks for no credential here, and none was refused")


def _personal(endpoint: Endpoint, situation: Situation) -> bool:
    """Whether it names an object of ours, or an accepted answer of it named the account that asked."""
    if situation.knowledge.named_by(endpoint.id):
        return True
    for sample in situation.knowledge.samples_of(endpoint.id):
        account = situation.identities.accounts.get(sample.account)
        if account is not None:
            values = {leaf.value for leaf in read(sample.exchange.response).leaves}
            if values & {v for v in (account.username, *account.identity) if len(v) >= 3}:
                return True
    return False


def _need_ordinary(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    return _not_auth(endpoint, situation)


def _need_higher(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    rank = -1 if attacker == ANON else situation.identities.rank(attacker)
    higher = [n for n in situation.regular() if situation.identities.rank(n) > rank]
    if higher or situation.knowledge.sample(endpoint.id, attacker) is not None:
        return None
    if endpoint.method == "DELETE" and situation.knowledge.named_by(endpoint.id):
        return None  # nobody tries a deletion out on what is needed
    return conclude("needs_configuration", "needs an account of a higher role: --account NAME/ROLE=USER:PASSWORD")


def _need_own(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    made = any(o.origin == "created" for o in situation.knowledge.named_by(endpoint.id))
    return None if made else conclude("no_reference", "no value of it names an object that this run made")


def _need_throwaway(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    if any(a.origin == "throw-away" for a in situation.identities.accounts.values()):
        return None
    return conclude("needs_configuration", "needs throw-away accounts, and no sign-up endpoint worked")


def _need_jwt(endpoint: Endpoint, attacker: str, situation: Situation) -> Verdict | None:
    account = situation.identities.accounts.get(attacker)
    if account is None:
        return conclude("needs_configuration", "needs an account that is logged in")
    return None


_NEEDS = {
    Need.SAMPLE: _need_sample,
    Need.RECIPE: _need_recipe,
    Need.BODY: _need_sample,
    Need.READS: _need_reads,
    Need.CHANGES: _need_changes,
    Need.DELETES: _need_deletes,
    Need.METHODS: _need_methods,
    Need.REFERENCE: _need_reference,
    Need.PROTECTED: _need_protected,
    Need.ORDINARY: _need_ordinary,
    Need.HIGHER: _need_higher,
    Need.OWNED: _need_own,
    Need.THROWAWAY: _need_throwaway,
    Need.JWT: _need_jwt,
}


def at_least(severity: str, threshold: str) -> bool:
    """Whether a severity reaches a threshold of `--fail-on`."""
    return threshold != "never" and SEVERITIES.index(severity) >= SEVERITIES.index(threshold)
