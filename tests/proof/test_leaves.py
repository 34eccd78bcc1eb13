from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.http import Response
from gatewright.proof import leaves
from gatewright.proof.leaves import Leaf, as_text, json_leaves, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=20,
)


def answer(body: bytes, content_type: str = "application/json", status: int = 200) -> Response:
    return Response(status, (("Content-Type", content_type),), body)


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "leaves"),
    [
        (b'{"a": {"b": [1, 2]}}', "application/json", "json", [("a.b[]", "1", "[0]"), ("a.b[]", "2", "[1]")]),
        (b'[{"id": 7}, {"id": 8}]', "application/vnd.api+json", "json", [("[].id", "7", "[0]"), ("[].id", "8", "[1]")]),
        (
            b'{"a": true, "b": null, "c": 1.0}',
            "text/html",
            "json",
            [("a", "true", ""), ("b", "null", ""), ("c", "1", "")],
        ),
        (b"a=1&b=", "application/x-www-form-urlencoded", "form", [("a", "1", ""), ("b", "", "")]),
        (
            b"<?xml version='1.0'?><n id='7'><t>x</t></n>",
            "application/xml",
            "xml",
            [("n@id", "7", ""), ("n.t", "x", "")],
        ),
        (b"hello gw-1 you", "text/plain", "text", [("text", "hello", ""), ("text", "gw-1", ""), ("text", "you", "")]),
        (b"  ", "application/json", "empty", []),
        (
            b'id,name\r\n7,"Ann\nB"\r\n8,Bo\r\n',
            "text/csv; charset=utf-8",
            "text",
            [("[].id", "7", "[0]"), ("[].name", "Ann\nB", "[0]"), ("[].id", "8", "[1]"), ("[].name", "Bo", "[1]")],
        ),
        (b"id;name\n7;Ann, B\n", "text/csv", "text", [("[].id", "7", "[0]"), ("[].name", "Ann, B", "[0]")]),
        (b"hello, hello\n", "text/csv", "text", [("text", "hello", ""), ("text", "hello", "")]),
        (b"{broken", "application/json", "text", [("text", "broken", "")]),
        (
            b': hi\n\ndata: {"id": 7}\n\ndata: moved on\n\ndata: 3\n\n',
            "text/event-stream; charset=utf-8",
            "stream",
            [("[].id", "7", "[0]"), ("[].text", "moved", "[1]"), ("[].text", "on", "[1]"), ("[]", "3", "[2]")],
        ),
        (b": nothing yet\n\n", "text/event-stream", "empty", []),
        (
            b'{"id": 7, "tags": ["a"]}\n{"id": 8}\n',
            "application/x-ndjson",
            "stream",
            [("[].id", "7", "[0]"), ("[].tags[]", "a", "[0]"), ("[].id", "8", "[1]")],
        ),
        (b"<a><b>x</a>", "application/xml", "text", None),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>x</a>", "application/xml", "text", None),
        (b"\xff\xfe\x00", "image/png", "binary", None),
    ],
)
def test_a_body_is_read_by_what_it_is(
    body: bytes, content_type: str, kind: str, leaves: list[tuple[str, str, str]] | None
) -> None:
    found = read(answer(body, content_type))
    assert found.kind == kind
    if leaves is not None:
        assert [(leaf.path, leaf.value, leaf.item) for leaf in found.leaves] == leaves


def test_no_answer_at_all_reads_as_nothing() -> None:
    found = read(None)
    assert (found.status, found.kind, found.leaves) == (0, "empty", ())


@given(JSON)
def test_every_scalar_becomes_a_leaf(body: object) -> None:
    def scalars(value: object) -> list[object]:
        if isinstance(value, dict):
            return [s for item in value.values() for s in scalars(item)]
        if isinstance(value, list):
            return [s for item in value for s in scalars(item)]
        return [value]

    found = json_leaves(body)  # type: ignore[arg-type]  # Json at run time
    assert [leaf.value for leaf in found] == [as_text(value) for value in scalars(body)]  # type: ignore[arg-type]


@given(JSON)
def test_leaves_outlive_the_wire(body: object) -> None:
    data = orjson.dumps(body)
    if data.strip() and data[:1] in (b"{", b"["):
        assert read(answer(data)).leaves == json_leaves(body)  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/xml", "text/plain", "text/csv", ""]))
def test_no_body_breaks_it(body: bytes, content_type: str) -> None:
    found = read(answer(body, content_type))
    assert found.kind in ("json", "form", "xml", "text", "binary", "empty")
    assert (found.kind == "empty") <= (found.leaves == ())


def test_a_body_without_end_is_cut() -> None:
    assert len(json_leaves([0] * 60_000)) == 50_000


def test_a_stream_without_end_is_cut() -> None:
    numbers = b"data: " + orjson.dumps([0] * 30_000) + b"\n\n"
    found = read(answer(numbers * 2, "text/event-stream"))
    assert len(found.leaves) == 50_000 and found.leaves[-1].item == "[1]"


def test_messages_are_a_list_of_what_was_said() -> None:
    body = b'{"order": 7}\nhello\n(closed 4401 go)'
    found = read(Response(101, (("Content-Type", "text/html"),), body))
    assert (found.status, found.kind) == (401, "stream")
    assert [(leaf.path, leaf.value, leaf.item) for leaf in found.leaves] == [
        ("[].order", "7", "[0]"),
        ("[].text", "hello", "[1]"),
    ]


def test_a_cell_that_no_table_has_makes_it_words() -> None:
    body = b"id,name\n7," + b"x" * 200_000  # more than csv takes for one cell
    assert [leaf.path for leaf in read(answer(body, "text/csv")).leaves] == ["text"] * 4
    assert read(answer(body[:1000], "text/csv")).leaves[0] == Leaf("[].id", "7", "[0]")


def test_values_and_paths() -> None:
    found = read(answer(b'{"a": [1, 1, 2], "b": 3}'))
    assert found.paths() == {"a[]", "b"}
    assert found.values() == {"a[]": frozenset({"1", "2"}), "b": frozenset({"3"})}
    assert Leaf("b", "3") in found.leaves


def test_of_large_bodies_few_are_remembered() -> None:
    for number in range(20):
        read(answer(b'{"a": "%d", "b": "%s"}' % (number, b"x" * 70_000)))
    assert leaves._large.cache_info().currsize <= 4
