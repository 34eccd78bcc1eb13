from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Gatewright = Callable[..., tuple[int, str, str]]


def test_list(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("findings", "list")
    assert code == 0
    assert out.splitlines()[1].split()[:4] == ["F-1", "high", "open", "object-access-read"]
    [row] = json.loads(gatewright("findings", "list", "last", "--json")[1])
    assert row["endpoint"] == "GET /notes/{id}"


def test_nothing_proved(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("findings", "list")
    assert code == 0
    assert "gatewright runs show" in out


def test_show(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("findings", "show", "F-1")
    assert code == 0
    for part in ("F-1", "curl ", "$GW_TOKEN_", "Remedy", "https://"):
        assert part in out
    document = json.loads(gatewright("findings", "show", "f-1", "--json")[1])
    written = json.loads((past / "report.json").read_text(encoding="utf-8"))["findings"][0]
    assert document["id"] == written["id"]
    assert document["proof"] == written["proof"]


def test_an_unknown_finding(gatewright: Gatewright, past: Path) -> None:
    code, _, err = gatewright("findings", "show", "F-99")
    assert code == 2
    assert "gatewright findings list" in err
