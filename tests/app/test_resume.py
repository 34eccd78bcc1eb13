from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gatewright.app.resume import resumed
from gatewright.model.errors import UsageError
from gatewright.model.events import AttemptSent, RunFinished
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.settings import Settings
from gatewright.settings import Flags
from gatewright.store import open_store


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


def ended(store: Settings, because: str) -> None:
    """The run ends once more, early, after one exchange."""
    opened = open_store(store.store)
    writer = opened.consumer("run-1")
    writer.start()
    exchange = Exchange(1, Request("GET", "http://127.0.0.1:8000", "/"), Response(200))
    run = msgspec.structs.replace(opened.run("run-1").run, complete=False, stopped_because=because)
    for event in (AttemptSent(exchange=exchange, at=40.0), RunFinished(run=run, at=40.0)):
        writer.on(event)
    writer.stop()
    opened.close()


def test_a_run_that_ended_on_its_budget_may_spend_as_much_again(store: Settings, tmp_path: Path) -> None:
    ended(store, "the budget of requests was spent")
    _, settings = resumed("last", store, Flags(), directory=tmp_path)
    assert (settings.limits.requests, settings.limits.time) == (501, 640.0)
    _, settings = resumed("last", store, Flags(max_requests=7), directory=tmp_path)
    assert settings.limits.requests == 7


def test_a_run_that_was_interrupted_goes_on_with_what_was_left(store: Settings, tmp_path: Path) -> None:
    ended(store, "interrupted")
    _, settings = resumed("last", store, Flags(), directory=tmp_path)
    assert (settings.limits.requests, settings.limits.time) == (500, 600.0)
