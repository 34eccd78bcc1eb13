from __future__ import annotations

import base64
import json

import pytest

from gatewright.access.roles import guess, learn, named, told
from gatewright.model.http import Response
from gatewright.proof.leaves import read


def test_names_give_the_first_order() -> None:
    assert guess(["admin", "patient", "staff", "guest"]) == ["guest", "patient", "staff", "admin"]


def test_a_role_that_reads_strictly_more_stands_above() -> None:
    assert learn(["auditor", "member"], {"auditor": {"a", "b", "c"}, "member": {"a", "b"}}) == ["member", "auditor"]


def test_roles_that_cannot_be_compared_keep_their_order() -> None:
    assert learn(["a", "b"], {"a": {"1"}, "b": {"2"}}) == ["a", "b"]
    assert learn(["a", "b"], {"a": {"1", "2"}, "b": set()}) == ["a", "b"]


def test_an_administrator_who_owns_nothing_stays_above() -> None:
    assert learn(["user", "admin"], {"user": {"a", "b", "c"}, "admin": {"a"}}) == ["user", "admin"]


def jwt(**claims: object) -> str:
    """An unsigned token with these claims."""
    parts = ({"alg": "HS256"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, "c2lnbmF0dXJl"])


@pytest.mark.parametrize(
    ("answer", "claims", "role"),
    [
        ({"id": 1, "role": "Patient"}, {}, "patient"),
        ({"data": {"user": {"name": "a", "roles": ["ROLE_USER", "ROLE_ADMIN"]}}}, {}, "admin"),
        ({"id": 1, "isAdmin": True}, {}, "admin"),
        ({"id": 1, "is_admin": False, "isStaff": True}, {}, "staff"),
        ({"id": 1}, {"realm_access": {"roles": ["manager"]}}, "manager"),
        ({"id": 1, "role": "a sentence that is far too long for the name of any role"}, {"scope": "admin"}, ""),
        ({"id": 1, "role": 7}, {}, ""),
    ],
)
def test_what_answers_and_tokens_say_of_a_role(answer: dict[str, object], claims: dict[str, object], role: str) -> None:
    response = Response(200, (("Content-Type", "application/json"),), json.dumps(answer).encode())
    assert told([read(response)], [jwt(**claims)] if claims else ["opaque"]) == role


def test_peers_stay_peers_whatever_their_profession() -> None:
    assert named({"a": "patient", "b": "patient", "c": "admin"}) == {"a": "patient", "b": "patient", "c": "admin"}
    assert named({"a": "engineer", "b": "designer", "c": "root"}) == {"a": "user", "b": "user", "c": "root"}
    assert named({"a": "", "b": ""}) == {"a": "user", "b": "user"}
    assert named({"a": "member", "b": ""}) == {"a": "user", "b": "user"}
