from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scripts.detection import Lab

Gatewright = Callable[..., tuple[int, str, str]]


def test_from_a_running_api(gatewright: Gatewright, lab: Lab, tmp_path: Path) -> None:
    code, out, _ = gatewright("init", lab.spec)
    assert code == 0
    assert out.startswith("wrote gatewright.yaml\n")
    assert "found    log-in: POST /" in out
    assert "found    sign-up: POST /" in out
    text = (tmp_path / "gatewright.yaml").read_text(encoding="utf-8")
    assert f"\ntarget: {lab.url}\n" in text
    assert "\nsign_up: 2\n" in text


def test_nothing_to_see(gatewright: Gatewright) -> None:
    code, _, err = gatewright("init")
    assert code == 2
    assert err.startswith("GW-U007  ")


def test_no_api_there(gatewright: Gatewright, tmp_path: Path) -> None:
    code, _, err = gatewright("init", "http://127.0.0.1:1/openapi.json")
    assert code in (2, 3)
    assert err.startswith("GW-")
    assert not (tmp_path / "gatewright.yaml").exists()
