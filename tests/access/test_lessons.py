from __future__ import annotations

from gatewright.access.lessons import MOST, Lessons
from gatewright.model.endpoint import Place
from gatewright.model.schema import Schema

PLACE = Place("body", "a")


def test_what_was_refused_is_not_tried_again() -> None:
    lessons = Lessons()
    lessons.refuse(PLACE, 1)
    lessons.refuse(PLACE, None)
    assert lessons.fresh(PLACE, [1, 2, None]) == [2, None]


def test_a_place_is_given_up_after_enough_complaints_of_one_kind() -> None:
    lessons = Lessons()
    assert [lessons.again(PLACE, "format") for _ in range(MOST + 1)] == [True] * MOST + [False]
    assert lessons.again(PLACE, "bounds")


def test_another_account_starts_with_the_schemas_but_may_try_all_values() -> None:
    lessons = Lessons(schemas={PLACE: Schema(types=("integer",))})
    lessons.refuse(PLACE, 1)
    for _ in range(MOST):
        lessons.again(PLACE, "format")
    lessons.start()
    assert lessons.fresh(PLACE, [1]) == [1]
    assert lessons.again(PLACE, "format")
    assert PLACE in lessons.schemas
