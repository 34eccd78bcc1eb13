from __future__ import annotations

import msgspec
import pytest

from gatewright.model.endpoint import Endpoint
from gatewright.model.finding import Report, Run
from gatewright.model.test import Attacker, Need, Phase, Test
from gatewright.report.cost import cost, of_host, share

RUN = Run(id="r", target=(), started="", seconds=1, requests=1, mode="safe", seed=1, complete=True)
ENDPOINTS = tuple(
    Endpoint(method="GET", path=f"/{n}", origin=f"http://{host}") for n in range(5) for host in ("a", "b")
)


def test_endpoints_and_hosts_have_their_own_averages(tests: dict[str, Test]) -> None:
    first, second = list(tests.values())[:2]
    known = {
        "of-host": msgspec.structs.replace(first, id="of-host", attacker=Attacker.HOST),
        "of-endpoint": msgspec.structs.replace(second, id="of-endpoint", attacker=Attacker.PEER, needs=()),
    }
    report = Report(
        run=RUN,
        endpoints=ENDPOINTS,
        cost={"explore": 50, "login": 900, "tests": 350},
        cost_of={"of-host": 200, "of-endpoint": 100, "gone": 50},
    )
    found = cost(report, known)
    assert (found.per_endpoint, found.per_host) == (20.0, 100.0)
    assert found.said == "20.0 requests per endpoint, 100 host-bound ones per host"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"attacker": Attacker.PEER}, False),
        ({"attacker": Attacker.HOST}, True),
        ({"attacker": Attacker.BELOW}, True),
        ({"needs": (Need.HOST,)}, True),
        ({"phase": Phase.LADDERS}, True),
        ({"phase": Phase.BURSTS}, True),
    ],
)
def test_what_belongs_to_a_host(tests: dict[str, Test], change: dict[str, object], wanted: bool) -> None:
    plain = msgspec.structs.replace(next(iter(tests.values())), attacker=Attacker.PEER, needs=(), phase=Phase.READS)
    assert of_host(msgspec.structs.replace(plain, **change)) is wanted


def test_nothing_is_no_division_by_zero() -> None:
    empty = Report(run=RUN)
    assert (cost(empty, {}).per_endpoint, cost(empty, {}).per_host, share(empty)) == (0.0, 0.0, 1.0)


def test_the_share_of_endpoints_with_a_sample() -> None:
    assert share(Report(run=RUN, endpoints=ENDPOINTS, with_2xx_sample=9)) == 0.9
