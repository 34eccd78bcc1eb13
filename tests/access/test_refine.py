from __future__ import annotations

import pytest

from gatewright.access.complaints import Complaint, kind_of
from gatewright.access.refine import choices, limits, of_name, refined, told_type
from gatewright.model.json import Json
from gatewright.model.schema import Schema

TEXT = Schema(types=("string",))


def complaint(text: str, *, wanted: str = "", hints: tuple[Json, ...] = ()) -> Complaint:
    return Complaint(kind=kind_of(text), field="x", text=text, wanted=wanted, hints=hints)


@pytest.mark.parametrize(
    ("text", "types", "fmt"),
    [
        ("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.", ("string",), "date"),
        ('Cannot deserialize value of type `java.time.OffsetDateTime` from String "x"', ("string",), "date-time"),
        ("Invalid UUID string", ("string",), "uuid"),
        ("must be a well-formed email address", ("string",), "email"),
        ("The submitted data was not a file. Check the encoding type on the form.", ("string",), "binary"),
        ("Enter a valid URL.", ("string",), "uri"),
        ("Expected number, received string", ("number",), ""),
        ("must be an integer", ("integer",), ""),
        ("must be an array", ("array",), ""),
    ],
)
def test_types_and_formats(text: str, types: tuple[str, ...], fmt: str) -> None:
    found = refined(TEXT, complaint(text), "x", present="y")
    assert (found.types, found.format) == (types, fmt)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ('must match "[A-Z]{3}"', "[A-Z]{3}"),
        ("does not match ^[a-z]+$", "^[a-z]+$"),
        ("must match pattern '^a.c$'", "^a.c$"),
        ("Start time must be in HH:MM format", r"^(0[8-9]|1[0-9]):[0-5]0$"),
    ],
)
def test_patterns(text: str, pattern: str) -> None:
    assert refined(TEXT, complaint(text), "x", present="y").pattern == pattern


@pytest.mark.parametrize(
    ("text", "wanted", "listed"),
    [
        ("is not included in the list (starter, expert)", "", ["starter", "expert"]),
        ('"z" is not a valid choice. Choices are: low, high.', "", ["low", "high"]),
        ("Invalid enum value. Expected 'talk' | 'concert', received 'z'", "", ["talk", "concert"]),
        ('from String "z": not one of the values accepted for Enum class: [COLD, DRY]', "", ["COLD", "DRY"]),
        ("Required", "'talk' | 'concert'", ["talk", "concert"]),
    ],
)
def test_choices(text: str, wanted: str, listed: list[Json]) -> None:
    assert choices(complaint(text, wanted=wanted), "z") == listed


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("must be in 10..90", 10, 90),
        ("size must be between 4 and 12", 4, 12),
        ("(99) is more than maximum allowed value (80)", None, 80),
        ("ensure this value is greater than or equal to 18", 18, None),
        ("must be <= 5", None, 5),
    ],
)
def test_limits(text: str, low: float | None, high: float | None) -> None:
    assert limits(text, ()) == (low, high)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("startsAt", ("string", "date-time")),
        ("starts_on", ("string", "date")),
        ("is_open", ("boolean", "")),
        ("price", ("number", "")),
        ("tiers[].capacity", ("integer", "")),
        ("phone_number", ("", "")),
        ("title", ("", "")),
    ],
)
def test_a_name_tells_a_type(name: str, kind: tuple[str, str]) -> None:
    assert of_name(name) == kind


def test_a_sentence_tells_a_type_without_a_field() -> None:
    assert told_type("invalid date") == ("string", "date")
    assert told_type("oops") == ("", "")


def test_a_refused_example_is_not_given_again() -> None:
    found = refined(Schema(types=("string",), examples=("a",), default="b"), complaint("is invalid"), "x", present="a")
    assert found.examples == ()
