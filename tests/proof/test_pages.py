from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.proof.pages import count_cut, counts_of, longest, page_of


def answer(body: Json, *headers: tuple[str, str], status: int = 200) -> Response:
    return Response(status, headers, orjson.dumps(body))


@pytest.mark.parametrize(
    ("response", "items", "total", "more"),
    [
        (answer([1, 2, 3]), 3, None, False),
        (answer({"items": [1], "total": 9}), 1, 9, False),
        (answer({"data": {"things": [1, 2]}, "meta": {"totalCount": 7, "has_next": True}}), 2, 7, True),
        (answer({"_embedded": {"a": []}, "page": {"totalElements": 0}}), 0, 0, False),
        (answer({"results": [{"tags": [1, 2, 3]}], "next": "/x?page=2", "count": 5}), 1, 5, True),
        (answer([1], ("X-Total-Count", "40")), 1, 40, False),
        (answer([1], ("Content-Range", "items 0-0/41"), ("Link", '</x?p=2>; rel="next"')), 1, 41, True),
        (answer({"items": [1], "next": None, "count": True}), 1, None, False),
    ],
)
def test_a_page(response: Response, items: int, total: int | None, more: bool) -> None:
    page = page_of(response)
    assert page is not None
    assert (page.items, page.total, page.more, page.cut) == (items, total, more, False)


def test_the_lists_of_an_answer_by_where_they_stand() -> None:
    told = answer({"facets": [1, 2, 3], "data": {"rows": [{"tags": [1, 2, 3, 4]}]}})
    assert counts_of(told) == {"facets": 3, "data.rows": 1}
    assert counts_of(answer([1, 2])) == {"": 2}
    assert counts_of(answer({"id": 7, "name": "x", "a": {"b": {"c": {"d": {"e": {"f": [1]}}}}}})) == {}, "too deep"
    assert counts_of(answer({"items": []}, status=404)) == counts_of(None) == counts_of(Response(200, (), b"<p>")) == {}
    page, missing = page_of(told, "data.rows"), page_of(told, "elsewhere")
    assert page is not None and page.items == 1
    assert missing is None


def test_no_page() -> None:
    for response in (None, answer({"id": 1}), answer("x"), answer([1], status=404), Response(200, (), b"<p>")):
        assert page_of(response) is None


def test_an_answer_that_was_cut_is_counted_as_far_as_it_goes() -> None:
    body = orjson.dumps({"name": 'a "list", [long] {one}', "items": [{"tags": [1, 2], "n": "x,y"}] * 50})
    page = page_of(Response(200, (), body[:-40], truncated=True))
    assert page is not None and page.cut and 45 <= page.items <= 49
    assert page_of(Response(200, (), body[:-40])) is None, "broken JSON is no page"


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=40,
)


@given(NESTED, st.integers(0, 400))
def test_a_cut_text_never_counts_more_than_there_is(body: Json, cut: int) -> None:
    whole = longest(body) or 0
    assert count_cut(orjson.dumps(body)[:cut]) <= max(whole - 1, 0)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_counted(text: bytes) -> None:
    assert count_cut(text) >= 0
