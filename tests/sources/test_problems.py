from __future__ import annotations

from gatewright.sources.problems import MOST, Problems


def test_each_problem_once_in_order() -> None:
    problems = Problems()
    for where in ("a:1", "a:2", "a:1"):
        problems.add("GW-S040", "wrong", where=where)
    assert [problem.where for problem in problems.all()] == ["a:1", "a:2"] and not problems.full


def test_what_is_too_much_is_counted() -> None:
    problems = Problems()
    for number in range(MOST + 7):
        problems.add("GW-S040", "wrong", where=f"a:{number}")
    assert problems.full and len(problems.all()) == MOST + 1
    assert problems.all()[-1].message.startswith("7 more")
