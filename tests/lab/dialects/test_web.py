"""A route per endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def test_there_is_a_route_per_endpoint(visit: Visit) -> None:
    visitor = visit()
    slashed = [endpoint for endpoint in visitor.dialect.table.values() if endpoint.slashed]
    assert len(visitor.dialect.routes()) == len(visitor.dialect.table) + len(slashed)


def test_the_document_has_every_path(visit: Visit) -> None:
    visitor = visit(scramble=3)
    shown = [one for one in visitor.dialect.table.values() if not (one.undocumented or one.hidden)]
    assert set(visitor.dialect.document()["paths"]) == {visitor.names.path(one.path) for one in shown}


def test_bodies_are_json_and_not_endless(visit: Visit) -> None:
    visitor = visit()
    plain = {"content-type": "text/plain"}
    assert visitor.send("POST", "/auth/login", body=b"{}", headers=plain).status == 415
    merge = {"content-type": "application/merge-patch+json"}
    assert visitor.send("PATCH", "/me", "alice", body={"full_name": "Alice M"}, headers=merge).status == 200
    assert visitor.send("POST", "/auth/login", body=b" " * 300_000).status == 413
