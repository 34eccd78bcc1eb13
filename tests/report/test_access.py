from __future__ import annotations

import msgspec

from gatewright.model.access import Access
from gatewright.model.endpoint import Endpoint
from gatewright.model.finding import Report, Run
from gatewright.report.access import differences, document, matrix, told

NOTE = Endpoint(method="GET", path="/notes/{id}")
LIST = Endpoint(method="GET", path="/notes")
RUN = Run(id="r", target=(), started="", seconds=0, requests=0, mode="safe", seed=1, complete=True)
REPORT = Report(
    run=RUN,
    endpoints=(NOTE, LIST),
    access=(
        Access(endpoint=NOTE.id, account="alice", role="user", happened="allow", expected="allow"),
        Access(endpoint=NOTE.id, account="bob", role="user", whose="others", happened="allow", expected="deny"),
        Access(endpoint=LIST.id, account="anon", happened="deny"),
    ),
)


def test_a_row_for_each_endpoint_a_column_for_each_account() -> None:
    table = matrix(REPORT)
    assert table.titles == ("alice", "bob: others'", "anon")
    assert [(row.name, [told(field) for field in row.fields]) for row in table.rows] == [
        ("GET /notes", ["·", "·", "deny"]),
        ("GET /notes/{id}", ["allow", "allow !", "·"]),
    ]


def test_what_differs_is_said_in_words() -> None:
    assert differences(REPORT) == [
        "GET /notes/{id}: bob is let in where the object is another account's; access.yaml says deny"
    ]
    assert differences(msgspec.structs.replace(REPORT, access=REPORT.access[:1])) == []


def test_as_json() -> None:
    assert document(REPORT)[1] == {
        "endpoint": "GET /notes/{id}",
        "account": "bob",
        "role": "user",
        "whose": "others",
        "happened": "allow",
        "expected": "deny",
    }
