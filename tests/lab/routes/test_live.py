"""The streams of the clinic: who hears what, and who is turned away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.requests import samples


def nothing() -> None:
    """Nothing happens."""


def test_one_hears_ones_own_and_nobody_elses(visit: Callable[..., Any]) -> None:
    visitor = visit()

    def both() -> None:
        for account in ("alice", "bob"):
            body = {"recipient": "sam", "subject": "Of " + account, "text": "Text of " + account}
            visitor.send("POST", "/messages", account, body=body)

    heard = visitor.watch("/messages/live", "alice", both, socket=True)
    assert b"Text of alice" in heard and b"Text of bob" not in heard


@pytest.mark.parametrize("dialect", ["bearer", "cookie"])
def test_every_stream_opens_for_who_may_and_for_nobody_else(visit: Callable[..., Any], dialect: str) -> None:
    visitor = visit(dialect=dialect)
    seen = set()
    for sample in samples(visitor.clinic, visitor.names, 1, dialect=visitor.dialect, live=True):
        query = "&".join(f"{name}={value}" for name, value in sample.query.items())
        socket = sample.endpoint.live == "websocket"
        for account, open_ in ((sample.account, True), ("", not sample.account)):
            told = visitor.watch(sample.path, account, nothing, query=query, socket=socket)
            assert (b"log in first" not in told and b"not yours" not in told) is open_, (sample, told)
        seen.add(sample.endpoint.id)
    assert seen == {one.id for one in visitor.dialect.table.values() if one.live} and len(seen) == 6
