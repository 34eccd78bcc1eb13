from __future__ import annotations

from collections.abc import Callable
from typing import Any

WANTED = {"medicine": "Aspirin", "dosage": "Daily"}


def test_the_header_names_a_patient_only_to_those_who_may(visit: Callable[..., Any]) -> None:
    visitor = visit()
    visitor.send("POST", "/prescriptions", "alice", body=WANTED)
    headers = {"X-Patient-Id": str(visitor.id("alice"))}
    for account, status in (("alice", 200), ("bob", 403), ("sam", 200), ("root", 200)):
        answer = visitor.send("GET", "/prescriptions", account, headers=headers)
        assert answer.status == status
        assert (b"Aspirin" in answer.content) == (status == 200)
    assert b"Aspirin" not in visitor.send("GET", "/prescriptions", "bob").content


def test_a_prescription_is_its_patients_and_never_approves_itself(visit: Callable[..., Any]) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/prescriptions", "alice", body={**WANTED, "status": "approved"}).json
    path = f"/prescriptions/{mine['id']}"
    assert mine["status"] == "requested"
    assert visitor.send("PUT", path, "alice", body={**WANTED, "status": "approved"}).json["status"] == "requested"
    for method in ("GET", "PUT", "DELETE"):
        assert visitor.send(method, path, "bob", body=WANTED).status == 403
    assert visitor.send("DELETE", path, "alice").status == 204


def test_a_status_that_is_none_is_refused_even_where_one_may_write_it(visit: Callable[..., Any]) -> None:
    visitor = visit("prescription-status")
    path = f"/prescriptions/{visitor.send('POST', '/prescriptions', 'alice', body=WANTED).json['id']}"
    assert visitor.send("PUT", path, "alice", body={**WANTED, "status": "gwx"}).json["errors"][0]["field"] == "status"
