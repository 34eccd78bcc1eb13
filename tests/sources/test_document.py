from __future__ import annotations

import contextlib
import gc
import sys

import pytest

from gatewright.model.errors import SourceError
from gatewright.sources import document
from gatewright.sources.document import load
from gatewright.sources.problems import Problems


@pytest.mark.parametrize(
    "data",
    [
        '{"a": "é"}'.encode(),
        b"\xef\xbb\xbf" + '{"a": "é"}'.encode(),
        '{"a": "é"}'.encode("utf-16"),
        '{"a": "é"}'.encode("utf-16-le"),
        '{"a": "é"}'.encode("utf-16-be"),
        b"\xff\xfe\0\0" + '{"a": "é"}'.encode("utf-32-le"),
        "a: é".encode(),
        b"\xef\xbb\xbf" + "a: é".encode(),
        "\n\n a: é".encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    problems = Problems()
    assert load(data, uri="x", problems=problems).root == {"a": "é"}
    assert problems.all() == ()


def test_the_collector_is_left_as_it_was() -> None:
    for data in (b"{}", b"a: ["):
        with contextlib.suppress(SourceError):
            load(data, uri="x", problems=Problems())
        assert gc.isenabled()
    gc.disable()
    try:
        load(b"{}", uri="x", problems=Problems())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_where() -> None:
    made = load(b'{\n "a": {"b": [1]}}', uri="x.json", problems=Problems())
    assert made.where(("a", "b", 0)) == "x.json:2:14" and made.line(("a", "b")) == "x.json:2"
    assert made.where(("a", "c", "d")) == "x.json:2:2"
    made = load(b"a:\n  b: [1]", uri="x.yaml", problems=Problems())
    assert made.where(("a", "b")) == "x.yaml:2:3"


@pytest.mark.parametrize(
    ("data", "root", "where"),
    [
        (b'{"a": 1,}', {"a": 1}, "x:1:8" if sys.version_info >= (3, 13) else "x:1:9"),  # where json sees it
        (b"{'a': 1} # comment", {"a": 1}, "x:1:2"),
        (b'{"a": "\xe9"}', {"a": "\ufffd"}, "x:1"),
        (b'{"a": 1, "a": 2}', {"a": 2}, "x:1:10"),
    ],
)
def test_damage_that_is_read_over(data: bytes, root: object, where: str) -> None:
    problems = Problems()
    assert load(data, uri="x", problems=problems).root == root
    assert [problem.where for problem in problems.all()] == [where]


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b'{"a": [1, 2}', "GW-S002", "x:1:12"),
        (b"a:\n  b: [", "GW-S002", "x:3:1"),
        (b"\x1f\x8b\x08\0\xff\xff", "GW-S002", "x"),
        (b"<a>: [", "GW-S002", "x"),
        (b"a: \x01", "GW-S002", "x"),
        (b"[" * 1_000_000, "GW-S002", "x"),
    ],
)
def test_damage_that_ends_it(data: bytes, code: str, where: str) -> None:
    with pytest.raises(SourceError) as caught:
        load(data, uri="x", problems=Problems())
    assert (caught.value.code, caught.value.where) == (code, where) and caught.value.help


def test_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LARGEST", 10)
    with pytest.raises(SourceError) as caught:
        load(b" " * 11, uri="x", problems=Problems())
    assert caught.value.code == "GW-S004"


def test_what_is_too_long_to_be_located(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LOCATED", 5)
    made = load(b'{"a": 1}', uri="x", problems=Problems())
    assert made.where(("a",)) == "x"
    with pytest.raises(SourceError):
        load(b'{"a": 1,}', uri="x", problems=Problems())
