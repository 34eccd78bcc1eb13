from __future__ import annotations

import orjson
import pytest

from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.proof.denied import DeniedFamily, says_no
from gatewright.proof.leaves import Answer, read


def answer(body: Json, status: int = 200) -> Answer:
    return read(Response(status, (("Content-Type", "application/json"),), orjson.dumps(body)))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 422, 429, 500, 503])
def test_a_status_refuses_by_itself(status: int) -> None:
    assert DeniedFamily().denied(answer({"id": 7}, status))


def test_no_answer_is_no_success() -> None:
    assert DeniedFamily().denied(read(None))


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"success": False, "data": {"id": 7}}, True),
        ({"ok": False}, True),
        ({"errors": [{"message": "x"}], "data": None}, True),
        ({"error": "no such order"}, True),
        ({"error": {"code": 17, "message": "nein"}}, True),
        ({"message": "hello"}, False),
        ({"success": True, "data": {"id": 7}}, False),
        ({"id": 7, "error": None}, False),
        ({"errors": [{"message": "x"}], "data": {"id": 7}}, False),
        ([], False),
    ],
)
def test_a_refusal_with_status_200_is_known_by_its_shape(body: Json, refused: bool) -> None:
    assert says_no(answer(body)) is refused


def test_a_family_learns_a_refusal_in_any_language() -> None:
    family = DeniedFamily().with_answer(answer({"ergebnis": "Auftrag 99 unbekannt", "nr": 17}), ["99"])
    assert family.denied(answer({"ergebnis": "Auftrag 7 unbekannt", "nr": 17}), ["7"])
    assert not family.denied(answer({"ergebnis": "Auftrag 7", "summe": 20}), ["7"])
    assert not family.denied(answer({"ergebnis": "Auftrag 7 bezahlt", "nr": 20}), ["7"])


def test_nine_of_ten_leaves_are_enough_and_fewer_are_not() -> None:
    family = DeniedFamily().with_answer(answer({"a": list(range(20))}))
    assert family.denied(answer({"a": [*range(19), 99]}))
    assert not family.denied(answer({"a": [*range(15), 97, 98, 99]}))
