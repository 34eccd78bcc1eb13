from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from gatewright.engine.replay import Case, load, path_of, run
from gatewright.model.errors import SourceError
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe
from gatewright.model.test import Test as Check
from gatewright.model.verdict import Verdict, conclude, proved


async def agrees(probe: Probe) -> Verdict:
    """A test that believes every 200."""
    sample = probe.knowledge.samples[0]
    await probe.wait(3600)
    exchange = await probe.send(sample.call)
    if not probe.control(
        "C1", "status", expected="200", observed="?", holds=exchange.response is not None and exchange.response.ok
    ):
        return conclude("denied", "refused")
    return proved(summary="it agrees", proof=("200",), attacks=(exchange.number,))


async def breaks(probe: Probe) -> Verdict:
    """A test with a fault."""
    raise RuntimeError("no good")


def check(run_: object = agrees, *, requests: int = 3, needs: tuple[Need, ...] = ()) -> Check:
    return Check(
        id="agrees",
        threat="API1:2023",
        title="t",
        severity="high",
        cwe=(1,),
        attacker=Attacker.PEER,
        needs=needs,
        phase=Phase.READS,
        effect=Effect.NONE,
        requests=requests,
        tags=(),
        doc="",
        run=run_,  # type: ignore[arg-type]
        source="gatewright.checks.object_access_read",
    )


GIVEN: dict[str, Json] = {"accounts": ["alice", "bob"], "endpoint": "GET /a/{id}", "objects": {"alice": 1, "bob": 2}}


def play(test: Check, told: dict[str, Json], **more: frozenset[str]) -> str:
    case = msgspec.convert({"given": GIVEN, "server": [{"response": {}}], **told}, Case)
    return asyncio.run(run(test, case, **more)).problem


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"fires": "x"}, ""),
        ({"fires": "x", "severity": "low"}, "should be low, was high"),
        ({"fires": "x", "parameter": "path id"}, "should name path id, named nothing"),
        ({"quiet": "x"}, "should be quiet, fired: it agrees"),
        (
            {"quiet": "x", "server": [{"times": 2, "response": {}}, {"when": {"as": "bob"}, "status": 403}]},
            "should be quiet, fired",
        ),
        ({"skipped": "x"}, "should be skipped, fired: it agrees"),
    ],
)
def test_a_case_says_what_is_not_as_told(told: dict[str, Json], problem: str) -> None:
    assert play(check(), told).startswith(problem)


def test_samples_are_asked_for_and_forgotten() -> None:
    # each rule answers once while samples are taken, and once more for the test itself
    told: dict[str, Json] = {"fires": "x", "server": [{"when": {"as": "bob"}, "times": 1}, {"when": {"as": "alice"}}]}
    assert play(check(), told) == ""


def test_a_test_that_sends_too_much_is_told() -> None:
    assert play(check(requests=0), {"fires": "x"}) == "1 requests were sent, agrees may send 0"


def test_a_broken_test_is_a_problem_whatever_the_case() -> None:
    assert "no good" in play(check(breaks), {"quiet": "x"})


def test_the_plan_settles_cells() -> None:
    one = {**GIVEN, "accounts": ["alice"]}
    assert play(check(), {"skipped": "x", "reason": "needs_configuration", "given": one}) == ""
    assert play(check(needs=(Need.DELETES,)), {"skipped": "x", "reason": "no_such_function"}) == ""


def test_a_cell_that_does_not_exist() -> None:
    with pytest.raises(SourceError, match="no cell for mallory"):
        play(check(), {"fires": "x", "given": {**GIVEN, "attacker": "mallory"}})


def test_a_control_that_is_switched_off_holds() -> None:
    told: dict[str, Json] = {"fires": "x", "server": [{"when": {"as": "bob"}, "status": 200}, {"status": 200}]}
    assert play(check(), told, disabled=frozenset({"C1"})) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1", "GW-T002"),
        ("- {fires: x, given: {endpoint: GET /a, colour: red}}", "GW-T003"),
        ("- {fires: x, quiet: y, given: {endpoint: GET /a}}", "GW-T004"),
        ("- {given: {endpoint: GET /a}}", "GW-T004"),
        ("- [", "GW-T001"),
    ],
)
def test_a_case_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "x.cases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load(path)
    assert caught.value.code == code


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="no cases could be read"):
        load(Path("nowhere.cases.yaml"))


def test_the_case_file_stands_beside_its_check() -> None:
    assert path_of(check()).name == "object_access_read.cases.yaml"


def test_a_case_of_a_family_names_its_member() -> None:
    case = msgspec.convert({"given": GIVEN, "fires": "x", "test": ["a", "b"]}, Case)
    assert (case.concerns("a"), case.concerns("c")) == (True, False)
