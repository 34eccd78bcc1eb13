from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.model.account import Account
from gatewright.model.errors import UsageError
from gatewright.model.secret import Secret
from gatewright.model.settings import Choice, Limits, Settings
from gatewright.settings.flags import Flags, override

HERE = Path("here")


def test_nothing_typed_changes_nothing() -> None:
    settings = Settings(target=("http://a.test",), seed=7, limits=Limits(requests=5))
    assert override(settings, Flags(), HERE) == settings


def test_what_is_typed_wins() -> None:
    settings = Settings(target=("http://a.test",), headers=(("X-A", "1"), ("X-B", "2")), choice=Choice(skip=("API4",)))
    flags = Flags(
        target="http://b.test",
        spec=("openapi.json", "http://b.test/s.json"),
        sign_up=0,
        only=("API1",),
        skip=("tag:slow",),
        mode="full",
        exclusive=True,
        patience="short",
        max_requests=9,
        max_time="2m",
        rate=1.5,
        concurrency=3,
        headers=("x-a: 3",),
        proxy="env",
        insecure=True,
        formats=("json=out.json", "sarif"),
        baseline="b.json",
        fail_on="never",
        store="s.db",
        seed=4,
        show_secrets=True,
    )
    found = override(settings, flags, HERE)
    assert found.target == ("http://b.test",)
    assert found.spec == (str(HERE / "openapi.json"), "http://b.test/s.json")
    assert found.limits == Limits(
        requests=9, time=120.0, rate=1.5, concurrency=3, mode="full", exclusive=True, patience="short"
    )
    assert found.choice == Choice(only=("API1",), skip=("API4", "tag:slow"))
    assert found.headers == (("X-B", "2"), ("x-a", "3"))
    assert found.formats == (("json", str(HERE / "out.json")), ("sarif", None))
    assert (found.sign_up, found.proxy, found.tls.insecure, found.seed) == (0, "env", True, 4)
    assert (found.baseline, found.store) == (str(HERE / "b.json"), str(HERE / "s.db"))
    assert (found.fail_on, found.show_secrets) == ("never", True)


def test_an_account_of_the_same_name_is_replaced() -> None:
    old = (
        Account(name="alice", username="a", password=Secret("p")),
        Account(name="bob", username="b", password=Secret("p")),
    )
    found = override(Settings(accounts=old), Flags(accounts=("alice=bearer:t",)), HERE)
    assert [(a.name, a.username) for a in found.accounts] == [("bob", "b"), ("alice", "")]


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (Flags(target="ftp://x"), "--target"),
        (Flags(target="http://"), "--target"),
        (Flags(target="http://[::1"), "--target"),
        (Flags(mode="saef"), "--mode"),
        (Flags(patience="none"), "--patience"),
        (Flags(max_requests=0), "--max-requests"),
        (Flags(concurrency=-1), "--concurrency"),
        (Flags(rate=0), "--rate"),
        (Flags(max_time="soon"), "--max-time"),
        (Flags(max_time="0s"), "--max-time"),
        (Flags(sign_up=-1), "--sign-up"),
        (Flags(headers=("X-A",)), "--header"),
        (Flags(headers=("X-A: 1\r\nX-B: 2",)), "--header"),
        (Flags(formats=("jsno",)), "--format"),
        (Flags(fail_on="hihg"), "--fail-on"),
        (Flags(accounts=("a=bearer:x", "a=bearer:y")), "--account a"),
        (Flags(accounts=("a/usr=bearer:x",)), "--account a"),
    ],
)
def test_wrong_options_are_named(flags: Flags, what: str) -> None:
    with pytest.raises(UsageError, match="GW-C006") as caught:
        override(Settings(roles=("user",)), flags, HERE)
    assert caught.value.what.startswith(what)


def test_near_words_are_suggested() -> None:
    with pytest.raises(UsageError, match="did you mean `safe`"):
        override(Settings(), Flags(mode="saef"), HERE)


def test_a_callback_is_said_to_be_unused() -> None:
    assert "ignored" in override(Settings(), Flags(callback="http://c.test"), HERE).warnings[0]
    assert override(Settings(), Flags(callback="auto"), HERE).warnings == ()
