from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.detection import Lab, configure

Gatewright = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _configured(lab: Lab, tmp_path: Path) -> None:
    configure(tmp_path, lab)


def test_each_account_and_how(gatewright: Gatewright, lab: Lab) -> None:
    code, out, _ = gatewright("login", "--json")
    rows = json.loads(out)
    assert code == 0
    assert [row["name"] for row in rows] == list(lab.accounts)
    assert {row["login"] for row in rows} == {"ok"}
    assert "Authorization" in rows[0]["how"]
    assert all(row["exports"] == [] for row in rows)


def test_one_account(gatewright: Gatewright, lab: Lab) -> None:
    name = next(iter(lab.accounts))
    code, out, _ = gatewright("login", name)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["ACCOUNT", name]


def test_export_is_shell_and_nothing_else(gatewright: Gatewright, lab: Lab) -> None:
    name = next(iter(lab.accounts))
    code, out, _ = gatewright("login", name, "--export")
    assert code == 0
    assert re.fullmatch(rf"export GW_TOKEN_{name.upper()}=\S+\n", out)


def test_a_wrong_password_is_no(gatewright: Gatewright, lab: Lab) -> None:
    code, out, _ = gatewright("login", "eve", "--account", "eve=nobody:wrong-password")
    assert code == 1
    assert re.search(r"^eve .*failed", out, flags=re.MULTILINE)


def test_an_unknown_account(gatewright: Gatewright, lab: Lab) -> None:
    name = next(iter(lab.accounts))
    code, _, err = gatewright("login", name[:-1])
    assert code == 2
    assert f"did you mean `{name}`?" in err
