"""Each way to get the CSRF token wrong lets one forgery pass, at its own endpoint, and no other."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gatewright.lab.csrf import AT, passes
from gatewright.lab.weaknesses import WEAKNESSES

Visit = Callable[..., Any]
SESSION = {"id": "s", "csrf": "the-token"}


def call(visit: Visit, weakness: str, endpoint: str, cookie: str = "") -> Any:
    clinic = visit(*([weakness] if weakness else []), dialect="cookie").clinic
    clinic.tables.add("sessions", id="other", user_id=1042, csrf="their-token", expires=2_000_000_000)
    return SimpleNamespace(
        endpoint=SimpleNamespace(id=endpoint),
        weak=lambda name: name in clinic.weak,
        tables=clinic.tables,
        headers={"cookie": cookie},
        claims=SESSION,
    )


@pytest.mark.parametrize(
    ("weakness", "given", "cookie"),
    [
        ("csrf-token-optional", "", ""),
        ("csrf-token-any", "nonsense", ""),
        ("csrf-token-of-anybody", "their-token", ""),
        ("csrf-token-copied", "ours", "csrf_token=ours"),
        ("csrf-forgotten", "", ""),
    ],
)
def test_a_forgery_passes_where_its_weakness_is(visit: Visit, weakness: str, given: str, cookie: str) -> None:
    assert passes(call(visit, weakness, AT[weakness], cookie), given)
    assert not passes(call(visit, "", AT[weakness], cookie), given)
    assert not passes(call(visit, weakness, "PUT /elsewhere", cookie), given)
    assert passes(call(visit, weakness, AT[weakness], cookie), "the-token")


def test_no_other_forgery_passes_there(visit: Visit) -> None:
    assert not passes(call(visit, "csrf-token-optional", AT["csrf-token-optional"]), "nonsense")
    assert not passes(call(visit, "csrf-token-any", AT["csrf-token-any"]), "")
    assert not passes(call(visit, "csrf-token-of-anybody", AT["csrf-token-of-anybody"]), "nonsense")
    assert not passes(call(visit, "csrf-token-copied", AT["csrf-token-copied"], "csrf_token=ours"), "nonsense")


def test_plain_text_and_a_form_that_names_its_method_need_their_weakness(visit: Visit) -> None:
    text = {"content-type": "text/plain", "x-csrf-token": "wrong"}
    message = b'{"recipientId": "nobody", "subject": "x", "text": "x"}'
    form = {"content-type": "application/x-www-form-urlencoded"}
    for weak in (True, False):
        plain = visit(*(["csrf-text-plain"] if weak else []), dialect="cookie")
        answer = plain.send("POST", "/messages", "alice", body=message, headers=text).json["error"]["code"]
        assert (answer == "FORBIDDEN") is not weak
        named = visit(*(["csrf-method-in-form"] if weak else []), dialect="cookie", scramble=3)
        sent = named.send(
            "POST", named.names.path("/wiki") + "/nowhere", "alice", body=b"_method=PUT&title=a&text=b", headers=form
        )
        assert (sent.status == 405) is not weak


def test_the_table_and_the_guard_name_the_same_endpoints() -> None:
    rows = {weakness.id: weakness.endpoint for weakness in WEAKNESSES if weakness.test.startswith("csrf-")}
    assert rows == AT
