from __future__ import annotations

from gatewright.model.account import Account, Credential
from gatewright.model.secret import Secret


def test_an_account_never_shows_its_secrets() -> None:
    token = Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret("canary-token-1"))
    account = Account(name="alice", password=Secret("canary-pass-2"), credentials=(token,))
    assert "canary" not in repr(account)
    assert "canary" not in str(account)


def test_two_accounts_share_nothing() -> None:
    Account(name="alice").registered["email"] = "a@example.com"
    assert Account(name="bob").registered == {}
