from __future__ import annotations

import json

from gatewright.sources.document import load
from gatewright.sources.node import Node
from gatewright.sources.problems import MOST, Problems


def node(value: object) -> Node:
    problems = Problems()
    document = load(json.dumps(value).encode(), uri="x", problems=problems)
    return Node(document.root, document, problems=problems)


def test_walking() -> None:
    root = node({"a": {"b": [1, None, "x"], "n": None}})
    a = root.mapping("a")
    assert a is not None and a.path == ("a",) and a.identity == ("x", ("a",))
    assert [item.value for item in a.items("b")] == [1, "x"]
    assert [name for name, _ in root.members("a")] == ["b"]
    assert a.child("n") is None and a.has("n") and a.child(0) is None and root.child("z") is None
    last = list(a.items("b"))[1]
    assert last.path == ("a", "b", 2) and last.where == "x:1:23" and last.line == "x:1"
    assert root.problems.all() == ()


def test_the_right_types() -> None:
    root = node({"s": "x", "v": 1.5, "t": True, "n": 3, "l": ["a", 1]})
    assert (root.text("s"), root.text("v"), root.text("absent")) == ("x", "1.5", "")
    assert root.flag("t") and not root.flag("absent")
    assert root.number("n") == 3.0 and root.count("n") == 3 and root.number("absent") is None
    assert root.texts("l") == ("a", "1") and root.problems.all() == ()


def test_the_wrong_types_are_reported_and_left_out() -> None:
    root = node({"a": [], "b": "true", "c": "7", "d": -1, "e": 1.5, "f": [True, {}], "g": {}, "h": 10**350})
    assert root.text("a") == "" and root.mapping("a") is None and list(root.members("a")) == []
    assert root.flag("b") and root.number("c") is None and root.number("b") is None
    assert root.count("d") is None and root.count("e") is None and root.number("h") is None
    assert root.texts("f") == () and list(root.items("g")) == []
    found = root.problems.all()
    assert len(found) == 11 and {problem.code for problem in found} == {"GW-S040"}
    assert found[0].message == "`a`: expected a string, found a list; left out" and found[0].where == "x:1:2"


def test_when_there_are_too_many_problems_places_are_not_looked_for() -> None:
    root = node({"a": 1})
    for number in range(MOST):
        root.problems.add("GW-S040", str(number), where="x")
    root.report("GW-S040", "one more")
    assert len(root.problems.all()) == MOST + 1
