from __future__ import annotations

import asyncio

from gatewright.app.tests import library
from gatewright.engine.replay import load, path_of, run


def test_a_finding_stands_at_the_documented_endpoint_nearest_to_the_path() -> None:
    test = library()["admin-path"]
    case = next(case for case in load(path_of(test)) if case.title.startswith("the list of everybody"))
    finding = asyncio.run(run(test, case)).finding
    assert finding is not None
    assert finding.endpoint.name == "GET /notes"
