from __future__ import annotations

from collections.abc import Callable
from typing import Any

RECORD = {"kind": "diary", "title": "Headache", "summary": "Since Monday"}


def test_a_record_is_seen_under_its_own_patient_alone(visit: Callable[..., Any]) -> None:
    visitor = visit()
    alice, bob = (f"/patients/{visitor.id(name)}/records" for name in ("alice", "bob"))
    mine = visitor.send("POST", alice, "alice", body=RECORD).json["id"]
    assert visitor.send("GET", f"{alice}/{mine}", "alice").json["title"] == "Headache"
    assert visitor.send("GET", f"{alice}/{mine}", "sam").status == 200
    for path, account, status in [
        (alice, "bob", 403),
        (f"{alice}/{mine}", "bob", 403),
        (f"{bob}/{mine}", "bob", 404),
        (f"{bob}/{mine}", "sam", 404),
        ("/patients/77/records", "sam", 404),
        (f"/patients/{visitor.id('root')}/records", "sam", 404),
    ]:
        assert visitor.send("GET", path, account).status == status, path
    for method in ("PUT", "DELETE"):
        assert visitor.send(method, f"{bob}/{mine}", "bob", body=RECORD).status == 404
    assert visitor.send("DELETE", f"{alice}/{mine}", "alice").status == 204


def test_patients_are_for_staff(visit: Callable[..., Any]) -> None:
    visitor = visit()
    assert visitor.send("GET", "/patients", "alice").status == 403
    names = {patient["full_name"] for patient in visitor.send("GET", "/patients", "sam").json["items"]}
    assert {"Alice Marsh", "Bob Tanner"} <= names
    assert "Sam Okafor" not in names
