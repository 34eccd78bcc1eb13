from __future__ import annotations

import asyncio

import msgspec
import pytest

from gatewright.engine.given import Given, scene
from gatewright.engine.plan import Situation, at_least, chosen, plan, risk
from gatewright.engine.scripted import Rule
from gatewright.model.endpoint import Endpoint, Requirement
from gatewright.model.finding import Cell
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge
from gatewright.model.settings import Choice, Limits
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe
from gatewright.model.test import Test as Check
from gatewright.model.verdict import Verdict, conclude


async def nothing(probe: Probe) -> Verdict:
    """Never run here."""
    return conclude("denied", "")


def check(
    name: str = "one",
    *,
    attacker: Attacker = Attacker.PEER,
    needs: tuple[Need, ...] = (),
    phase: Phase = Phase.READS,
    effect: Effect = Effect.NONE,
    requests: int = 5,
    tags: tuple[str, ...] = (),
) -> Check:
    return Check(
        id=name, threat="API1:2023", title="", severity="high", cwe=(), attacker=attacker, needs=needs, phase=phase,
        effect=effect, requests=requests, tags=tags, doc="", run=nothing,
    )  # fmt: skip


def situation(told: dict[str, Json], *rules: Json) -> Situation:
    asked = [msgspec.convert(rule, Rule) for rule in rules or ({"response": {}},)]
    return asyncio.run(scene(msgspec.convert(told, Given), asked)).situation


PEOPLE: Json = {
    "alice": {},
    "bob": {},
    "sam": {"role": "staff"},
    "root": {"role": "admin"},
    "v": {"origin": "throw-away"},
}
ROLES: Json = ["user", "staff", "admin"]


@pytest.mark.parametrize(
    ("attacker", "accounts"),
    [
        (Attacker.PEER, ["bob"]),
        (Attacker.LOWER, ["bob", "sam", "anon"]),
        (Attacker.ANON, ["anon"]),
        (Attacker.OWNER, ["alice"]),
        (Attacker.HOST, ["alice"]),
        (Attacker.BELOW, ["bob", "sam"]),
    ],
)
def test_who_attacks(attacker: Attacker, accounts: list[str]) -> None:
    now = situation({"accounts": PEOPLE, "roles": ROLES, "endpoint": "GET /me", "probe": "GET /me"})
    assert [job.cell.account for job in plan([check(attacker=attacker)], now)] == accounts


def test_among_equals_one_attacks_what_somebody_above_may() -> None:
    now = situation({"accounts": ["alice", "bob"], "endpoint": "GET /me", "probe": "GET /me"})
    assert [job.cell.account for job in plan([check(attacker=Attacker.LOWER)], now)] == ["bob", "anon"]


def test_throw_away_accounts_attack_only_where_there_are_no_others() -> None:
    now = situation({"accounts": {"v": {"origin": "throw-away"}, "s": {"origin": "throw-away"}}, "endpoint": "GET /me"})
    assert [job.cell.account for job in plan([check()], now)] == ["s"]


def test_a_test_of_a_host_has_one_cell_at_the_probe() -> None:
    told: dict[str, Json] = {
        "accounts": ["alice"],
        "endpoint": "GET /me",
        "endpoints": ["GET /a", "GET /b"],
        "probe": "GET /me",
    }
    jobs = plan([check(attacker=Attacker.HOST)], situation(told))
    assert [job.endpoint.path for job in jobs] == ["/me"]


def test_a_test_of_those_below_stands_where_one_of_them_is_kept_out() -> None:
    kept: list[Json] = [{"name": f"GET /{path}", "samples": ["root"]} for path in ("staff", "admin/users", "admin/log")]
    told: dict[str, Json] = {
        "accounts": {"alice": {}, "root": {"role": "admin"}},
        "endpoint": "GET /me",
        "endpoints": kept,
        "probe": "GET /me",
    }
    jobs = plan([check(attacker=Attacker.BELOW)], situation(told))
    assert [(job.endpoint.path, job.cell.account) for job in jobs] == [
        (path, "alice") for path in ("/admin/log", "/admin/users", "/staff")
    ]


def test_tests_of_the_log_in_stand_at_its_endpoints() -> None:
    told: dict[str, Json] = {
        "accounts": ["alice"],
        "endpoint": "GET /me",
        "endpoints": [{"name": "POST /login", "auth": "login"}, {"name": "POST /v2/login", "auth": "login"}],
        "probe": "GET /me",
    }
    login = msgspec.structs.replace(check(attacker=Attacker.AUTH), classes=("login",))
    reset = msgspec.structs.replace(check("two", attacker=Attacker.AUTH), classes=("reset", "change_password"))
    jobs = plan([login, reset], situation(told))
    assert [(job.test.id, job.endpoint.path, job.cell.account) for job in jobs] == [
        ("one", "/login", "anon"),
        ("one", "/v2/login", "anon"),
        ("two", "/me", "anon"),
    ]
    settled = next(job.settled for job in jobs if job.test.id == "two")
    assert settled is not None
    assert (settled.reason, settled.why) == ("no_such_function", "no endpoint for reset or change password is known")


NOTES: dict[str, Json] = {
    "accounts": ["alice", "bob"],
    "endpoint": "GET /notes/{id}",
    "objects": {"alice": 7, "bob": 8},
}


@pytest.mark.parametrize(
    ("told", "test", "reason"),
    [
        (NOTES, check(needs=(Need.READS, Need.REFERENCE, Need.SAMPLE)), None),
        (NOTES, check(needs=(Need.CHANGES,)), "no_such_function"),
        (NOTES, check(needs=(Need.DELETES,)), "no_such_function"),
        ({**NOTES, "objects": {}}, check(needs=(Need.HIGHER,)), "needs_configuration"),
        (NOTES, check(needs=(Need.THROWAWAY,)), "needs_configuration"),
        ({**NOTES, "accounts": ["alice"]}, check(), "needs_configuration"),
        ({**NOTES, "accounts": []}, check(), "needs_configuration"),
        ({**NOTES, "objects": {}}, check(needs=(Need.REFERENCE,)), "no_reference"),
        ({**NOTES, "objects": {"bob": 8}}, check(needs=(Need.REFERENCE,)), "no_reference"),
        ({**NOTES, "objects": {}}, check(needs=(Need.OWNED,)), "no_reference"),
        (NOTES, check(attacker=Attacker.ANON, needs=(Need.PROTECTED,)), None),
        ({"accounts": ["alice"], "endpoint": "GET /a"}, check(attacker=Attacker.ANON, needs=(Need.PROTECTED,)), "not_protected"),
        ({"accounts": ["alice"], "endpoint": {"name": "GET /a", "secured": True}}, check(attacker=Attacker.ANON, needs=(Need.PROTECTED,)), None),
        ({"accounts": ["alice"], "endpoint": "GET /healthz"}, check(attacker=Attacker.ANON, needs=(Need.ORDINARY,)), "auth_endpoint"),
        ({"accounts": ["alice"], "endpoint": {"name": "GET /in", "auth": "login"}}, check(attacker=Attacker.ANON, needs=(Need.ORDINARY,)), "auth_endpoint"),
        ({**NOTES, "mode": "read-only"}, check(effect=Effect.OWN), "mode"),
        ({**NOTES, "mode": "read-only"}, check(), None),
        ({**NOTES, "endpoint": "PUT /notes/{id}", "mode": "read-only"}, check(), "mode"),
    ],
)  # fmt: skip
def test_what_is_settled_before_anything_is_sent(told: dict[str, Json], test: Check, reason: str | None) -> None:
    (job,) = plan([test], situation(told))
    assert (job.settled.reason if job.settled else None) == reason
    if job.settled is not None:
        assert job.settled.why


def test_a_cell_without_an_accepted_request_says_why() -> None:
    told: dict[str, Json] = {**NOTES, "endpoint": {"name": "GET /notes/{id}", "unreached": "the API answered 500"}}
    (job,) = plan([check(needs=(Need.SAMPLE,))], situation(told, {"status": 500}))
    assert job.settled is not None
    assert job.settled.reason == "baseline_broken"
    assert "500" in job.settled.why


@pytest.mark.parametrize(
    ("patterns", "matches"),
    [
        (("one",), True),
        (("o*",), True),
        (("two",), False),
        (("API1",), True),
        (("api1",), True),
        (("API2",), False),
        (("tag:slow",), True),
        (("tag:fast",), False),
        (("GET /notes/*",), True),
        (("/notes/*",), True),
        (("PUT /notes/*",), False),
        (("/notes/*", "two"), False),
    ],
)
def test_patterns_of_only_and_skip(patterns: tuple[str, ...], matches: bool) -> None:
    endpoint = Endpoint(method="GET", path="/notes/{id}")
    assert chosen(patterns, check(tags=("slow",)), endpoint) is matches


def test_only_narrows_by_endpoint_and_test_together() -> None:
    now = situation({**NOTES, "endpoints": ["GET /me"]})
    settings = msgspec.structs.replace(now.settings, choice=Choice(only=("/notes/*", "one"), skip=("two",)))
    jobs = plan([check("one"), check("two")], msgspec.structs.replace(now, settings=settings))
    run = [(job.test.id, job.endpoint.path) for job in jobs if job.settled is None]
    assert run == [("one", "/notes/{id}")]
    assert {job.settled.reason for job in jobs if job.settled} == {"choice"}


def test_phases_then_breadth_then_risk() -> None:
    told: dict[str, Json] = {**NOTES, "endpoints": ["GET /plain"]}
    tests = [check("dear", requests=9), check("cheap", requests=1), check("late", phase=Phase.BURSTS, requests=1)]
    order = [(job.test.id, job.endpoint.path) for job in plan(tests, situation(told))]
    assert order == [
        ("cheap", "/notes/{id}"), ("cheap", "/plain"), ("dear", "/notes/{id}"), ("dear", "/plain"),
        ("late", "/notes/{id}"), ("late", "/plain"),
    ]  # fmt: skip


def test_a_thousand_endpoints_have_each_job_once() -> None:
    now = situation({"accounts": ["alice", "bob"], "endpoint": "GET /a"})
    endpoints = [
        Endpoint(method="GET", path=f"/r{n}/{{id}}", security=(Requirement((("k", ()),)),)) for n in range(1000)
    ]
    many = msgspec.structs.replace(now, knowledge=Knowledge(endpoints={e.id: e for e in endpoints}))
    tests = [check(f"t{n}", attacker=Attacker.LOWER, needs=(Need.PROTECTED, Need.REFERENCE)) for n in range(15)]
    jobs = plan(tests, many)
    assert len({job.cell for job in jobs}) == len(jobs) == 30_000


def test_risk_and_thresholds() -> None:
    assert risk(Endpoint(method="DELETE", path="/a/{id}")) > risk(Endpoint(method="GET", path="/a"))
    assert at_least("high", "medium")
    assert not at_least("low", "medium")
    assert not at_least("critical", "never")
    assert Cell("a", "b", "c") < Cell("a", "b", "d")
    assert Limits().mode == "safe"
