from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Gatewright = Callable[..., tuple[int, str, str]]


def test_the_matrix_of_a_run(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("access", "show")
    assert code == 0
    assert out.splitlines()[0].split()[-1] == "ENDPOINT"
    assert "GET /notes/{id}" in out
    fields = json.loads(gatewright("access", "show", "last", "--json")[1])
    broken = next(f for f in fields if f["endpoint"] == "GET /notes/{id}" and f["whose"] == "others")
    assert (broken["happened"], broken["expected"]) == ("allow", None)


def test_it_is_kept_and_never_written_over(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("access", "save", "--output", "kept.yaml")
    assert code == 0
    assert "correct what is not meant so" in out
    assert "GET /notes/{id}: {owner: allow, " in (past / "kept.yaml").read_text(encoding="utf-8")
    code, _, err = gatewright("access", "save", "--output", "kept.yaml")
    assert code == 2
    assert "GW-U020" in err
    assert gatewright("access", "save", "--output", "kept.yaml", "--force", "--json")[0] == 0
