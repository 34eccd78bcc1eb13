"""Mailed codes: good once, for a while, for one purpose, and the newest only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.codes import LIFE, mail_code, redeem
from gatewright.lab.endpoint import Call


@pytest.fixture
def visitor(visit: Callable[..., Any]) -> Any:
    return visit()


def call_of(visitor: Any) -> Call:
    return Call(
        clinic=visitor.clinic,
        endpoint=visitor.dialect.table["POST /auth/password/forgot"],
        user=None,
        claims={},
        path={},
        query={},
        headers={},
        body={},
    )


def mailed(visitor: Any, user: dict[str, Any]) -> str:
    text: str = visitor.clinic.mailbox.mails[user["email"]][0]["text"]
    return text.split()[2]


def test_a_code_is_good_once_and_for_its_purpose(visitor: Any) -> None:
    call, alice = call_of(visitor), visitor.clinic.tables.first("users", username="alice")
    mail_code(call, alice, "reset")
    code = mailed(visitor, alice)
    assert not redeem(call, alice, "log-in", code)
    assert not redeem(call, visitor.clinic.tables.first("users", username="bob"), "reset", code)
    assert not redeem(call, None, "reset", code)
    assert not redeem(call, alice, "reset", code + "0")
    assert redeem(call, alice, "reset", code)
    assert not redeem(call, alice, "reset", code)


def test_the_newest_counts_and_it_ends(visitor: Any) -> None:
    call, alice = call_of(visitor), visitor.clinic.tables.first("users", username="alice")
    mail_code(call, alice, "reset")
    first = mailed(visitor, alice)
    mail_code(call, alice, "reset")
    assert first == mailed(visitor, alice) or not redeem(call, alice, "reset", first)
    visitor.now += LIFE
    assert not redeem(call, alice, "reset", mailed(visitor, alice))
