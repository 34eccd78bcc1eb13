from __future__ import annotations

from collections.abc import Iterator

import pytest

from gatewright.model.test import REGISTRY, Attacker, Need, Phase, Probe, check, sections
from gatewright.model.verdict import Verdict, conclude


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    known = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(known)


def _register(name: str, threat: str = "API8:2023") -> None:
    @check(
        name,
        threat=threat,
        title="t",
        severity="low",
        cwe=(16,),
        attacker=Attacker.OWNER,
        needs=(Need.SAMPLE,),
        phase=Phase.READS,
        requests=2,
        tags=("x",),
    )
    async def run(probe: Probe) -> Verdict:
        """Ask.

        ## What it does
        Asks.
        """
        return conclude("denied", "no")


def test_a_check_registers_itself_with_its_explanation() -> None:
    _register("house-check")
    test = REGISTRY["house-check"]
    assert (test.threat, test.requests, test.tags, test.source) == ("API8:2023", 2, ("x",), __name__)
    assert sections(test.doc) == {"What it does": "Asks."}


def test_a_name_is_taken_once_and_both_places_are_named() -> None:
    _register("house-check")
    with pytest.raises(LookupError, match=r"registered twice: .*test_test and .*test_test"):
        _register("house-check")


def test_a_threat_must_exist() -> None:
    with pytest.raises(LookupError, match="no threat 'API11:2023'"):
        _register("house-check", "API11:2023")
    assert "house-check" not in REGISTRY
