from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.proof.compare import consistent, same, stable, substitute, volatile
from gatewright.proof.leaves import Answer, read

MARKER = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16).map("gw".__add__)


def answer(body: Json, status: int = 200) -> Answer:
    return read(Response(status, (("Content-Type", "application/json"),), orjson.dumps(body)))


def test_what_differs_between_baselines_is_volatile() -> None:
    baselines = [answer({"id": 7, "now": n, "items": [n % 2, 1]}) for n in range(3)]
    assert volatile(baselines) == {"now", "items[]"}
    assert [leaf.path for leaf in stable(baselines)] == ["id"]


def test_a_leaf_that_comes_and_goes_is_volatile() -> None:
    assert volatile([answer({"id": 7}), answer({"id": 7, "hint": "x"})]) == {"hint"}


def test_one_baseline_hides_nothing() -> None:
    assert volatile([answer({"id": 7})]) == frozenset()
    assert stable([]) == ()


@given(MARKER, st.lists(st.integers(0, 9**9), min_size=3, max_size=3), st.permutations(["a", "b", "c"]))
def test_masking_never_hides_a_marker(marker: str, clocks: list[int], order: list[str]) -> None:
    """A marker stands in every baseline of its object: whatever else moves, it stays a stable leaf."""
    baselines = []
    for clock in clocks:
        body: dict[str, Json] = {"a": clock, "b": {"c": marker}, "c": [clock, clock]}
        baselines.append(answer({name: body[name] for name in order}))
    assert marker in {leaf.value for leaf in stable(baselines)}


def test_status_and_kind_make_baselines_consistent() -> None:
    assert consistent([answer({}), answer({"a": 1})])
    assert not consistent([answer({}), answer({}, 500)])


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": list(range(20))}, {"a": [*range(19), 99]}, True),
        ({"a": list(range(20))}, {"a": [*range(15), 97, 98, 99]}, False),
        ([], [], True),
    ],
)
def test_sameness_is_by_leaves(a: Json, b: Json, alike: bool) -> None:
    assert same(answer(a), answer(b)) is alike


def test_sameness_minds_status_and_ignores_what_moves() -> None:
    assert not same(answer({"a": 1}), answer({"a": 1}, 404))
    assert same(answer({"a": 1, "t": 1}), answer({"a": 1, "t": 2}), ignore=frozenset({"t"}))


def test_references_are_taken_out_the_longest_first() -> None:
    assert substitute("order 71 of 7", ["7", "71"]) == "order \0 of \0"
    assert substitute("order 7", [""]) == "order 7"
    assert substitute("17 of 7", ["7"]) == "17 of \0"
    assert substitute("xa3f9c2e1x", ["a3f9c2e1"]) == "x\0x"


def test_an_item_more_leaves_the_others_stable() -> None:
    before = answer({"items": [{"id": 1, "pay": 4711}], "at": "10:00", "count": 1})
    after = answer({"items": [{"id": 1, "pay": 4711}, {"id": 2, "pay": 0}], "at": "10:01", "count": 2})
    assert {(leaf.path, leaf.value) for leaf in stable([before, before, after])} == {
        ("items[].id", "1"),
        ("items[].pay", "4711"),
    }


def test_a_list_that_rotates_has_nothing_stable() -> None:
    turns = [answer({"tips": tips}) for tips in (["a", "b"], ["b", "c"], ["c", "a"])]
    assert stable(turns) == ()
