"""Kept header lines."""

from __future__ import annotations

import pytest

from gatewright.wire.lines import Lines


def test_fields_are_read_once_and_bounded() -> None:
    lines = Lines()
    assert lines.fields([b"A: b", b"a:\tc "]) == (("A", "b"), ("a", "c"))
    assert lines.fields([b"A: b"])[0] is lines.fields([b"A: b"])[0]
    for number in range(3000):
        lines.fields([b"N: %d" % number, b"Content-Length: %d" % number])
        lines.fields([b"X: " + b"long" * 200])
    assert len(lines._fields) <= 1024
    assert lines._framing <= set(lines._fields)
    assert set(lines._lengths) <= set(lines._fields)
    assert not any(len(line) > 512 for line in lines._fields)


@pytest.mark.parametrize("line", [b"no colon", b" a: b", b"a : b", b": b", b"", b"a: \x00", b"a: \x7f", b"a(: b"])
def test_unsound_fields(line: bytes) -> None:
    with pytest.raises(LookupError):
        Lines().fields([line])


def test_statuses_are_bounded() -> None:
    lines = Lines()
    for number in range(3000):
        assert lines.status(b"HTTP/1.1 200 R%d" % number) == (200, f"R{number}", "1.1")
    assert len(lines._statuses) <= 1024
    for line in (b"HTTP/1.1 099 x", b"HTTP/1.1 20", b"http/1.1 200 OK", b"HTTP/1.1 200 \x00", b""):
        with pytest.raises(LookupError):
            lines.status(line)
