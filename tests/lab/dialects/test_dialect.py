"""The steps that are the same in every dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.cli.lab import _DIALECTS
from gatewright.lab.dialects import DIALECTS
from gatewright.lab.dialects.dialect import Dialect, vocabulary
from gatewright.lab.endpoint import Call, Refused
from gatewright.lab.weaknesses import WEAKNESSES

Visit = Callable[..., Any]


def a_call(visitor: Any, name: str, account: str, **parts: Any) -> Call:
    """A decoded call by an account."""
    user = visitor.clinic.tables.first("users", username=account) if account else None
    given = {"path": {}, "query": {}, "headers": {}, "body": {}, "claims": {}, **parts}
    return Call(clinic=visitor.clinic, endpoint=visitor.dialect.table[name], user=user, **given)


def test_the_command_line_offers_every_dialect() -> None:
    assert list(DIALECTS) == _DIALECTS
    assert all(kind.name == name for name, kind in DIALECTS.items())


def test_every_weakness_is_in_a_dialect_there_is() -> None:
    for weakness in WEAKNESSES:
        assert weakness.dialects
        assert set(weakness.dialects) <= DIALECTS.keys(), weakness.id


@pytest.mark.parametrize("name", DIALECTS)
def test_a_weakness_is_listed_as_the_dialect_writes_it(name: str) -> None:
    for weakness in WEAKNESSES:
        if name in weakness.dialects:
            listed = DIALECTS[name].listed(weakness)
            assert (listed.id, listed.test) == (weakness.id, weakness.test)
            assert listed.endpoint.partition(" ")[0] in {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_a_weakness_is_listed_where_the_scrambled_dialect_has_it() -> None:
    me = {w.id: DIALECTS["graphql"].listed(w, scramble=1).endpoint for w in WEAKNESSES if w.endpoint == "GET /me"}
    assert me["query-depth-unbounded"] == me["token-alg-none"] != "POST /graphql#query.me"
    read = next(weakness for weakness in WEAKNESSES if weakness.id == "appointment-read-by-id")
    for kind in DIALECTS.values():
        assert kind.listed(read, scramble=1) not in (kind.listed(read), kind.listed(read, scramble=2))


def test_a_decoded_call_runs_through_all_steps(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.clinic.tables.find("orders", patient_id=visitor.id("alice"))[0]
    path = {"order_id": str(mine["id"])}
    assert visitor.dialect.run(a_call(visitor, "GET /orders/{order_id}", "alice", path=path)).body == mine
    looked = a_call(visitor, "POST /orders/lookup", "alice", body={"order_id": mine["id"]})
    assert visitor.dialect.run(looked).headers == {"Cache-Control": "no-store"}
    for account, status, parts in (
        ("", 401, {"path": path}),
        ("bob", 403, {"path": path}),
        ("alice", 404, {"path": {"order_id": "x"}}),
    ):
        with pytest.raises(Refused) as refused:
            visitor.dialect.run(a_call(visitor, "GET /orders/{order_id}", account, **parts))
        assert refused.value.status == status
    with pytest.raises(Refused) as invalid:
        visitor.dialect.run(a_call(visitor, "POST /orders/lookup", "alice"))
    assert invalid.value.errors == {"order_id": "is required"}


def test_nobody_is_asked_where_nobody_has_to_be_known(visit: Visit) -> None:
    visitor = visit("payment-method-without-token")
    headers = {"authorization": f"Bearer {visitor.token('alice')}"}
    table = visitor.dialect.table
    open_one = table["GET /payment-methods/{payment_method_id}"]
    for endpoint, known in ((table["GET /me"], True), (table["GET /health"], False), (open_one, False)):
        user, _ = visitor.dialect.known(endpoint, headers, endpoint.access)
        assert (user is not None) == known


def test_what_a_dialect_has_to_say_itself(visit: Visit) -> None:
    visitor = visit()
    bare = type("Bare", (Dialect,), {"name": "bare"})
    with pytest.raises(TypeError, match="abstract"):
        bare(visitor.clinic, visitor.names)


def test_the_vocabulary_has_names_of_every_kind() -> None:
    assert {"/orders/{order_id}", "X-Patient-Id", "password_hash", "NewOrder", "product_id"} <= set(vocabulary())
