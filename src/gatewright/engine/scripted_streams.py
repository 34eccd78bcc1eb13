"""Streams of a case: what a scripted server tells while somebody listens."""

from __future__ import annotations

from typing import Protocol

from gatewright.model.http import Request, Response
from gatewright.model.stream import EAR


class Answers(Protocol):
    """The scripted server."""

    def answer(self, request: Request) -> Response:
        """The answer to a request."""


async def heard(server: Answers, request: Request) -> Response:
    """The answer to a request. A stream that is open lets happen what is to happen, and tells what its rules say then."""
    answer = server.answer(request)
    ear = EAR.get()
    if request.listen is None or ear is None or ear.begun or not answer.ok:
        return answer
    await ear.opened()
    return server.answer(request)
