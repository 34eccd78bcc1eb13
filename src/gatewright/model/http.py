"""Requests, responses and exchanges, as they are on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from gatewright.model import envelope, graphql, stream
from gatewright.model.stream import Listen

_SHORT = envelope.LONGEST
Headers = tuple[tuple[str, str], ...]
"""Header lines in order, names in the case that was sent. Characters are Latin-1 code points of the bytes."""


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of a header by name, whatever its case; None when absent."""
    lowered = name.lower()
    return next((value for key, value in headers if key.lower() == lowered), None)


class Request(Struct, frozen=True, gc=False):
    """One request. `target` goes out exactly as it is spelled (dot segments, percent signs, raw bytes as Latin-1).

    `framing` "auto" adds Host, Content-Length (where there is a body), Accept-Encoding and the run's User-Agent when
    they are absent; "exact" adds nothing: the headers and the body are all that is sent, wrong lengths included.
    """

    method: str
    origin: str
    """Scheme, host and port: `http://127.0.0.1:5000`, `https://[::1]:8443`, `https://shop.test`."""
    target: str
    """The request target: `/a/%2e/b?x=1`."""
    headers: Headers = ()
    body: bytes = b""
    framing: Literal["auto", "exact"] = "auto"
    certificate: str = ""
    """Path of the client certificate that its connection shows; empty: that of the settings, or none."""
    listen: Listen | None = None
    """It opens a stream, which is listened to so."""

    @property
    def url(self) -> str:
        """Origin and target in one string, for people and reports."""
        return self.origin + self.target

    @property
    def content(self) -> bytes:
        """What was sent after the head, for people and reports: the body, or what was said on a stream, a message a line."""
        return self.body or "\n".join(self.listen.say if self.listen is not None else ()).encode()

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return header(self.headers, name)

    def with_headers(self, *lines: tuple[str, str]) -> Request:
        """The same request with these headers instead of those of the same names; new ones at the end."""
        names = {name.lower() for name, _ in lines}
        kept = tuple(line for line in self.headers if line[0].lower() not in names)
        return Request(
            self.method,
            self.origin,
            self.target,
            kept + lines,
            self.body,
            self.framing,
            self.certificate,
            self.listen,
        )


class Timing(Struct, frozen=True, gc=False):
    """Seconds, from a monotonic clock: `connect` 0.0 on a reused connection; the others from the first byte sent."""

    connect: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0
    reused: bool = False


class Response(Struct, frozen=True, gc=False):
    """One answer. `body` has its content codings removed, and is cut at the run's limit (`truncated` says so)."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    reason: str = ""
    version: str = "1.1"
    truncated: bool = False
    size: int = 0
    """Bytes of the body as received, also of what was not kept."""
    anomalies: tuple[str, ...] = ()
    """What the answer did against RFC 9110 and 9112, one sentence each."""
    timing: Timing = Timing()

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return header(self.headers, name)

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        lowered = name.lower()
        return [value for key, value in self.headers if key.lower() == lowered]

    @property
    def ok(self) -> bool:
        """Status 200 to 299 as `meaning` has it. Says nothing of success: many APIs answer 200 to errors."""
        return 200 <= self.meaning < 300

    @property
    def meaning(self) -> int:
        """The status; of a good one whose body says that it failed, and holds nothing else, the one that it stands for.

        `model.graphql` and `model.envelope` say which bodies those are; `model.stream` what a WebSocket's messages mean.
        """
        if self.status == 101:
            return stream.meaning(self.body)
        if not 200 <= self.status < 300:
            return self.status
        said = _refusal(self.body) if len(self.body) <= _SHORT else graphql.refusal(self.body)
        return said or self.status


@lru_cache(maxsize=1024)
def _refusal(body: bytes) -> int:
    """What the body alone says; asked again and again of the same answer."""
    return graphql.refusal(body) or envelope.refusal(body)


class Exchange(Struct, frozen=True, gc=False):
    """A request with its response, or with the reason why there is none."""

    number: int
    """Counts from 1 within the run, in the order of sending."""
    request: Request
    response: Response | None
    account: str = "anon"
    purpose: str = ""
    """What it was for: "sign-up", "explore", "baseline", "control C4", "attack", "read-back", "undo"."""
    error: str = ""
    """Without a response: a stable word and a sentence, `timeout-first-byte: no byte within 15 s`."""
    at: float = 0.0
    """Seconds since the epoch when the first byte was sent."""
    sent: bytes = b""
    received: bytes = b""
    """The bytes as they were on the wire (the answer's head, and its body up to the limit)."""
