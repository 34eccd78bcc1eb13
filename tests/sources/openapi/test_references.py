from __future__ import annotations

import json

import pytest

from gatewright.sources.document import load
from gatewright.sources.node import Node
from gatewright.sources.openapi.references import References, external, is_url, same_host, target_of
from gatewright.sources.problems import Problems

ROOT = {
    "a": {"$ref": "#/x~1y/%7Bz%7D"},
    "x/y": {"{z}": {"v": 1}, "~t": [10, {"v": 2}]},
    "b": {"$ref": "#/a"},
    "c": {"$ref": "#/x~1y/~0t/1"},
    "round": {"$ref": "#/trip"},
    "trip": {"$ref": "#/round"},
    "lost": {"$ref": "#/nowhere"},
    "beyond": {"$ref": "#/x~1y/~0t/7"},
    "odd": {"$ref": 7},
    "whole": {"$ref": "#"},
    "anchored": {"$ref": "#here"},
    "deep": {"inside": [{"$anchor": "here", "v": 3}]},
    "unanchored": {"$ref": "#gone"},
    "other": {"$ref": "other.json#/p"},
    "refused": {"$ref": "http://evil.test/x.json"},
}


def references() -> References:
    problems = Problems()
    made = References(load(json.dumps(ROOT).encode(), uri="dir/root.json", problems=problems), problems=problems)
    made.add(load(b'{"p": {"$ref": "root.json#/c"}}', uri="dir/other.json", problems=problems))
    made.refuse("http://evil.test/x.json", "GW-S042", "on another host")
    return made


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("a", {"v": 1}),
        ("b", {"v": 1}),
        ("c", {"v": 2}),
        ("anchored", {"$anchor": "here", "v": 3}),
        ("other", {"v": 2}),
        ("whole", ROOT),
    ],
)
def test_references_are_followed(key: str, value: object) -> None:
    made = references()
    found = made.follow(child(made, key))
    assert found is not None and found.value == value and made.problems.all() == ()


@pytest.mark.parametrize(
    ("key", "code", "word"),
    [
        ("round", "GW-S041", "circle"),
        ("lost", "GW-S041", "nothing"),
        ("beyond", "GW-S041", "nothing"),
        ("odd", "GW-S041", "string"),
        ("unanchored", "GW-S041", "nothing"),
        ("refused", "GW-S042", "on another host"),
    ],
)
def test_references_that_lead_nowhere(key: str, code: str, word: str) -> None:
    made = references()
    assert made.follow(child(made, key)) is None
    (problem,) = made.problems.all()
    assert problem.code == code and word in problem.message and problem.where.startswith("dir/root.json:1:")


def child(made: References, key: str) -> Node:
    found = made.root.child(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reference", "base", "target"),
    [
        ("#/a", "x.json", ("x.json", "/a")),
        ("y.json#/a", "x.json", ("y.json", "/a")),
        ("../y.json", "a/b/x.json", ("a/y.json", "")),
        ("./c/y%20z.json", "a/x.json", ("a/c/y z.json", "")),
        ("../../y.json", "a/x.json", ("../y.json", "")),
        ("/abs/y.json", "a/x.json", ("/abs/y.json", "")),
        ("y.json#/a", "https://h.test/d/x.json", ("https://h.test/d/y.json", "/a")),
        ("//e.test/y", "https://h.test/d/x.json", ("https://e.test/y", "")),
        ("file:///etc/passwd", "https://h.test/x", ("file:///etc/passwd", "")),
        ("http://e.test/y#/a", "x.json", ("http://e.test/y", "/a")),
    ],
)
def test_where_a_reference_leads(reference: str, base: str, target: tuple[str, str]) -> None:
    assert target_of(reference, base) == target


def test_external_documents_each_once() -> None:
    document = load(json.dumps([ROOT, ROOT]).encode(), uri="dir/root.json", problems=Problems())
    assert list(external(document)) == ["dir/other.json", "http://evil.test/x.json"]


def test_hosts() -> None:
    assert same_host("http://a.test/x", "HTTP://A.test/y?z")
    for other in ("https://a.test/", "http://a.test:81/", "http://b.test/", "http://[/", "file:///x"):
        assert not same_host("http://a.test/x", other)
    assert is_url("HTTPS://a") and not is_url("ftp://a") and not is_url("http.json")
