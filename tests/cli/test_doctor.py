from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Gatewright = Callable[..., tuple[int, str, str]]


def test_a_sound_machine(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("doctor", "--json")
    facts = {fact["what"]: fact for fact in json.loads(out)}
    assert facts["python"]["state"] == "ok"
    assert facts["store"]["state"] == "ok"
    assert code == (1 if any(fact["state"] == "bad" for fact in facts.values()) else 0)


def test_a_broken_configuration_says_where_and_exits_1(gatewright: Gatewright, tmp_path: Path) -> None:
    (tmp_path / "gatewright.yaml").write_text("tagret: http://127.0.0.1:1\n", encoding="utf-8")
    code, out, _ = gatewright("doctor")
    assert code == 1
    assert "gatewright.yaml:1:1" in out
    assert "did you mean `target`?" in out


def test_a_code_is_explained(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("doctor", "gw-u001")
    assert code == 0
    assert out.startswith("GW-U001  The command line cannot be understood\n")
    assert json.loads(gatewright("doctor", "U001", "--json")[1])["code"] == "GW-U001"


def test_an_unknown_code(gatewright: Gatewright) -> None:
    code, _, err = gatewright("doctor", "GW-U00")
    assert code == 2
    assert "GW-U003" in err
    assert "did you mean GW-" in err
