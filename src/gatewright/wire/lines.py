"""Status and header lines that were read before: most are the same in all answers of a server. No I/O."""

from __future__ import annotations

import re

from gatewright.model.http import Headers
from gatewright.wire.answer import Head

SOUND_STATUS_LINE = re.compile(rb"HTTP/\d\.\d [1-9]\d\d(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_KEPT = 1024
_LONG = 512
_KEPT_HEADS = 64
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "upgrade"})
"""Names of lines on which the end of an answer, or of its connection, may depend."""


class Lines:
    """Lines that are known to be sound, with what they mean. Shared by the connections of a run."""

    def __init__(self) -> None:
        self._statuses: dict[bytes, tuple[int, str, str]] = {}
        self._fields: dict[bytes, tuple[str, str]] = {}
        self._framing: set[bytes] = set()
        """Those of the fields on which the end of an answer may depend."""
        self._lengths: dict[bytes, int] = {}
        """Content-Length lines."""
        self._heads: dict[bytes, tuple[Head, int, bool]] = {}
        """Heads of whole answers, to the letter, with the length of their bodies, and whether these are coded."""

    def status(self, line: bytes) -> tuple[int, str, str]:
        """Status, reason and version of a sound status line. Raises LookupError for another one."""
        known = self._statuses.get(line)
        if known is None:
            if not SOUND_STATUS_LINE.fullmatch(line):
                raise LookupError(line)
            known = int(line[9:12]), line[13:].decode("latin-1"), line[5:8].decode()
            if len(self._statuses) < _KEPT:
                self._statuses[line] = known
        return known

    def fields(self, lines: list[bytes]) -> Headers:
        """Names and values of sound header lines. Raises LookupError when one is not sound."""
        known = self._fields
        return tuple([known.get(line) or self._learn(line) for line in lines])

    def whole(self, data: bytes) -> tuple[Head, int, bool] | None:
        """The head of an answer that is all there, where its body begins, and whether that has a content coding.

        None unless its status line is known, its other lines are sound, one Content-Length and nothing else says where
        the answer ends, it ends with these bytes, and the connection stays open.
        """
        end = data.find(b"\r\n\r\n")
        start = end + 4
        raw = data[:start]
        known = self._heads.get(raw) or self._whole(raw, end)
        if known is None or known[1] != len(data) - start:
            return None
        return known[0], start, known[2]

    def _whole(self, raw: bytes, end: int) -> tuple[Head, int, bool] | None:
        """A head and the length of its body, kept: servers repeat heads while their date is the same."""
        first, *lines = raw[:end].split(b"\r\n")
        known = self._fields
        try:
            status, reason, version = self._statuses[first]
            for line in lines:
                if line not in known:
                    self._learn(line)
            headers = tuple([known[line] for line in lines])  # not what was too long to keep, or forgotten meanwhile
        except LookupError:
            return None
        framing = self._framing.intersection(lines)
        if len(framing) != 1:
            return None
        (line,) = framing
        length = self._lengths.get(line)
        if length is None or lines.count(line) > 1 or version != "1.1" or status in (204, 304) or status < 200:
            return None
        if len(self._heads) >= _KEPT_HEADS:
            self._heads.clear()
        coded = any(name.lower() == "content-encoding" for name, _ in headers)
        self._heads[raw] = found = Head(status, reason, version, headers), length, coded
        return found

    def _learn(self, line: bytes) -> tuple[str, str]:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not TOKEN.fullmatch(name) or CONTROL.search(value):
            raise LookupError(line)
        field = name, value.strip(" \t")
        if len(line) <= _LONG:
            if len(self._fields) >= _KEPT:
                self._fields.clear()
                self._framing.clear()
                self._lengths.clear()
            self._fields[line] = field
            lowered = name.lower()
            if lowered in _FRAMING:
                self._framing.add(line)
                if lowered == "content-length" and field[1].isascii() and field[1].isdigit():
                    self._lengths[line] = int(field[1])
        return field
