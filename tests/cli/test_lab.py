from __future__ import annotations

import json
from collections.abc import Callable

Gatewright = Callable[..., tuple[int, str, str]]


def test_list(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("lab", "list", "--json")
    rows = {row["id"]: row for row in json.loads(out)}
    assert code == 0
    assert len(rows) >= 20
    assert rows["profile-change-by-user-id"]["test"] == "object-access-change"
    assert rows["profile-change-by-user-id"]["endpoint"] == "PUT /profile"
    code, out, _ = gatewright("lab", "list", "--dialect", "bearer")
    assert code == 0
    assert len(out.splitlines()) == sum("bearer" in row["dialects"] for row in rows.values())


def test_an_unknown_weakness_is_a_usage_error(gatewright: Gatewright) -> None:
    code, out, err = gatewright("lab", "up", "--only", "order-totl")
    assert (code, out) == (2, "")
    assert "order-total" in err


def test_only_graphql_has_introspection_to_hide(gatewright: Gatewright) -> None:
    code, out, err = gatewright("lab", "up", "--no-introspection")
    assert (code, out) == (2, "")
    assert "graphql" in err
