"""What handlers build on."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.lab.endpoint import MOST_BYTES, Access, Area, Call, Clinic, Endpoint, Refused, parsed
from gatewright.lab.tables import Tables


@pytest.fixture
def clinic() -> Clinic:
    tables = Tables()
    for name, role in (("a", "patient"), ("b", "patient"), ("c", "staff"), ("d", "admin")):
        tables.add("users", username=name, email=name, role=role)
    tables.add("orders", patient_id=1041, items=[], total=1)
    return Clinic(tables=tables, weak=frozenset({"leak"}), secret=b"", token_ttl=1, now=lambda: 0.0)


def a_call(clinic: Clinic, username: str = "", **more: Any) -> Call:
    area = Area("things", {"New": {"properties": {"n": {}, "m": {}}}})

    @area.on("POST", "/things", Access.PATIENT, body="New", assigns=("secret", "leak"))
    def add(call: Call) -> None:
        """Add a thing."""

    (endpoint,) = area.endpoints
    details = {"claims": {}, "path": {}, "query": {}, "headers": {}, "body": {}, **more}
    return Call(clinic=clinic, endpoint=endpoint, user=clinic.tables.first("users", username=username), **details)


def test_an_area_reads_what_it_can_from_the_handler(clinic: Clinic) -> None:
    endpoint = a_call(clinic).endpoint
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.id, endpoint.tag, endpoint.summary) == ("POST /things", "things", "Add a thing")
    assert endpoint.body_properties == ("n", "m")


def test_only_listed_properties_are_stored(clinic: Clinic) -> None:
    sent = {"n": 1, "secret": 2, "other": 3}
    assert a_call(clinic, body=sent).fields() == {"n": 1, "secret": 2}
    clinic.weak = frozenset()
    assert a_call(clinic, body=sent).fields() == {"n": 1}


@pytest.mark.parametrize(
    ("username", "seen_by", "unless", "allowed"),
    [
        ("a", None, "", True),
        ("b", None, "", False),
        ("c", None, "", False),
        ("c", Access.STAFF, "", True),
        ("c", Access.ADMIN, "", False),
        ("d", Access.STAFF, "", True),
        ("b", None, "leak", True),
        ("b", None, "another", False),
        ("", None, "", False),
        ("", None, "leak", True),
    ],
)
def test_who_gets_a_row(clinic: Clinic, username: str, seen_by: Access | None, unless: str, allowed: bool) -> None:
    call = a_call(clinic, username)
    if allowed:
        assert call.owned("orders", 9501, seen_by=seen_by, unless=unless)["id"] == 9501
        return
    with pytest.raises(Refused) as refused:
        call.owned("orders", 9501, seen_by=seen_by, unless=unless)
    assert refused.value.status == 403


def test_a_row_that_is_not_there_and_one_that_should_look_so(clinic: Clinic) -> None:
    for key in (1, 9501):
        with pytest.raises(Refused, match="no such thing") as refused:
            a_call(clinic, "b").owned("orders", key, deny=404)
        assert refused.value.status == 404


def test_nobody_is_not_me(clinic: Clinic) -> None:
    assert a_call(clinic, "a").me["username"] == "a"
    with pytest.raises(Refused) as refused:
        _ = a_call(clinic).me
    assert refused.value.status == 401


def test_times_are_utc_and_move_by_days(clinic: Clinic) -> None:
    assert clinic.at() == "1970-01-01T00:00:00Z"
    assert clinic.at(days=-1) == "1969-12-31T00:00:00Z"


@pytest.mark.parametrize("content", [b"", b"null", b"[1]", b"{", b"\xff", b"{" * 401, b'{"a":Infinity}'])
def test_what_is_no_object(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parsed(content)
    assert refused.value.status == 400


def test_an_object() -> None:
    assert parsed('{"ä": [1]}'.encode()) == {"ä": [1]}
    assert MOST_BYTES > 5_000
