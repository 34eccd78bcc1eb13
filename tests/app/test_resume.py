from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gatewright.app.resume import resumed
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings
from gatewright.settings import Flags


def test_the_settings_of_then_with_the_secrets_of_now(store: Settings, tmp_path: Path) -> None:
    now = msgspec.structs.replace(store, spec=("other.json",), sign_up=9)
    run, settings = resumed("last", now, Flags(), directory=tmp_path)
    assert run == "run-1"
    assert (settings.spec, settings.sign_up, settings.limits.requests) == (("openapi.json",), None, 500)
    assert settings.accounts == store.accounts
    assert settings.store == store.store


def test_what_is_typed_wins(store: Settings, tmp_path: Path) -> None:
    flags = Flags(max_requests=900, accounts=("alice=alice:other-password",), formats=("json=r.json",))
    _, settings = resumed("last", store, flags, directory=tmp_path)
    assert settings.limits.requests == 900
    assert settings.accounts[0].password is not None
    assert settings.accounts[0].password.reveal() == "other-password"
    assert settings.formats == (("json", str(tmp_path / "r.json")),)


def test_a_secret_that_is_missing_is_asked_for_by_name(store: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resumed("last", Settings(store=store.store), Flags(), directory=tmp_path)
    assert caught.value.code == "GW-U018"
    assert "--account alice=" in caught.value.help
