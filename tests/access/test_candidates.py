from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from gatewright.access.candidates import candidates
from gatewright.access.complaints import Complaint, kind_of
from gatewright.access.refine import refined
from gatewright.access.values import Values
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TEXT = Schema(types=("string",))


def tried(text: str, name: str, body: dict[str, Json], schema: Schema = TEXT) -> list[Json]:
    """What would be tried for a complaint about a property of a body, first things first."""
    place, call = Place("body", name), Call(endpoint="e", body=body)
    complaint = Complaint(kind=kind_of(text), field=name, text=text)
    narrowed = refined(schema, complaint, name, present=call.get(place))
    values = Values(Keyring(b"k" * 32, "r"), "x", now=NOW)
    return candidates(complaint, narrowed, place, call, values, turn=1, known=call.places())


@pytest.mark.parametrize(
    ("text", "body", "first"),
    [
        ("must be after starts on", {"starts_on": "2026-07-01", "ends_on": "2026-06-01"}, "2026-07-02"),
        ("must be before starts on", {"starts_on": "2026-07-01", "ends_on": "2026-08-01"}, "2026-06-30"),
        ("The end must be later than starts_on.", {"starts_on": "2026-07-01T10:00:00Z", "ends_on": "x"}, "2026-07-02T10:00:00Z"),
        ("must be greater than starts on", {"starts_on": 7, "ends_on": 3}, 8),
        ("must be after starts on", {"starts_on": "10:30", "ends_on": "09:00"}, "11:30"),
    ],
)  # fmt: skip
def test_a_value_stands_in_order_with_another(text: str, body: dict[str, Json], first: Json) -> None:
    assert tried(text, "ends_on", body)[0] == first


def test_usual_words_where_nothing_is_listed() -> None:
    assert tried("is not a valid choice", "status", {"status": "gwx"})[0] == "active"


def test_a_date_for_a_complaint_about_its_format() -> None:
    found = tried("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.", "start", {"start": "x"})
    assert found[0] == "2026-06-03"


def test_an_empty_list_is_filled() -> None:
    missing = tried("is required", "tiers", {}, Schema(types=("array",)))
    assert missing[0] == [{}]
    bounds = tried("must contain at least 2 items", "tags", {"tags": []}, Schema(types=("array",), items=TEXT))
    assert isinstance(bounds[0], list)
    assert len(bounds[0]) == 2


def test_taken_values_are_all_different() -> None:
    found = tried("has already been taken", "title", {"title": "a"})
    assert len(set(map(str, found))) == len(found)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("is not a valid card number", r"[0-9]{16}"),
        ("Invalid IBAN.", r"[A-Z]{2}[0-9]{2}[A-Z0-9]+"),
        ("must be a valid postal code", r"94103"),
    ],
)
def test_a_complaint_calls_the_value_by_its_name(text: str, shape: str) -> None:
    assert re.fullmatch(shape, str(tried(text, "zorp", {"zorp": "8469916226824"})[0]))


def test_a_name_that_tells_nothing_offers_nothing() -> None:
    assert tried("is not a valid frobnitz", "zorp", {"zorp": "7"}) == tried("is no frobnitz", "zorp", {"zorp": "7"})
