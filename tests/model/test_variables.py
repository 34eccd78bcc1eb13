"""Variables that stand for credentials."""

from __future__ import annotations

from gatewright.model.account import Credential
from gatewright.model.secret import Secret
from gatewright.model.variables import named, place_rank, variable


def test_names_are_those_of_shells() -> None:
    assert variable("alice") == "GW_TOKEN_ALICE"
    assert variable("a.b-c", "X-CSRF") == "GW_TOKEN_A_B_C_X_CSRF"


def test_the_first_credential_has_the_plain_name() -> None:
    csrf = Credential(within="header", name="X-CSRF-Token", value=Secret("t"))
    session = Credential(within="cookie", name="sid", value=Secret("s"))
    key = Credential(within="query", name="key", value=Secret("k"))
    assert named("alice", [key, csrf, session]) == [
        ("GW_TOKEN_ALICE", session),
        ("GW_TOKEN_ALICE_X_CSRF_TOKEN", csrf),
        ("GW_TOKEN_ALICE_KEY", key),
    ]
    assert place_rank("header", "Authorization") == 0
