"""Whole scans through doors of the lab: a weakness behind one is found as it is behind the clinic's own log-in.

One door of each kind here; every door, weak and fixed, is a row of `make test-library`.
"""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.cli.lab import _DOORS
from gatewright.lab.doors import DOORS
from scripts.detection import Scan, lab, scan, weaknesses

SEEN = ("appointment-read-by-id", "audit-log-for-patients")
"""Weaknesses that take two accounts of one rank, and two ranks."""
TESTS = ("object-access-read", "function-access")
HOW = {
    "json": "POST /auth/login → json:/access_token → Authorization: Bearer",
    "form": "POST /auth/login → json:/access_token → Authorization: Bearer",
    "basic": "HTTP Basic → Authorization: Basic",
    "api-key": "given credential → X-API-Key",
    "cookie": "POST /auth/login → cookie clinic_session",
    "token-in-query": "POST /auth/login → json:/access_token → query access_token",
    "token-in-body": "POST /auth/login → json:/session_token → body session_token",
    "bound-header": "POST /auth/login → json:/access_token → Authorization: Bearer",
    "single-session": "POST /auth/login → json:/access_token → Authorization: Bearer",
    "oauth2": "OAuth2 authorization code at /oauth/authorize → json:/access_token → Authorization: Bearer",
    "oauth2-password": "OAuth2 password at /oauth/token → json:/access_token → Authorization: Bearer",
    "client-credentials": "OAuth2 client_credentials at /oauth/token → json:/access_token → Authorization: Bearer",
    "oidc": "OAuth2 authorization code at /oauth/authorize → json:/access_token → Authorization: Bearer",
    "totp": "POST /auth/login → POST /auth/login/code → json:/access_token → Authorization: Bearer",
    "mail-code": "POST /auth/login → POST /auth/login/code → json:/access_token → Authorization: Bearer",
    "mail-confirm": "POST /auth/login → json:/access_token → Authorization: Bearer",
    "sigv4": "given credential → signed requests (SigV4)",
    "mtls": "given credential → client certificate",
}
"""How each account gets in, as the report says it."""
NO_SIGN_UP = ("client-credentials", "sigv4", "mtls")


def go(door: str, *weak: str) -> Scan:
    """One scan through a door, of few tests."""
    chosen = [word for name in weak for word in ("--only", name)] or ["--fixed"]
    tests = [word for test in TESTS for word in ("--only", test)]
    with lab("--login", door, *chosen) as running:
        return scan(running, "--patience", "short", *tests)


def accounts(done: Scan) -> dict[str, dict[str, Any]]:
    """The accounts of a report by name."""
    return {account["name"]: account for account in done.report["accounts"]}


def test_the_command_line_knows_every_door() -> None:
    assert list(_DOORS) == ["json", *DOORS]
    assert set(HOW) == set(_DOORS)
    assert all(door.about and door.__doc__ for door in DOORS.values())


@pytest.mark.slow
@pytest.mark.parametrize("door", ["bound-header", "cookie", "mtls", "oauth2", "sigv4", "totp"])
def test_weaknesses_behind_a_door_are_found(door: str) -> None:
    done = go(door, *SEEN)
    rows = {(row["test"], row["endpoint"]) for row in weaknesses() if row["id"] in SEEN}
    assert done.proved() == rows, done.output
    known = accounts(done)
    for name in ("alice", "bob", "sam", "root"):
        assert known[name]["login"] == "ok", known[name]["how"]
        assert known[name]["how"] == f"{HOW[door]}, checked at GET /me"
    ours = [account for name, account in known.items() if name.startswith("gw-")]
    assert len(ours) == (0 if door in NO_SIGN_UP else 2)
    assert all(account["login"] == "ok" for account in ours), ours


@pytest.mark.slow
@pytest.mark.parametrize("door", ["oidc"])
def test_behind_a_door_of_the_fixed_clinic_nothing_is_found(door: str) -> None:
    done = go(door)
    assert done.findings == []
    assert done.code == 0, done.output
    cells = [cell for cell in done.report["coverage"] if cell["test"] in TESTS]
    assert any(cell["verdict"] == "not_vulnerable" for cell in cells)
    assert done.report["inventory"]["with_2xx_sample"] >= 90


@pytest.mark.slow
@pytest.mark.parametrize("door", ["bound-header"])
def test_sessions_that_end_in_the_middle_are_renewed(door: str) -> None:
    chosen = [word for name in SEEN for word in ("--only", name)]
    tests = [word for test in TESTS for word in ("--only", test)]
    with lab("--login", door, "--token-ttl", "2", *chosen) as running:
        done = scan(running, "--patience", "short", *tests)
    rows = {(row["test"], row["endpoint"]) for row in weaknesses() if row["id"] in SEEN}
    assert done.proved() == rows, done.output
