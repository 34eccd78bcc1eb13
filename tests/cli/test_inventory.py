from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Gatewright = Callable[..., tuple[int, str, str]]


def test_list(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("inventory", "list")
    rows = json.loads(gatewright("inventory", "list", "--json")[1])
    assert code == 0
    assert len(out.splitlines()) == len(rows) + 1
    row = next(row for row in rows if row["endpoint"] == "GET /notes/{id}")
    assert (row["sampled"], row["findings"]) == (True, 1)
    assert all(bool(row["why"]) is not row["sampled"] for row in rows)


def test_show(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("inventory", "show", "GET /notes/{id}")
    assert code == 0
    assert "F-1 object-access-read" in out
    assert "path id" in out
    page = json.loads(gatewright("inventory", "show", "/notes/{id}/none", "--json")[1] or "{}")
    assert page == {}


def test_without_a_store_it_says_what_makes_one(gatewright: Gatewright) -> None:
    code, _, err = gatewright("inventory", "list")
    assert code == 2
    assert err.startswith("GW-U016  ")
