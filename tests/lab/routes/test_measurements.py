from __future__ import annotations

from collections.abc import Callable
from typing import Any

WANTED = {"kind": "pulse", "reading": 62}


def test_a_measurement_is_its_patients_alone(visit: Callable[..., Any]) -> None:
    visitor = visit()
    hers = visitor.send("POST", "/measurements", "alice", body=WANTED).json["id"]
    his = visitor.send("POST", "/measurements", "bob", body={**WANTED, "patient_id": visitor.id("alice")}).json
    assert his["patient_id"] == visitor.id("bob")
    query = {"patient_id": visitor.id("alice")}
    listed = visitor.send("GET", "/measurements", "bob", query=query).json["items"]
    assert {row["patient_id"] for row in listed} == {visitor.id("bob")}
    several = visitor.send("POST", "/measurements/batch", "bob", body={"ids": [his["id"], hers]}).json["items"]
    assert [row["id"] for row in several] == [his["id"]]
    for method in ("GET", "DELETE"):
        assert visitor.send(method, f"/measurements/{hers}", "bob").status == 403
    assert visitor.send("DELETE", f"/measurements/{hers}", "alice").status == 204
