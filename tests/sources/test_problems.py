from __future__ import annotations

from gatewright.sources.problems import MOST, Problems


def test_each_problem_once_in_the_order_of_lines() -> None:
    problems = Problems()
    for where in ("b:1", "a:10:2", "a:2", "a:10:1", "http://h:80/x:3", "a:2", "a"):
        problems.add("GW-S040", "wrong", where=where)
    assert [problem.where for problem in problems.all()] == ["a", "a:2", "a:10:1", "a:10:2", "b:1", "http://h:80/x:3"]
    assert not problems.full


def test_what_is_too_much_is_counted() -> None:
    problems = Problems()
    for number in range(MOST + 7):
        problems.add("GW-S040", "wrong", where=f"a:{number}")
    assert problems.full and len(problems.all()) == MOST + 1
    assert problems.all()[-1].message.startswith("7 more")
