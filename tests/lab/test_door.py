"""Who comes in, who is known again, and when no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.lab.door import Door
from gatewright.lab.endpoint import Call

Visit = Callable[..., Any]


def a_call(visitor: Any, token: str) -> Call:
    """A call of the account endpoint by whoever has the token."""
    headers = {"authorization": f"Bearer {token}"}
    user, claims = visitor.clinic.door.caller(visitor.clinic, headers)
    endpoint = visitor.dialect.table["GET /me"]
    return Call(
        clinic=visitor.clinic, endpoint=endpoint, user=user, claims=claims, path={}, query={}, headers=headers, body={}
    )


def test_a_door_of_no_kind_lets_nobody_in(visit: Visit) -> None:
    visitor = visit()
    call = a_call(visitor, visitor.token("alice"))
    assert Door().caller(visitor.clinic, call.headers) == (None, {})
    assert (Door().enter(call, call.me), Door().challenge(call, call.me), Door().leave(call)) == (None, None, None)
    Door().end_others(call)


def test_a_token_is_known_until_it_is_ended(visit: Visit) -> None:
    visitor = visit()
    call = a_call(visitor, visitor.token("alice"))
    assert call.me["username"] == "alice"
    visitor.clinic.door.leave(call)
    visitor.clinic.door.leave(call)
    assert a_call(visitor, visitor.token("alice")).user is None


def test_all_others_of_a_user_can_be_ended(visit: Visit) -> None:
    visitor = visit()
    mine = a_call(visitor, visitor.token("alice"))
    door = visitor.clinic.door
    other = door.enter(mine, mine.me)["access_token"]
    assert a_call(visitor, other).user is not None
    door.end_others(mine)
    assert a_call(visitor, other).user is None
    assert a_call(visitor, visitor.token("alice")).user is not None
    assert a_call(visitor, visitor.token("bob")).user is not None
    assert a_call(visitor, door.enter(mine, mine.me)["access_token"]).user is not None
