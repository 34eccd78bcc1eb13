from __future__ import annotations

import pytest

from gatewright.access.sentences import (
    exact,
    kind_of,
    mentions,
    sentences,
    snakes,
    spelled,
    undeclared,
    with_what_follows,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("El campo 'correo' es obligatorio", "missing"),
        ("Dieses Feld ist erforderlich", "missing"),
        ("Ce champ est requis", "missing"),
        ("O nome é obrigatório", "missing"),
        ("必須項目です", "missing"),
        ("Dieser Name ist bereits vergeben", "taken"),
        ("El usuario ya existe", "taken"),
        ("Commande introuvable", "reference"),
        ("Benutzer nicht gefunden", "reference"),
        ("muss mindestens 8 sein", "bounds"),
        ("no es válido", "format"),
        ("is not included in the list", "choice"),
        ("not one of the values accepted for Enum class: [A, B]", "choice"),
        ("Invalid enum value. Expected 'a' | 'b', received 'c'", "choice"),
        ("If-Match header is required", "stale"),
        ("Failed to convert value of type 'x' to required type 'y'", "format"),
        ("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.", "format"),
        ("The submitted data was not a file.", "format"),
        ("must exist", "reference"),
        ('Invalid pk "7" - object does not exist.', "reference"),
        ("Invalid hyperlink - No URL match.", "reference"),
        ("No file was submitted.", "missing"),
        ("must be in 10..90", "bounds"),
        ("percent is more than maximum allowed value (80)", "bounds"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("sentence", "snake", "names"),
    [
        ("Time zone must be one of Oslo, Lima", True, ["time_zone"]),
        ("Time zone must be one of Oslo, Lima", False, ["timeZone"]),
        ("param is missing or the value is empty: course", True, ["course"]),
        ("Missing field: quantity", False, ["quantity"]),
        ("Required request header 'Idempotency-Key' is not present", False, ["Idempotency-Key"]),
        ("code: Path `code` is required.", False, ["code"]),
        ("eventId is required", False, ["eventId"]),
        ("Something went wrong", True, []),
        ("This field is required", True, []),
        ("Cannot deserialize value of type `java.time.LocalDate`", False, []),
    ],
)
def test_names_that_nothing_declares(sentence: str, snake: bool, names: list[str]) -> None:
    assert undeclared(sentence, snake=snake) == names


def test_clauses_that_begin_with_a_name_stand_alone() -> None:
    text = "Coupon validation failed: code: Path `code` is required., percent: Path `percent` is required."
    assert len(sentences(text)) == 2
    whole = "Failed to convert value of type 'a' to required type 'b'; parameter 'month'"
    assert sentences(whole) == [whole]


def test_spelling() -> None:
    assert (spelled("Time zone", snake=True), spelled("Time zone", snake=False)) == ("time_zone", "timeZone")
    assert snakes(["first_name", "id"])
    assert not snakes(["firstName", "orderId", "id"])


def test_a_name_is_found_however_it_is_spelled() -> None:
    assert mentions("First name must be long", "first_name")
    assert mentions("firstName is bad", "user.firstName")
    assert not mentions("renamed", "name")


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("Key: 'Req.Name' Error:Field validation for 'Name' failed on the 'required' tag", "Name"),
        ("json: cannot unmarshal string into Go struct field Req.Limit of type float64", "Limit"),
        ("The JSON value could not be converted to System.DateTime. Path: $.When", "When"),
        ('Cannot deserialize (through reference chain: com.shop.Req["when"])', "when"),
        ("name is required", ""),
    ],
)
def test_sentences_of_known_forms_name_their_field(sentence: str, field: str) -> None:
    assert exact(sentence) == field


def test_a_list_of_values_belongs_to_the_sentence_before() -> None:
    found = with_what_follows(["The header 'X-Version' is required.", "Supported versions are: '2'", "Name is bad"])
    assert found == ["The header 'X-Version' is required. Supported versions are: '2'", "Name is bad"]
