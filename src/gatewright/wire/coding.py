"""Content codings of a body removed, with a limit that bombs cannot pass (RFC 9110 8.4.1, RFC 7932, RFC 8878)."""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Protocol, TypeAlias

ACCEPTED = "gzip, deflate, br, zstd"
"""Value of the Accept-Encoding that the run sends."""

_CHAIN_LIMIT = 4
_MEMBER_LIMIT = 64
_PIECE = 4096

Plain: TypeAlias = tuple[bytes, bool, str]
"""Decoded bytes, whether they were cut at the limit, and what was wrong (empty: nothing)."""


class _Stream(Protocol):
    """A decompressor as zlib and zstd have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decode(body: bytes, codings: str, limit: int) -> tuple[bytes, bool, list[str]]:
    """Body without its codings, whether it was cut at `limit`, and what was wrong, one sentence each.

    `codings` is the value of Content-Encoding: the codings in the order in which they were applied. What cannot be
    decoded is kept as it came; what broke on the way, as far as it could be decoded.
    """
    names = [name for name in (part.strip().lower() for part in codings.split(",")) if name and name != "identity"]
    if len(names) > _CHAIN_LIMIT:
        return body, False, [f"{len(names)} content codings, not decoded"]
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            return body, False, [f"unknown content coding {name[:40]!r}, not decoded"]
        plain, cut, wrong = decoder(body, limit)
        if wrong:
            return plain or body, cut, [f"content coding {name}: {wrong}"]
        body = plain
        if cut:
            return body, True, [f"content coding {name}: decodes to more than {limit} bytes"]
    return body, False, []


def _members(body: bytes, limit: int, open_: Callable[[], _Stream], broken: type[Exception]) -> Plain:
    """One compressed stream after the other, as gzip members and zstd frames may follow each other."""
    pieces: list[bytes] = []
    size = 0
    for _ in range(_MEMBER_LIMIT):
        stream = open_()
        for at in range(0, len(body), _PIECE):
            try:
                piece = stream.decompress(body[at : at + _PIECE], limit + 1 - size)
            except broken as error:
                return b"".join(pieces), False, str(error)
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                return b"".join(pieces)[:limit], True, ""
            if stream.eof:
                body = stream.unused_data + body[at + _PIECE :]
                break
        else:
            return b"".join(pieces), False, "the data ends too early"
        if not body:
            return b"".join(pieces), False, ""
    return b"".join(pieces), False, f"more than {_MEMBER_LIMIT} streams after each other"


def _gzip(body: bytes, limit: int) -> Plain:
    return _members(body, limit, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error)


def _deflate(body: bytes, limit: int) -> Plain:
    """Zlib format, as RFC 9110 8.4.1.2 says, or raw deflate, as some servers send."""
    framed = _members(body, limit, lambda: zlib.decompressobj(zlib.MAX_WBITS), zlib.error)
    if framed[2] and not framed[0]:
        raw = _members(body, limit, lambda: zlib.decompressobj(-zlib.MAX_WBITS), zlib.error)
        return framed if raw[2] else raw
    return framed


def _brotli(body: bytes, limit: int) -> Plain:
    import brotli

    stream = brotli.Decompressor()
    pieces: list[bytes] = []
    size = 0
    for at in range(0, len(body), _PIECE):
        data = body[at : at + _PIECE]
        while True:
            try:
                piece = stream.process(data, output_buffer_limit=limit + 1 - size)
            except brotli.error as error:
                return b"".join(pieces), False, str(error)
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                return b"".join(pieces)[:limit], True, ""
            if stream.is_finished() or stream.can_accept_more_data():
                break
            data = b""
    return b"".join(pieces), False, "" if stream.is_finished() else "the data ends too early"


def _zstd(body: bytes, limit: int) -> Plain:
    zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return _members(body, limit, zstd.ZstdDecompressor, zstd.ZstdError)


_DECODERS: dict[str, Callable[[bytes, int], Plain]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
